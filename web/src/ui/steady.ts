/** Lists that stand still under the pointer. */
import { useCallback, useEffect, useRef, useState } from "react";

/** So long after the pointer last moved over a list, the list may move again. */
export const STILL_MS = 3_000;

/**
 * `items` in the order of `held`, each as it is now: what came since waits, what has gone stays as it last was, so that
 * no click lands on a neighbour.
 */
export function inHeldOrder<T extends { id: string }>(held: readonly T[], items: readonly T[]): T[] {
  const now = new Map(items.map((item) => [item.id, item]));
  return held.map((item) => now.get(item.id) ?? item);
}

export interface Steady<T> {
  items: readonly T[];
  /** For the element around the list. */
  handlers: { onPointerMove: () => void; onPointerDown: () => void; onPointerLeave: () => void };
}

/** The list to show: live, but for its order while somebody moves the pointer over it and may be about to click. */
export function useSteady<T extends { id: string }>(items: readonly T[], world = ""): Steady<T> {
  const [held, setHeld] = useState<{ items: readonly T[]; world: string } | null>(null);
  const latest = useRef({ items, world });
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    latest.current = { items, world };
  });
  useEffect(() => () => clearTimeout(timer.current), []);

  const release = useCallback(() => {
    clearTimeout(timer.current);
    setHeld(null);
  }, []);
  const hold = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(release, STILL_MS);
    setHeld((before) => before ?? latest.current);
  }, [release]);

  return {
    items: held?.world === world ? inHeldOrder(held.items, items) : items,
    handlers: { onPointerMove: hold, onPointerDown: hold, onPointerLeave: release },
  };
}
