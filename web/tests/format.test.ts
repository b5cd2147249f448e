import { describe, expect, it } from "vitest";

import { Formatter } from "@/format";

const en = new Formatter("en", "Europe/London");
const ru = new Formatter("ru", "Europe/Moscow");
/** Groups are kept apart by spaces that do not break. */
const spaces = (shown: string) => shown.replace(/[\u00a0\u202f]/g, " ");

describe("numbers", () => {
  it("are shown with all digits of their strings, beyond what floats hold", () => {
    expect(en.price("12345678901234567.89")).toBe("12,345,678,901,234,567.89");
    expect(en.quantity("0.00000001")).toBe("0.00000001");
  });

  it("have the signs and groups of the language", () => {
    expect(en.money("10412.5")).toBe("10,412.50");
    expect(spaces(ru.money("10412.5"))).toBe("10 412,50");
    expect(en.money("-0.5", { signed: true })).toBe("−0.50");
    expect(en.money("3", { signed: true })).toBe("+3.00");
  });

  it("have no sign when they round to nothing", () => {
    expect(en.money("-0.001", { signed: true })).toBe("0.00");
    expect(en.percent("0.0004", { signed: true })).toBe("0.00%");
  });

  it("keep a price's digits, or take those that are asked for", () => {
    expect(en.price("61250.50")).toBe("61,250.50");
    expect(en.price("61250.5", 3)).toBe("61,250.500");
    expect(en.price("0.1386419", 5)).toBe("0.13864");
  });

  it("are percentages, shares and multiples of risk", () => {
    expect(en.percent("-2.914", { signed: true })).toBe("−2.91%");
    expect(spaces(ru.percent("53.2", { fraction: 0 }))).toBe("53 %");
    expect(en.share("0.4")).toBe("40%");
    expect(spaces(en.r("1.2041"))).toBe("+1.20 R");
    expect(spaces(ru.r("-1.18"))).toBe("−1,18 R");
  });
});

describe("times", () => {
  const at = "2026-11-22T21:30:05Z";

  it("are shown in the user's zone, whatever the language", () => {
    expect(en.clock(at)).toBe("21:30:05");
    expect(ru.clock(at)).toBe("00:30:05");
    expect(new Formatter("ru", "America/New_York").time(at)).toBe("16:30");
    expect(en.exact(at)).toContain("GMT");
  });

  it("are told as how long ago it was", () => {
    const now = Date.parse(at);
    expect(en.ago(at, now + 20_000)).toBe("now");
    expect(en.ago(at, now - 20_000)).toBe("now");
    expect(en.ago(at, now + 3 * 60_000)).toBe("3 min ago");
    expect(ru.ago(at, now + 2 * 3_600_000)).toBe("2 ч назад");
  });

  it("are told as how long it lasts, in two units at most", () => {
    expect(en.duration(45_000)).toBe("45s");
    expect(en.duration(61 * 60_000)).toBe("1h 1m");
    expect(en.duration(26 * 3_600_000 + 5_000)).toBe("1d 2h");
    expect(spaces(ru.duration(12 * 60_000 + 8_000))).toBe("12 мин");
    expect(en.duration(0)).toBe("0s");
  });
});
