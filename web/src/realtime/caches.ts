/** Frames into the query caches: news is merged by id, so that what is on the screen is what is so. */
import type { InfiniteData, QueryClient, QueryKey } from "@tanstack/react-query";

import type { PageOfEquityPointItem, PageOfPositionItem, PositionDetail, PositionItem, SignalDetail, SignalItem, SignalPage, StatsAnswer } from "@/client";
import {
  getEquityQueryKey,
  getPositionQueryKey,
  getSignalQueryKey,
  getStatsQueryKey,
  listCandlesQueryKey,
  listPositionsQueryKey,
  listSignalsQueryKey,
} from "@/client/@tanstack/react-query.gen";
import type { PositionNews, SignalNews } from "./frames";

interface Named {
  _id: string;
  query?: Record<string, unknown>;
  path?: Record<string, unknown>;
}

function named(key: QueryKey): Named | null {
  const first = key[0];
  return typeof first === "object" && first !== null && "_id" in first ? (first as Named) : null;
}

/** Matches every query of a generated kind, whatever its parameters. */
export function anyOf(...keys: QueryKey[]): { predicate: (query: { queryKey: QueryKey }) => boolean } {
  const ids = new Set(keys.map((key) => named(key)?._id));
  return { predicate: (query) => ids.has(named(query.queryKey)?._id) };
}

export const SIGNAL_LISTS = listSignalsQueryKey();
export const POSITION_LISTS = listPositionsQueryKey();

const CANDLES = named(listCandlesQueryKey({ query: { symbol: "", timeframe: "1m" } }))?._id;

/** Candles are history that the chart mends itself; asking for all its pages again would throw it about. */
export function isCandles(key: QueryKey): boolean {
  return named(key)?._id === CANDLES;
}

interface Page<T> {
  items: T[];
  total?: number;
}

type Pages<P> = P | InfiniteData<P>;

function isInfinite<P>(data: Pages<P>): data is InfiniteData<P> {
  return typeof data === "object" && data !== null && "pages" in data;
}

/** `data` with `change` made to the items of its pages; the same object when nothing changed. */
export function changePages<T, P extends Page<T>>(data: Pages<P>, change: (items: T[], first: boolean) => T[]): Pages<P> {
  if (!isInfinite(data)) {
    return changed(data, change(data.items, true));
  }
  const pages = data.pages.map((page, number) => changed(page, change(page.items, number === 0)));
  return pages.every((page, number) => page === data.pages[number]) ? data : { ...data, pages };
}

/** The page with other items; what came or went counts in its total. */
function changed<T, P extends Page<T>>(page: P, items: T[]): P {
  if (items === page.items) return page;
  const came = items.length - page.items.length;
  return { ...page, items, ...(page.total === undefined ? null : { total: page.total + came }) };
}

/** `items` with `news` merged into the one of the same id; the same array when it is not there. */
export function mergeById<T extends { id: string }>(items: T[], news: Partial<T> & { id: string }): T[] {
  const place = items.findIndex((item) => item.id === news.id);
  if (place < 0) return items;
  const copy = items.slice();
  copy.splice(place, 1, { ...items[place], ...news } as T);
  return copy;
}

function without<T extends object>(news: T & { event: string }): T {
  const { event: _event, ...rest } = news;
  return rest as unknown as T;
}

// ------------------------------------------------------------------------------------------------------------ signals

/** A signal as lists show it, from the frame that told of its creation. */
export function signalFromNews(news: SignalNews): SignalItem | null {
  if (!news.rationale || !news.take_profit || !news.entry_zone) return null;
  const { change: _change, ...content } = news;
  const base = { locked: false, executed: false, filled_at: null, mfe_r: null, mae_r: null };
  return { ...base, ...without(content) } as unknown as SignalItem;
}

function wants(query: Record<string, unknown> | undefined, signal: SignalItem): boolean {
  if (query?.status === "closed") return false;
  return [
    [query?.symbol, signal.symbol],
    [query?.strategy, signal.strategy],
  ].every(([wanted, has]) => wanted === undefined || wanted === has);
}

