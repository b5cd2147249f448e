import { describe, expect, it } from "vitest";

import { authSearch, marketSearch, positionsSearch, signalsSearch } from "@/app/search";

describe("what an address asks of its page", () => {
  it("leads back to pages of this site only", () => {
    expect(authSearch({ next: "/signals?status=all" }).next).toBe("/signals?status=all");
    for (const next of ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "", 7, null]) {
      expect(authSearch({ next }).next).toBeUndefined();
    }
  });

  it("keeps what it knows and forgets the rest", () => {
    expect(signalsSearch({ status: "all", symbol: "BTCUSDT", strategy: "ema_trend", other: 1 })).toEqual({
      status: "all",
      symbol: "BTCUSDT",
      strategy: "ema_trend",
    });
    expect(signalsSearch({ status: "open", symbol: "<b>", strategy: "../" })).toEqual({});
    expect(positionsSearch({ status: "open" })).toEqual({ status: "open" });
    expect(marketSearch({ symbol: "ETHUSDT", timeframe: "99y" })).toEqual({ symbol: "ETHUSDT" });
  });
});
