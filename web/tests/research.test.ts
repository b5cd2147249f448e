import { describe, expect, it } from "vitest";

import { draftSearch } from "@/app/search";
import type { DocumentItem } from "@/client";
import { begunWith, difference, lineSpan, withVersion } from "@/features/documents/text";
import { candlesOf, combinations, draftOf, wishOf } from "@/features/research/form/draft";
import { byMonth } from "@/features/research/months";

const document = {
  name: "mine",
  parameters: [
    { name: "fast", title: "Fast", default: "12", min: "2", max: "200", whole: true },
    { name: "stop", title: "Stop", default: "2", min: "0.5", max: "20", whole: false },
  ],
  choices: [{ name: "anchor", title: "Anchor", default: "fill", options: ["fill", "close"] }],
} as unknown as DocumentItem;

const draft = (more = {}) => ({ ...draftOf({ strategy: "mine", symbols: "BTCUSDT", timeframe: "5m" }), ...more });

describe("a draft of a run", () => {
  it("asks for what is set and leaves the rest to the server", () => {
    const asked = wishOf(draft({ parameters: { fast: " 8 ", stop: "", anchor: "close", gone: "1" } }), document);
    expect(asked).toEqual({
      wish: { strategy: "mine", symbols: ["BTCUSDT"], timeframe: "5m", parameters: { fast: "8", anchor: "close" } },
    });
  });

  it("turns per cent into shares without a float on the way", () => {
    const asked = wishOf(draft({ profile: "ideal", fee: "0,07" }), document);
    expect(asked).toHaveProperty("wish.fee", "0.0007");
    expect(draftOf({ fee: "0.0007" }).fee).toBe("0.07");
  });

  it("says what is no number, and where", () => {
    const vary = { fast: { from: "8", to: "much", step: "" } };
    expect(wishOf(draft({ kind: "sweep", vary, symbols: [] }), document)).toEqual({
      faults: { "vary.fast": "not_a_number", symbols: "choose_symbol" },
    });
    expect(wishOf(draft({ kind: "sweep" }), document)).toEqual({ faults: { vary: "choose_vary" } });
  });

  it("counts the sets of a grid and the candles of a span", () => {
    const vary = { fast: { from: "8", to: "14", step: "2" }, stop: { from: "1", to: "3", step: "0.5" }, anchor: { from: "", to: "", step: "" } };
    expect(combinations(draft({ vary }), document)).toBe(4 * 5 * 2);
    expect(combinations(draft({ vary: { fast: { from: "x", to: "1", step: "" } } }), document)).toBeNull();
    const series = [{ symbol: "BTCUSDT", timeframe: "5m" as const, from: "2024-01-01T00:00:00Z", to: "2024-01-11T00:00:00Z" }];
    expect(candlesOf(draft({ from: "2024-01-09", to: "2024-02-01" }), series)).toBe(2 * 288);
  });

  it("takes from an address only what may stand there", () => {
    const asked = draftSearch({ kind: "sweep", strategy: "own:mine", version: 2, set: { fast: 8, "<b>": "1" }, from: "tomorrow", symbols: "a b" });
    expect(asked).toMatchObject({ kind: "sweep", strategy: "own:mine", version: 2, set: { fast: "8" } });
    expect([asked.from, asked.symbols]).toEqual([undefined, undefined]);
  });
});

describe("a document's text", () => {
  it("gets another name and version, in YAML and in JSON", () => {
    expect(begunWith("format: 1\nname: ema\nversion: 7\n", "mine")).toBe("format: 1\nname: mine\nversion: 1\n");
    expect(withVersion('{"version": 1, "name": "a"}', 2)).toBe('{"version": 2, "name": "a"}');
  });

  it("differs line by line, with as few changes as there can be", () => {
    const lines = difference("a\nb\nc\nd", "a\nc\nx\nd");
    expect(lines.map(({ kind, text }) => `${kind} ${text}`)).toEqual(["same a", "removed b", "same c", "added x", "same d"]);
    expect(lineSpan("ab\ncde\nf", 2)).toEqual([3, 6]);
  });
});

describe("returns by month", () => {
  it("begin with what the account began with, and multiply up to the year", () => {
    const days = [
      { day: "2023-12-30", equity: "110" },
      { day: "2024-01-15", equity: "99" },
      { day: "2024-01-31", equity: "121" },
      { day: "2024-03-01", equity: "60.5" },
    ];
    const [before, after] = byMonth(days, "100");
    expect([before?.months[11], before?.total]).toEqual(["0.10000000", "0.10000000"]);
    expect([after?.months[0], after?.months[1], after?.months[2], after?.total]).toEqual(["0.10000000", null, "-0.50000000", "-0.45000000"]);
  });
});
