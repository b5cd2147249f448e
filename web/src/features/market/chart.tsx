import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { CandlestickChart as Icon } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { type Bar, CandleChart, type Line, type Mark, type ZoneMark } from "@/charts/candles";
import type { CandleItem, PositionItem, SignalItem, Timeframe } from "@/client";
import { listCandlesInfiniteOptions, listCandlesOptions } from "@/client/@tanstack/react-query.gen";
import { digits, toPixels } from "@/format/decimal";
import { useFormat } from "@/i18n";
import { board } from "@/realtime/prices";
import { Empty, LoadProblem, Skeleton } from "@/ui/state";
import { useTheme } from "@/ui/theme";
import type { Execution } from "./executions";

const PAGE = 500;
const CORRECT_MS = 1_200;
const UNITS: Record<string, number> = { m: 60, h: 3600, d: 86_400 };

/** Seconds that a candle of the timeframe lasts. */
export function secondsOf(timeframe: string): number {
  return Number(timeframe.slice(0, -1)) * (UNITS[timeframe.slice(-1)] ?? 60);
}

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

interface Props {
  symbol: string;
  timeframe: Timeframe;
  executions: readonly Execution[];
  position: PositionItem | undefined;
  signals: readonly SignalItem[];
}

export default function MarketChart({ symbol, timeframe, executions, position, signals }: Props) {
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
    const all = new Map([...bars, ...newest.current]);
    chart.setPrecision(precision);
    chart.setBars([...all.values()].sort((a, b) => a.time - b.time));
  }, [chart, bars, precision]);

  // Prices move the last candle; once it has closed, the server's own candles replace what was pieced together here.
  useEffect(() => {
    if (!chart || !bars.size) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const correct = async () => {
      timer = undefined;
      const { items } = await queries.query({
        ...listCandlesOptions({ query: { symbol, timeframe, limit: 60 } }),
        staleTime: 0,
      });
      for (const candle of items) newest.current.set(Date.parse(candle.time) / 1000, bar(candle));
      const all = new Map([...bars, ...newest.current]);
      chart.setBars([...all.values()].sort((a, b) => a.time - b.time));
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
    const lines: Line[] = [];
    if (position) {
      lines.push({ price: toPixels(position.entry_price), title: t("chart.line_entry"), color: "accent", dashed: true });
      lines.push({ price: toPixels(position.stop_loss), title: t("chart.line_stop"), color: "loss" });
      position.take_profit.forEach((target, place) => {
        lines.push({
          price: toPixels(target.price),
          title: t("chart.line_target", { number: place + 1 }),
          color: "gain",
          dashed: true,
        });
      });
    }
    chart?.setLines(lines);
  }, [chart, position, t]);

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
