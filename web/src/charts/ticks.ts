/** Where axes are labelled: at round numbers, and at round times of the user's own clock. */

const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const STEPS = [
  1 * MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  14 * DAY,
  30 * DAY,
  90 * DAY,
  365 * DAY,
];

/** Round numbers from below `low` to above `high`, about five of them. */
export function valueTicks(low: number, high: number): number[] {
  const rough = Math.max(high - low, Math.abs(high) * 0.001, 1e-8) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5].find((each) => each * power >= rough) ?? 10);
  const first = Math.floor(low / step);
  const count = Math.max(1, Math.ceil(high / step) - first);
  return Array.from({ length: count + 1 }, (_, place) => (first + place) * step);
}

export interface TimeTicks {
  ticks: number[];
  /** Whether a tick is the beginning of a day, which is better named by its date. */
  isDay: (at: number) => boolean;
}

/** At most `most` round times between `from` and `to` (ms), by a clock that is `offset` ms ahead of UTC. */
export function timeTicks(from: number, to: number, most: number, offset = localOffset(from)): TimeTicks {
  const step = STEPS.find((each) => (to - from) / each <= most) ?? 365 * DAY;
  const first = Math.ceil((from + offset) / step) * step - offset;
  const ticks: number[] = [];
  for (let at = first; at <= to; at += step) ticks.push(at);
  return { ticks, isDay: (at) => (at + offset) % DAY === 0 };
}

function localOffset(at: number): number {
  return -new Date(at).getTimezoneOffset() * MINUTE;
}
