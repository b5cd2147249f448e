import { describe, expect, it } from "vitest";

import { executionsOf } from "@/features/market/executions";
import { Board } from "@/realtime/prices";
import { multipleAt, percentBetween, totalWorth, worthAt } from "@/trading/pnl";
import { fill, position } from "./examples";

describe("what a position is worth", () => {
  it("is realised plus what is held at the price now", () => {
    expect(worthAt(position(), "60100")).toEqual({ pnl: "34.0", percent: "0.1133", unrealised: "50.0" });
    expect(worthAt(position({ side: "short" }), "60100")).toMatchObject({ pnl: "-66.0", unrealised: "-50.0" });
  });

  it("is what the server last knew while no price has come", () => {
    expect(worthAt(position(), null).pnl).toBe("34.0");
    expect(worthAt(position({ mark_price: null }), null)).toMatchObject({ pnl: "-16", unrealised: null });
  });

  it("does not move any more once it is closed", () => {
    const closed = position({ status: "closed", quantity: "0", realised_pnl: "120" });
    expect(worthAt(closed, "99999")).toMatchObject({ pnl: "120", unrealised: null });
  });

  it("adds up over several", () => {
    const prices: Record<string, string> = { BTCUSDT: "60100", ETHUSDT: "3000.5" };
    const ether = position({ symbol: "ETHUSDT", entry_price: "3000", quantity: "2", realised_pnl: "-0.3" });
    expect(totalWorth([position(), ether], (symbol) => prices[symbol] ?? null)).toBe("34.7");
  });
});

describe("distances", () => {
  it("are counted in initial risks towards the gain", () => {
    expect(multipleAt("long", "100", "98", "103")).toBe("1.5000");
    expect(multipleAt("short", "100", "102", "103")).toBe("-1.5000");
    expect(multipleAt("long", "100", "100", "103")).toBeNull();
  });

  it("are percentages of where they begin", () => {
    expect(percentBetween("200", "199")).toBe("-0.5000");
    expect(percentBetween("0", "1")).toBeNull();
  });
});

describe("executions", () => {
  it("gather the parts of an order at their average price", () => {
    const [execution, ...others] = executionsOf(
      [
        fill({ id: "1", price: "100.0", quantity: "1", fee: "0.1", at: "2026-11-22T10:00:01Z" }),
        fill({ id: "2", price: "103.0", quantity: "2", fee: "0.2", at: "2026-11-22T10:00:05Z" }),
        fill({ id: "3", symbol: "ETHUSDT", order_id: "o-2" }),
      ],
      "BTCUSDT",
    );
    expect(others).toEqual([]);
    expect(execution).toMatchObject({ price: "102.0", quantity: "3", fee: "0.3", parts: 2, at: "2026-11-22T10:00:05Z" });
  });

  it("come the last first", () => {
    const at = (hour: number) => `2026-11-22T${hour}:00:00Z`;
    const order = (id: string, hour: number) => fill({ id, order_id: id, at: at(hour) });
    expect(executionsOf([order("a", 10), order("b", 12), order("c", 11)], "BTCUSDT").map(({ orderId }) => orderId)).toEqual([
      "b",
      "c",
      "a",
    ]);
  });
});

describe("the price board", () => {
  it("tells only those whose price has changed", () => {
    const board = new Board();
    const told: string[] = [];
    board.onPrice("BTCUSDT", () => told.push("BTCUSDT"));
    board.onPrice("ETHUSDT", () => told.push("ETHUSDT"));
    board.put("2026-11-22T10:00:00Z", { BTCUSDT: "60000.5", ETHUSDT: "3000" });
    board.put("2026-11-22T10:00:01Z", { BTCUSDT: "60000.5", ETHUSDT: "3001" });
    expect(told).toEqual(["BTCUSDT", "ETHUSDT", "ETHUSDT"]);
    expect(board.now).toBe(Date.parse("2026-11-22T10:00:01Z"));
  });

  it("does not go back in time", () => {
    const board = new Board();
    board.put("2026-11-22T10:00:01Z", { BTCUSDT: "2" });
    board.put("2026-11-22T10:00:00Z", { BTCUSDT: "1" });
    expect(board.price("BTCUSDT")).toBe("2");
  });

  it("keeps the digits that a symbol's prices have had", () => {
    const board = new Board();
    board.put("2026-11-22T10:00:00Z", { LTCUSDT: "87.95", BTCUSDT: "60000" });
    board.put("2026-11-22T10:00:01Z", { LTCUSDT: "87.9", BTCUSDT: "60000.5" });
    board.put("2026-11-22T10:00:02Z", { LTCUSDT: "88", BTCUSDT: "60001" });
    expect([board.price("LTCUSDT"), board.price("BTCUSDT")]).toEqual(["88.00", "60001.0"]);
  });

  it("writes numbers out without an exponent", () => {
    const board = new Board();
    board.put("2026-11-22T10:00:00Z", { A: 1.5e-7, B: 64010.7, C: 2e21 });
    expect([board.price("A"), board.price("B"), board.price("C")]).toEqual(["0.00000015", "64010.7", "2000000000000000000000"]);
  });
});
