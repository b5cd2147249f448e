import { QueryClient } from "@tanstack/react-query";

import { ApiProblem } from "./problem";

/** Answers below 500 are final; only what may pass is tried again. */
export function worthRetrying(failures: number, error: unknown): boolean {
  const status = error instanceof ApiProblem ? error.status : 500;
  return failures < 2 && (status === 0 || status >= 500);
}

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: worthRetrying,
        // What changes is told over the WebSocket; refetching is for what may have been missed.
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
      },
      mutations: { retry: false },
    },
  });
}

/** How a list of the API is paged: by its `next_cursor`, until that is null. */
export const byCursor = {
  initialPageParam: {},
  getNextPageParam: (page: { next_cursor: string | null }) => page.next_cursor,
};

/** The same for a list that is part of something. */
export const byCursorOf = <P>(path: P) => ({ ...byCursor, initialPageParam: { path } });
