import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { CandlestickChart as Icon } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { type Bar, CandleChart, type Line, type Mark, type ZoneMark } from "@/charts/candles";
import type { CandleItem, LevelItem, PositionItem, SignalItem, Timeframe, VolumeProfileItem } from "@/client";
import { listCandlesInfiniteOptions, listCandlesOptions } from "@/client/@tanstack/react-query.gen";
import { digits, toPixels } from "@/format/decimal";
import { useFormat } from "@/i18n";
import { board } from "@/realtime/prices";
import { Empty, LoadProblem, Skeleton } from "@/ui/state";
import { useTheme } from "@/ui/theme";
import type { Execution } from "./executions";
import { secondsOf } from "./timeframes";

const PAGE = 500;
const CORRECT_MS = 1_200;
/** Candles asked for again, closed or not: a few, and at most as many as the API gives at once. */
const OVERLAP = 10;
const MOST_ASKED = 1_500;
/** Candles kept that came while the page was open; who looks for days at minutes can scroll back for older ones. */
const MOST_NEW = 3_000;
function bar(candle: CandleItem): Bar {
  return {
    time: Date.parse(candle.time) / 1000,
    open: toPixels(candle.open),
    high: toPixels(candle.high),
    low: toPixels(candle.low),
    close: toPixels(candle.close),
    volume: toPixels(candle.volume),
  };
}

type Bars = ReadonlyMap<number, Bar>;

/** The last open time in any of them. */
function lastOf(...all: Bars[]): number {
  let last = 0;
  for (const bars of all) for (const time of bars.keys()) last = Math.max(last, time);
  return last;
}

function inOrder(...all: Bars[]): Bar[] {
  const merged = new Map(all.flatMap((bars) => [...bars]));
  return [...merged.values()].sort((a, b) => a.time - b.time);
}

/** Drop the oldest beyond `most`. */
function forget(bars: Map<number, Bar>, most: number): void {
  for (const time of bars.keys()) {
    if (bars.size <= most) return;
    bars.delete(time);
  }
}

interface Props {
  symbol: string;
  timeframe: Timeframe;
  executions: readonly Execution[];
  position: PositionItem | undefined;
  signals: readonly SignalItem[];
  /** Where the market has turned, and where it traded. */
  levels: readonly LevelItem[];
  profile: VolumeProfileItem | null;
}

