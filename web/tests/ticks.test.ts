import { describe, expect, it } from "vitest";

import { timeTicks, valueTicks } from "@/charts/ticks";

const at = (clock: string) => Date.parse(`2026-11-22T${clock}:00Z`);
const clocks = (ticks: readonly number[]) => ticks.map((tick) => new Date(tick).toISOString().slice(11, 16));
const HOUR = 3_600_000;

describe("the labels of an axis", () => {
  it("are round numbers around what is drawn", () => {
    expect(valueTicks(9_868, 10_071)).toEqual([9_800, 9_900, 10_000, 10_100]);
    expect(valueTicks(0.1231, 0.1239).at(0)).toBeLessThanOrEqual(0.1231);
  });

  it("are at least two, for a curve that has not moved", () => {
    const ticks = valueTicks(10_000, 10_000);
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks[0]).toBeLessThanOrEqual(10_000);
    expect(valueTicks(0, 0).length).toBeGreaterThan(1);
  });

  it("are round times", () => {
    expect(clocks(timeTicks(at("10:07"), at("12:40"), 6, 0).ticks)).toEqual(["10:30", "11:00", "11:30", "12:00", "12:30"]);
  });

  it("are round by the user's clock, whose days they name", () => {
    const { ticks, isDay } = timeTicks(at("10:07"), at("23:40"), 6, 5.5 * HOUR);
    expect(clocks(ticks)).toEqual(["12:30", "15:30", "18:30", "21:30"]);
    expect(ticks.map(isDay)).toEqual([false, false, true, false]);
  });
});
