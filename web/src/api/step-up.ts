/**
 * What is dangerous needs a fresh proof of who asks. The server says so, the user is asked, and the request is made
 * again: no page has to know which of its requests are dangerous.
 */
import { useSyncExternalStore } from "react";

import type { Proof } from "@/client";

interface Asked {
  accepted: readonly Proof[];
  /** Whether the proof was given. */
  answer: (proven: boolean) => void;
}

let asked: Asked | null = null;
let proving: Promise<boolean> | null = null;
const listeners = new Set<() => void>();

function show(next: Asked | null): void {
  asked = next;
  for (const listener of listeners) listener();
}

/** Have the user asked for a proof; requests that need one at the same time share it. */
function ask(accepted: readonly Proof[]): Promise<boolean> {
  proving ??= new Promise<boolean>((answer) => {
    show({ accepted, answer });
  }).finally(() => {
    proving = null;
    show(null);
  });
  return proving;
}

/** What the user is asked for now. */
export function useStepUp(): Asked | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => asked,
  );
}

const PROVING = "/api/v1/auth/step-up";

/** `fetch`, and once more after a proof where the server asks for one. */
export async function fetchProven(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const again = request.clone();
  const response = await fetch(request);
  if (response.status !== 403 || new URL(request.url).pathname === PROVING) return response;
  const problem = (await response
    .clone()
    .json()
    .catch(() => ({}))) as { code?: string; accepted?: Proof[] };
  if (problem.code !== "step_up_required") return response;
  return (await ask(problem.accepted ?? [])) ? fetch(again) : response;
}
