import { type QueryClient, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { createContext, useContext } from "react";

import type { Me } from "@/client";
import { getMarketStatusOptions, getMeOptions, listStrategiesOptions } from "@/client/@tanstack/react-query.gen";
import type { Live } from "@/realtime/live";

export interface Services {
  queries: QueryClient;
  live: Live;
}

export const LiveContext = createContext<Live | null>(null);

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error("expected a LiveContext above");
  return live;
}

export { useQueryClient as useQueries };

/** Who is logged in, on which plan, and how much of it is used. Loaded before any page inside is shown. */
export function useMe(): Me {
  return useSuspenseQuery(getMeOptions()).data;
}

/** What kind of market this is; prices and its clock come over the WebSocket. */
export function useMarketStatus() {
  return useQuery({ ...getMarketStatusOptions(), staleTime: 60_000 }).data;
}

/** The title of a strategy in the user's language. */
export function useStrategyTitle(): (name: string) => string {
  const { data } = useQuery({ ...listStrategiesOptions(), staleTime: 300_000 });
  return (name) => data?.items.find((strategy) => strategy.name === name)?.title ?? humanised(name);
}

function humanised(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