export function applySignal(queries: QueryClient, news: SignalNews): void {
  const { change, ...rest } = news;
  const fields: Partial<SignalItem> & { id: string } = without(rest);
  if (change?.kind === "filled") fields.filled_at ??= null;
  for (const query of queries.getQueryCache().findAll(anyOf(SIGNAL_LISTS))) {
    const created = news.event === "signal_created" ? signalFromNews(news) : null;
    const fits = created && wants(named(query.queryKey)?.query, created);
    queries.setQueryData<Pages<SignalPage>>(
      query.queryKey,
      (data) =>
        data &&
        changePages<SignalPage["items"][number], SignalPage>(data, (items, first) => {
          const place = items.findIndex((item) => item.id === news.id);
          if (place >= 0) {
            const known = items[place];
            if (!known || known.locked) return items;
            const copy = items.slice();
            copy[place] = { ...known, ...fields };
            return copy;
          }
          return fits && first ? [created, ...items] : items;
        }),
    );
  }
  queries.setQueryData<SignalDetail>(
    getSignalQueryKey({ path: { signal_id: news.id } }),
    (data) => data && { ...data, ...fields },
  );
}

/** The account follows the signal: nobody need execute it by hand. */
export function markExecuted(queries: QueryClient, signalId: string): void {
  for (const query of queries.getQueryCache().findAll(anyOf(SIGNAL_LISTS))) {
    queries.setQueryData<Pages<SignalPage>>(
      query.queryKey,
      (data) =>
        data &&
        changePages<SignalPage["items"][number], SignalPage>(data, (items) =>
          items.some((item) => item.id === signalId && !item.locked && !item.executed)
            ? items.map((item) => (item.id === signalId && !item.locked ? { ...item, executed: true } : item))
            : items,
        ),
    );
  }
  queries.setQueryData<SignalDetail>(
    getSignalQueryKey({ path: { signal_id: signalId } }),
    (data) => data && { ...data, executed: true },
  );
}

// ---------------------------------------------------------------------------------------------------------- positions

export function applyPosition(queries: QueryClient, news: PositionNews): void {
  const fields: Partial<PositionItem> & { id: string } = without(news);
  if (news.realised_pnl !== undefined && news.status === "closed") {
    fields.pnl = news.realised_pnl;
    fields.unrealised_pnl = null;
    fields.mark_price = null;
  }
  for (const query of queries.getQueryCache().findAll(anyOf(POSITION_LISTS))) {
    const status = named(query.queryKey)?.query?.status ?? "open";
    const enters =
      (news.event === "position_opened" && status !== "closed") ||
      (news.event === "position_closed" && status !== "open");
    queries.setQueryData<Pages<PageOfPositionItem>>(
      query.queryKey,
      (data) =>
        data &&
        changePages<PositionItem, PageOfPositionItem>(data, (items, first) => {
          const merged = mergeById(items, fields);
          if (merged !== items || !enters || !first || !news.symbol) return merged;
          const fresh = { pnl: news.realised_pnl, pnl_pct: "0", mark_price: null, unrealised_pnl: null, ...fields };
          return [fresh as PositionItem, ...items];
        }),
    );
  }
  queries.setQueryData<PositionDetail>(
    getPositionQueryKey({ path: { position_id: news.id } }),
    (data) => data && { ...data, ...fields },
  );
}

/** What the caches know of a position. */
export function knownPosition(queries: QueryClient, id: string): PositionItem | null {
  const detail = queries.getQueryData<PositionDetail>(getPositionQueryKey({ path: { position_id: id } }));
  if (detail) return detail;
  for (const [, data] of queries.getQueriesData<Pages<PageOfPositionItem>>(anyOf(POSITION_LISTS))) {
    if (!data) continue;
    for (const page of isInfinite(data) ? data.pages : [data]) {
      const found = page.items.find((item) => item.id === id);
      if (found) return found;
    }
  }
  return null;
}

// -------------------------------------------------------------------------------------------------------------- stats

export function applyStats(queries: QueryClient, stats: StatsAnswer): void {
  queries.setQueryData<StatsAnswer>(getStatsQueryKey(), (data) => ({ ...data, ...stats }));
  // The curve's last point is the present.
  for (const [key, data] of queries.getQueriesData<PageOfEquityPointItem>(anyOf(getEquityQueryKey()))) {
    const last = data?.items.at(-1);
    if (!data || !last || Date.parse(stats.market_time) < Date.parse(last.at)) continue;
    const point = { at: stats.market_time, balance: stats.balance, equity: stats.equity };
    queries.setQueryData<PageOfEquityPointItem>(key, { ...data, items: [...data.items.slice(0, -1), point] });
  }
}
