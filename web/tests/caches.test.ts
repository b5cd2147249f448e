import { type InfiniteData, QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, it } from "vitest";

import type { PageOfEquityPointItem, PageOfPositionItem, SignalPage, StatsAnswer } from "@/client";
import {
  getEquityQueryKey,
  getStatsQueryKey,
  listPositionsInfiniteQueryKey,
  listPositionsQueryKey,
  listSignalsInfiniteQueryKey,
  listSignalsQueryKey,
} from "@/client/@tanstack/react-query.gen";
import { applyPosition, applySignal, applyStats, knownPosition, markExecuted } from "@/realtime/caches";
import type { PositionNews, SignalNews } from "@/realtime/frames";
import { position, signal } from "./examples";

let queries: QueryClient;
beforeEach(() => {
  queries = new QueryClient();
});

const ACTIVE = listSignalsInfiniteQueryKey({ query: { status: "active", limit: 30 } });
const FINISHED = listSignalsQueryKey({ query: { status: "closed" } });
const OPEN = listPositionsQueryKey({ query: { status: "open" } });
const CLOSED = listPositionsInfiniteQueryKey({ query: { status: "closed" } });

const page = (items: SignalPage["items"]): SignalPage => ({ items, next_cursor: null, total: items.length, limit: 50 });
const pages = (...all: SignalPage[]): InfiniteData<SignalPage> => ({ pages: all, pageParams: all.map(() => ({})) });
const signalIds = (key: readonly unknown[]) =>
  queries.getQueryData<InfiniteData<SignalPage>>(key)?.pages.map((each) => each.items.map(({ id }) => id));
const signalNews = (changes: Partial<SignalNews>): SignalNews => ({ id: "s-1", event: "signal_updated", ...changes });
const positionNews = (changes: Partial<PositionNews>): PositionNews => ({ id: "p-1", event: "position_updated", ...changes });

describe("news of signals", () => {
  it("a new one stands first where it belongs, and nowhere else", () => {
    queries.setQueryData(ACTIVE, pages(page([signal({ id: "s-0" })]), page([signal({ id: "s-00" })])));
    queries.setQueryData(FINISHED, page([]));
    const onlyEther = listSignalsQueryKey({ query: { status: "all", symbol: "ETHUSDT" } });
    queries.setQueryData(onlyEther, page([]));
    applySignal(queries, { ...signal({ id: "s-9" }), event: "signal_created" });
    expect(signalIds(ACTIVE)).toEqual([["s-9", "s-0"], ["s-00"]]);
    expect(queries.getQueryData<SignalPage>(FINISHED)?.items).toEqual([]);
    expect(queries.getQueryData<SignalPage>(onlyEther)?.items).toEqual([]);
    const [first] = queries.getQueryData<InfiniteData<SignalPage>>(ACTIVE)?.pages[0]?.items ?? [];
    expect(first).toMatchObject({ locked: false, executed: false });
    expect(first).not.toHaveProperty("event");
  });

  it("a new one counts in the total", () => {
    queries.setQueryData(ACTIVE, pages(page([signal({ id: "s-0" })])));
    applySignal(queries, { ...signal({ id: "s-9" }), event: "signal_created" });
    expect(queries.getQueryData<InfiniteData<SignalPage>>(ACTIVE)?.pages[0]?.total).toBe(2);
  });

  it("is marked as executed wherever it is shown", () => {
    queries.setQueryData(ACTIVE, pages(page([signal(), signal({ id: "s-2" })])));
    markExecuted(queries, "s-1");
    const items = queries.getQueryData<InfiniteData<SignalPage>>(ACTIVE)?.pages[0]?.items;
    expect(items?.map((item) => "executed" in item && item.executed)).toEqual([true, false]);
  });

  it("is not told twice", () => {
    queries.setQueryData(ACTIVE, pages(page([signal()])));
    applySignal(queries, { ...signal(), event: "signal_created" });
    expect(signalIds(ACTIVE)).toEqual([["s-1"]]);
  });

  it("changes are merged into what is known: reasons stay, though frames leave them out", () => {
    queries.setQueryData(ACTIVE, pages(page([signal({ executed: true })])));
    applySignal(
      queries,
      signalNews({ status: "open", entry_price: "60000", change: { kind: "filled", price: "60000" } }),
    );
    const [merged] = queries.getQueryData<InfiniteData<SignalPage>>(ACTIVE)?.pages[0]?.items ?? [];
    expect(merged).toMatchObject({
      status: "open",
      entry_price: "60000",
      executed: true,
      rationale: { en: ["Because."] },
    });
    expect(merged).not.toHaveProperty("change");
  });

  it("leave locked ones locked", () => {
    const { id, symbol, timeframe, strategy, created_at, status } = signal();
    const locked = { locked: true as const, id, symbol, timeframe, strategy, created_at, status };
    queries.setQueryData(ACTIVE, pages(page([locked])));
    applySignal(queries, signalNews({ status: "open", stop_loss: "59000" }));
    expect(queries.getQueryData<InfiniteData<SignalPage>>(ACTIVE)?.pages[0]?.items).toEqual([locked]);
  });
});

