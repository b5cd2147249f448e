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

export const RUN_KINDS = ["backtest", "sweep", "validation"] as const;

/** What a new run is to begin with: as much of an earlier one as the address says. */
export interface DraftSearch {
  kind?: (typeof RUN_KINDS)[number];
  strategy?: string;
  version?: number;
  symbols?: string;
  timeframe?: string;
  from?: string;
  to?: string;
  profile?: "paper" | "ideal";
  fee?: string;
  set?: Record<string, string>;
}

const WORD = /^[A-Za-z0-9_.+-]{1,64}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const positive = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isInteger(value) && value > 0 ? value : undefined;

function settings(value: unknown): Record<string, string> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found = Object.entries(value).flatMap(([name, each]) => {
    const text = typeof each === "number" ? String(each) : matching(each, WORD);
    return WORD.test(name) && text !== undefined ? [[name, text] as const] : [];
  });
  return found.length ? Object.fromEntries(found) : undefined;
}

export function draftSearch(search: Search): DraftSearch {
  return {
    kind: oneOf(search.kind, RUN_KINDS),
    strategy: matching(search.strategy, /^(own:)?[a-z][a-z0-9_]{0,79}$/),
    version: positive(search.version),
    symbols: matching(search.symbols, /^[A-Z0-9_]{1,40}(,[A-Z0-9_]{1,40}){0,19}$/),
    timeframe: matching(search.timeframe, TIMEFRAME),
    from: matching(search.from, DAY),
    to: matching(search.to, DAY),
    profile: oneOf(search.profile, ["paper", "ideal"] as const),
    fee: typeof search.fee === "number" ? String(search.fee) : matching(search.fee, /^\d(\.\d+)?$/),
    set: settings(search.set),
  };
}

export interface EditorSearch {
  version?: number;
  from?: string;
}

export function editorSearch(search: Search): EditorSearch {
  return { version: positive(search.version), from: matching(search.from, STRATEGY) };
}
