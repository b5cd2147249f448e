const UNITS: Record<string, number> = { m: 60, h: 3600, d: 86_400 };

/** Seconds that a candle of the timeframe lasts. */
export function secondsOf(timeframe: string): number {
  return Number(timeframe.slice(0, -1)) * (UNITS[timeframe.slice(-1)] ?? 60);
}