describe("news of positions", () => {
  const list = (...items: PageOfPositionItem["items"]): PageOfPositionItem => ({ items, next_cursor: null });

  it("an opened one appears among the open ones", () => {
    queries.setQueryData(OPEN, list());
    queries.setQueryData(CLOSED, { pages: [list()], pageParams: [{}] });
    const { pnl: _pnl, mark_price: _mark, unrealised_pnl: _unrealised, ...told } = position();
    applyPosition(queries, { ...told, event: "position_opened" });
    expect(queries.getQueryData<PageOfPositionItem>(OPEN)?.items).toMatchObject([
      { id: "p-1", pnl: "-16", mark_price: null },
    ]);
    expect(queries.getQueryData<InfiniteData<PageOfPositionItem>>(CLOSED)?.pages[0]?.items).toEqual([]);
  });

  it("a moved stop is merged, and the rest stays", () => {
    queries.setQueryData(OPEN, list(position(), position({ id: "p-2" })));
    const before = queries.getQueryData<PageOfPositionItem>(OPEN)?.items[1];
    applyPosition(queries, positionNews({ stop_loss: "60040" }));
    const items = queries.getQueryData<PageOfPositionItem>(OPEN)?.items;
    expect(items?.[0]).toMatchObject({ stop_loss: "60040", initial_stop: "59000", intent_id: "i-1" });
    expect(items?.[1]).toBe(before);
  });

  it("a closed one ends with its realised result and joins the closed ones", () => {
    queries.setQueryData(OPEN, list(position()));
    queries.setQueryData(CLOSED, { pages: [list()], pageParams: [{}] });
    applyPosition(
      queries,
      { ...position(), event: "position_closed", status: "closed", realised_pnl: "480.5", exit_reason: "target" },
    );
    expect(queries.getQueryData<PageOfPositionItem>(OPEN)?.items[0]).toMatchObject({
      status: "closed",
      pnl: "480.5",
      unrealised_pnl: null,
    });
    expect(queries.getQueryData<InfiniteData<PageOfPositionItem>>(CLOSED)?.pages[0]?.items).toHaveLength(1);
    expect(knownPosition(queries, "p-1")?.exit_reason).toBe("target");
    expect(knownPosition(queries, "p-404")).toBeNull();
  });

  it("of one that no list shows changes nothing", () => {
    const data = list(position());
    queries.setQueryData(OPEN, data);
    applyPosition(queries, positionNews({ id: "p-77", stop_loss: "1" }));
    expect(queries.getQueryData(OPEN)).toBe(data);
  });
});

describe("figures", () => {
  const stats = (equity: string, at: string): StatsAnswer => ({
    balance: "10000",
    equity,
    open_positions: 1,
    today_pnl: "0",
    today_pnl_pct: null,
    total_pnl: "0",
    win_rate: null,
    market_time: at,
  });
  const CURVE = getEquityQueryKey({ query: {} });

  it("replace what was there, and the last point of the curve", () => {
    const points = [
      { at: "2026-11-22T10:00:00Z", balance: "10000", equity: "10000" },
      { at: "2026-11-22T10:05:00Z", balance: "10000", equity: "10001" },
    ];
    queries.setQueryData<PageOfEquityPointItem>(CURVE, { items: points, next_cursor: null });
    applyStats(queries, stats("10007", "2026-11-22T10:06:00Z"));
    expect(queries.getQueryData<StatsAnswer>(getStatsQueryKey())?.equity).toBe("10007");
    expect(queries.getQueryData<PageOfEquityPointItem>(CURVE)?.items.map(({ equity }) => equity)).toEqual(["10000", "10007"]);
  });

  it("of before do not turn the curve back", () => {
    const items = [{ at: "2026-11-22T10:05:00Z", balance: "1", equity: "2" }];
    queries.setQueryData<PageOfEquityPointItem>(CURVE, { items, next_cursor: null });
    applyStats(queries, stats("3", "2026-11-22T10:04:00Z"));
    expect(queries.getQueryData<PageOfEquityPointItem>(CURVE)?.items).toEqual(items);
  });
});