export default function MarketChart({ symbol, timeframe, executions, position, signals, levels, profile }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const theme = useTheme();
  const queries = useQueryClient();
  const frame = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<CandleChart | null>(null);
  const newest = useRef(new Map<number, Bar>());

  const history = useInfiniteQuery({
    ...listCandlesInfiniteOptions({ query: { symbol, timeframe, limit: PAGE } }),
    initialPageParam: { query: { symbol, timeframe } },
    getNextPageParam: (page) => page.next_cursor,
    staleTime: Infinity,
    gcTime: 0,
  });
  const pages = history.data?.pages;
  const older = useRef<() => void>(() => undefined);
  useEffect(() => {
    older.current = () => {
      if (history.hasNextPage && !history.isFetching) void history.fetchNextPage();
    };
  });

  const bars = useMemo(() => {
    const byTime = new Map<number, Bar>();
    for (const page of pages ?? []) for (const candle of page.items) byTime.set(Date.parse(candle.time) / 1000, bar(candle));
    return byTime;
  }, [pages]);
  const precision = useMemo(
    () => Math.max(0, ...(pages ?? []).flatMap((page) => page.items.slice(-50).map((candle) => digits(candle.close)))),
    [pages],
  );

  // One chart per symbol and timeframe.
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    newest.current = new Map();
    const made = new CandleChart(element, format, secondsOf(timeframe));
    made.onOldest(() => older.current());
    setChart(made);
    return () => {
      made.remove();
      setChart(null);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the language only restyles it, below
  }, [symbol, timeframe]);

  useEffect(() => chart?.restyle(format), [chart, format, theme]);

  useEffect(() => {
    if (!chart || !bars.size) return;
    chart.setPrecision(precision);
    chart.setBars(inOrder(bars, newest.current));
  }, [chart, bars, precision]);

  // Prices move the last candle; once it has closed, the server's own candles replace what was pieced together here.
  useEffect(() => {
    if (!chart || !bars.size) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const step = secondsOf(timeframe);
    // Open time of the last candle that the server has told, with none missing before it.
    let through = lastOf(bars, newest.current);
    const correct = async () => {
      timer = undefined;
      // What closed since, and some more; after a broken line that is many.
      const closed = Math.ceil(((board.now ?? 0) / 1000 - through) / step);
      const limit = Math.max(OVERLAP, Math.min(MOST_ASKED, closed + OVERLAP));
      const { items } = await queries.query({
        ...listCandlesOptions({ query: { symbol, timeframe, limit } }),
        staleTime: 0,
        gcTime: 0,
        retry: false, // the next candle asks again, and for more
      });
      const told = items.map(bar);
      for (const each of told) newest.current.set(each.time, each);
      forget(newest.current, MOST_NEW);
      if (limit === MOST_ASKED || (told[0]?.time ?? Infinity) <= through + step) through = lastOf(newest.current);
      chart.setBars(inOrder(bars, newest.current));
      tick();
    };
    const tick = () => {
      const price = board.price(symbol);
      if (price === null || board.now === null) return;
      const began = chart.price(board.now / 1000, toPixels(price));
      if (began) timer ??= setTimeout(() => void correct().catch(() => undefined), CORRECT_MS);
    };
    tick();
    const leave = board.onClock(tick);
    return () => {
      leave();
      clearTimeout(timer);
    };
  }, [chart, bars, queries, symbol, timeframe]);

  useEffect(() => {
    const marks: Mark[] = executions.map((execution) => ({
      time: Date.parse(execution.at) / 1000,
      side: execution.side,
      entry: execution.purpose === "entry",
      text: t(`order.purpose.${execution.purpose}`),
    }));
    if (chart && bars.size) chart.setMarks(marks);
  }, [chart, bars, executions, t]);

  useEffect(() => {
    const lines: Line[] = levels.map((level) => ({
      price: toPixels(level.price),
      title: t(`analysis.line.${level.role}`, { touches: level.touches }),
      color: "muted",
      style: "dotted",
    }));
    if (position) {
      lines.push({ price: toPixels(position.entry_price), title: t("chart.line_entry"), color: "accent", style: "dashed" });
      lines.push({ price: toPixels(position.stop_loss), title: t("chart.line_stop"), color: "loss" });
      position.take_profit.forEach((target, place) => {
        lines.push({
          price: toPixels(target.price),
          title: t("chart.line_target", { number: place + 1 }),
          color: "gain",
          style: "dashed",
        });
      });
    }
    chart?.setLines(lines);
  }, [chart, position, levels, t]);

  useEffect(() => {
    chart?.setProfile(
      profile && {
        low: toPixels(profile.low),
        high: toPixels(profile.high),
        volumes: profile.volumes.map(toPixels),
        valueLow: toPixels(profile.value_low),
        valueHigh: toPixels(profile.value_high),
      },
    );
  }, [chart, profile]);

  useEffect(() => {
    const zones: ZoneMark[] = signals.map((signal) => ({
      from: Date.parse(signal.created_at) / 1000,
      to: null,
      low: toPixels(signal.entry_zone.low),
      high: toPixels(signal.entry_zone.high),
      side: signal.side,
    }));
    if (bars.size) chart?.setZones(zones);
  }, [chart, bars, signals]);

  return (
    <figure className="relative h-full" aria-label={t("chart.label", { symbol, timeframe })}>
      <div ref={frame} className="absolute inset-0" data-testid="candles" />
      {history.isPending && (
        <div role="status" className="absolute inset-0 bg-surface p-5">
          <span className="sr-only">{t("chart.loading")}</span>
          <Skeleton className="size-full" />
        </div>
      )}
      {history.error && !pages && (
        <div className="absolute inset-0 bg-surface">
          <LoadProblem error={history.error} retry={() => void history.refetch()} />
        </div>
      )}
      {pages && !bars.size && (
        <div className="absolute inset-0 bg-surface">
          <Empty icon={Icon} title={t("chart.empty")}>
            {t("chart.empty_text")}
          </Empty>
        </div>
      )}
    </figure>
  );
}
