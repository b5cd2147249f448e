import { describe, expect, it, vi } from "vitest";

import { pastActivity } from "@/features/activity/past";
import { type Activity, ActivityLog, fromNotice, fromPosition, fromSignal, resultInR } from "@/realtime/activity";
import { position, signal } from "./examples";

const AT = "2026-11-22T10:30:00Z";

describe("what a frame tells", () => {
  it("a signal was made; its later life is no news of its own", () => {
    expect(fromSignal({ ...signal(), event: "signal_created" }, AT)).toMatchObject({
      kind: "signal_created",
      symbol: "BTCUSDT",
      side: "long",
      signalId: "s-1",
    });
    expect(fromSignal({ ...signal(), event: "signal_updated" }, AT)).toBeNull();
  });

  it("a position was opened, with prices as fine as its ticks", () => {
    const [told] = fromPosition({ ...position({ entry_price: "60000.1234" }), event: "position_opened" }, AT, null);
    expect(told).toMatchObject({ kind: "position_opened", numbers: { price: "60000.1234" }, fraction: 1 });
  });

  it("a stop moved, from where to where", () => {
    const told = fromPosition({ ...position({ stop_loss: "60040" }), event: "position_updated" }, AT, position());
    expect(told).toMatchObject([{ kind: "stop_moved", numbers: { before: "59000", after: "60040" } }]);
    expect(fromPosition({ ...position({ stop_loss: "59000.0" }), event: "position_updated" }, AT, position())).toEqual([]);
  });

  it("a target was filled, once", () => {
    const [first, second] = position().take_profit;
    const filled = [{ ...first, filled: "0.3" }, second] as typeof first extends undefined ? never : never[];
    const after = position({ take_profit: filled });
    expect(fromPosition({ ...after, event: "position_updated" }, AT, position())).toMatchObject([
      { kind: "target_filled", numbers: { number: "1", price: "61000" } },
    ]);
    expect(fromPosition({ ...after, event: "position_updated" }, AT, after)).toEqual([]);
  });

  it("a position was closed, with its result in money and in initial risks", () => {
    const news = { ...position({ status: "closed", realised_pnl: "600", exit_reason: "target" }), event: "position_closed" as const };
    expect(fromPosition(news, AT, position()).at(-1)).toMatchObject({ kind: "position_closed", pnl: "600", r: "1.2000" });
  });
});

describe("the result in initial risks", () => {
  it("counts from the entry to the first stop, on either side", () => {
    expect(resultInR(position({ realised_pnl: "-500" }))).toBe("-1.0000");
    expect(resultInR(position({ side: "short", initial_stop: "61000", realised_pnl: "250" }))).toBe("0.5000");
    expect(resultInR(position({ initial_stop: "60000" }))).toBeNull();
  });
});

describe("the log", () => {
  const one = (changes: Partial<Activity>): Activity => ({
    id: "1",
    at: AT,
    kind: "position_opened",
    symbol: "BTCUSDT",
    numbers: {},
    ...changes,
  });

  it("has the newest first and nothing twice", () => {
    const log = new ActivityLog();
    log.add(one({ id: "a" }));
    log.add(one({ id: "b" }));
    log.add(one({ id: "a" }));
    expect(log.all.map(({ id }) => id)).toEqual(["b", "a"]);
    expect(log.unread).toBe(2);
    log.read();
    expect(log.unread).toBe(0);
  });

  it("tells a trailing stop as one move, from where it began", () => {
    const log = new ActivityLog();
    const arrivals = vi.fn();
    log.onArrival(arrivals);
    const move = (id: string, before: string, after: string) =>
      one({ id, kind: "stop_moved", positionId: "p-1", numbers: { before, after } });
    log.add(move("m1", "100", "101"));
    log.add(move("m2", "101", "102"));
    expect(log.all).toHaveLength(1);
    expect(log.all[0]?.numbers).toEqual({ before: "100", after: "102" });
    expect(log.unread).toBe(1);
    log.add(one({ id: "t", kind: "target_filled", positionId: "p-1" }));
    log.add(move("m3", "102", "103"));
    expect(log.all.map(({ kind }) => kind)).toEqual(["stop_moved", "target_filled", "stop_moved"]);
    expect(arrivals).toHaveBeenCalledTimes(4);
  });

  it("takes up what happened before without counting it as new", () => {
    const log = new ActivityLog();
    log.add(one({ id: "position_opened:p-1" }));
    log.seed(pastActivity([position({ status: "closed", closed_at: "2026-11-22T10:45:00Z" })], [signal()]));
    expect(log.all.map(({ kind }) => kind)).toEqual(["position_closed", "position_opened", "signal_created"]);
    expect(log.unread).toBe(1);
  });
});

describe("notices", () => {
  const at = "2026-01-05T12:00:00Z";

  it("tell once of an alert that triggered, in every language", () => {
    const news = { event: "alert_triggered", id: "a", symbol: "BTCUSDT", trigger_id: "t", words: { en: "rose", ru: "рост" } } as const;
    const activity = fromNotice(news, at);
    expect(activity).toMatchObject({ id: "alert_triggered:t", kind: "alert_triggered", alertId: "a", words: news.words });
  });

  it("of anything else are no activity", () => {
    expect(fromNotice({ event: "alert_expired", id: "a", symbol: "BTCUSDT" }, at)).toBeNull();
    expect(fromNotice({ event: "subscription_changed" }, at)).toBeNull();
  });
});
