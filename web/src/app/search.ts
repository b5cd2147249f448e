/** What addresses may ask of their pages behind the question mark; whatever else stands there is as if it did not. */

type Search = Record<string, unknown>;

const oneOf = <T extends string>(value: unknown, allowed: readonly T[]): T | undefined =>
  allowed.find((each) => each === value);
const matching = (value: unknown, pattern: RegExp): string | undefined =>
  typeof value === "string" && pattern.test(value) ? value : undefined;

const SYMBOL = /^[A-Za-z0-9_]{1,40}$/;
const STRATEGY = /^[a-z0-9_-]{1,80}$/;
const TIMEFRAME = /^\d{1,2}[mhd]$/;

export interface AuthSearch {
  next?: string;
  ended?: boolean;
}

export function authSearch(search: Search): AuthSearch {
  // Only ways within the site; "//elsewhere" would lead to another.
  return { next: matching(search.next, /^\/(?!\/)[^\\]*$/), ended: search.ended === true ? true : undefined };
}

export const SIGNALS_STATUSES = ["active", "closed", "all"] as const;

export interface SignalsSearch {
  status?: (typeof SIGNALS_STATUSES)[number];
  symbol?: string;
  strategy?: string;
}

export function signalsSearch(search: Search): SignalsSearch {
  return {
    status: oneOf(search.status, SIGNALS_STATUSES),
    symbol: matching(search.symbol, SYMBOL),
    strategy: matching(search.strategy, STRATEGY),
  };
}

export const POSITIONS_STATUSES = ["open", "closed", "all"] as const;

export interface PositionsSearch {
  status?: (typeof POSITIONS_STATUSES)[number];
}

export function positionsSearch(search: Search): PositionsSearch {
  return { status: oneOf(search.status, POSITIONS_STATUSES) };
}

export interface MarketSearch {
  symbol?: string;
  timeframe?: string;
}

export function marketSearch(search: Search): MarketSearch {
  return { symbol: matching(search.symbol, SYMBOL), timeframe: matching(search.timeframe, TIMEFRAME) };
}
