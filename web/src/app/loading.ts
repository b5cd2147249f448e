/** Code that comes when it is needed: ahead of time where that is possible, and never at the price of the page. */
import { lazyRouteComponent, type RouteComponent } from "@tanstack/react-router";
import { type ComponentType, lazy } from "react";

import { ApiProblem } from "@/api/problem";

type Load<M> = () => Promise<M>;

/**
 * The module, or a problem in our own words when there is no server. The router would reload the whole page, and leave
 * the browser's error page in place of everything on the screen. A module that a living server does not have is of an
 * older version of us: there the reload is right.
 */
export async function loaded<M>(load: Load<M>): Promise<M> {
  try {
    return await load();
  } catch (error) {
    const here = await fetch("/healthz", { cache: "no-store" }).then(
      (answer) => answer.ok,
      () => false,
    );
    throw here ? error : new ApiProblem(0);
  }
}

const waiting: Load<unknown>[] = [];

/** A page whose code is loaded on its first visit, or before, when there is nothing else to do. */
export function page(load: Load<unknown>, name: string): RouteComponent {
  waiting.push(load);
  return lazyRouteComponent(() => loaded(load) as Promise<Record<string, RouteComponent>>, name);
}

/** The same for a heavy part of a page. */
export function part<P>(load: Load<{ default: ComponentType<P> }>): ComponentType<P> {
  waiting.push(load);
  return lazy(() => loaded(load));
}

/** Fetch what was not needed yet, so that it opens at once, and also while the server is away. */
export function loadAhead(): void {
  // Safari has no idle time.
  const idle = (work: () => void) => ("requestIdleCallback" in window ? requestIdleCallback(work) : setTimeout(work, 1_000));
  const next = () => {
    const load = waiting.shift();
    if (!load) return;
    void load()
      .catch(() => undefined)
      .then(() => idle(next));
  };
  idle(next);
}
