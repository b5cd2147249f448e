/** Returns by month and year, from the equity at the end of each day. */
import type { DayItem } from "@/client";
import { decimal, divide, subtract, text } from "@/format/decimal";

export interface YearRow {
  year: string;
  /** A return for each month as a share of one; null for months without a day. */
  months: (string | null)[];
  total: string | null;
}

const DIGITS = 8;

function gained(from: string, to: string): string | null {
  const share = divide(subtract(decimal(to), decimal(from)), decimal(from), DIGITS);
  return share && text(share);
}

/** `start` is the equity that the first day began with. */
export function byMonth(days: readonly DayItem[], start: string): YearRow[] {
  const ends = new Map<string, string>();
  for (const { day, equity } of days) if (equity !== null) ends.set(day.slice(0, 7), equity);
  const rows = new Map<string, YearRow>();
  let before = start;
  let yearBegan = start;
  for (const [month, equity] of ends) {
    const year = month.slice(0, 4);
    let row = rows.get(year);
    if (!row) {
      row = { year, months: Array<string | null>(12).fill(null), total: null };
      rows.set(year, row);
      yearBegan = before;
    }
    row.months[Number(month.slice(5)) - 1] = gained(before, equity);
    row.total = gained(yearBegan, equity);
    before = equity;
  }
  return [...rows.values()];
}

/** How far each day's equity lies under the highest so far, as negative shares of one, for drawing. */
export function drawdowns(values: readonly number[], start: number): number[] {
  let peak = start;
  return values.map((value) => {
    peak = Math.max(peak, value);
    return value / peak - 1;
  });
}
