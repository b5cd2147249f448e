import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Area, AreaChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";

import { DAY, HOUR, timeTicks, valueTicks } from "@/charts/ticks";
import type { EquityPointItem } from "@/client";
import { getEquityOptions, getStatsOptions } from "@/client/@tanstack/react-query.gen";
import { decimal, subtract, text, toPixels } from "@/format/decimal";
import { useFormat } from "@/i18n";
import { useMarketNow } from "@/realtime/prices";
import { useMedia, WIDE } from "@/ui/media";
import { Pnl } from "@/ui/numbers";
import { LoadProblem, Skeleton } from "@/ui/state";
import { Segments } from "@/ui/tabs";

type Range = "day" | "week" | "all";

const SPANS: Record<Exclude<Range, "all">, number> = { day: DAY, week: 7 * DAY };

/** Where the range begins, by the hour, so that the query stays the same one for a while. */
function since(range: Range, hour: number | null): string | undefined {
  return range === "all" || hour === null ? undefined : new Date(hour - SPANS[range]).toISOString();
}

interface Point {
  at: number;
  equity: number;
  item: EquityPointItem;
}

export default function EquityCard() {
  const { t } = useTranslation();
  const format = useFormat();
  const [range, setRange] = useState<Range>("day");
  const hour = useMarketNow(HOUR);
  const stats = useQuery(getStatsOptions()).data;
  const { data, error, refetch } = useQuery({
    ...getEquityOptions({ query: { since: since(range, hour) } }),
    placeholderData: keepPreviousData,
  });
  const items = data?.items ?? [];
  const first = items[0];
  const last = items.at(-1);
  const change = first && last ? text(subtract(decimal(last.equity), decimal(first.equity))) : null;

  return (
    <>
      <div className="flex flex-wrap items-start justify-between gap-3 px-4 pt-4 sm:px-5">
        <div>
          <h2 className="text-xs text-muted">{t("overview.equity")}</h2>
          <p className="tnum mt-0.5 text-[2rem] leading-10 font-semibold tracking-[-0.03em]">
            {stats ? format.money(stats.equity) : <Skeleton className="h-9 w-48" />}
            {stats && <span className="ml-1.5 text-sm font-medium tracking-normal text-muted">USDT</span>}
          </p>
          <p className="mt-0.5 flex h-5 items-center gap-1.5 text-xs text-muted">
            {change && (
              <>
                <Pnl value={change} className="text-sm font-semibold" />
                {t(`overview.range_${range}`)}
              </>
            )}
          </p>
        </div>
        <Segments
          label={t("overview.range")}
          value={range}
          onChange={setRange}
          options={(["day", "week", "all"] as const).map((value) => ({ value, label: t(`overview.range_${value}`) }))}
        />
      </div>
      <div className="mt-3 h-60 sm:h-68">
        {error && !data ? (
          <LoadProblem error={error} retry={() => void refetch()} />
        ) : items.length > 1 && first && last ? (
          <Curve items={items} label={t("overview.chart_label", { from: format.money(first.equity), to: format.money(last.equity) })} />
        ) : (
          <p className="flex h-full items-center justify-center text-muted">{data && t("overview.chart_empty")}</p>
        )}
      </div>
    </>
  );
}

function Curve({ items, label }: { items: EquityPointItem[]; label: string }) {
  const format = useFormat();
  const points: Point[] = items.map((item) => ({ at: Date.parse(item.at), equity: toPixels(item.equity), item }));
  const wide = useMedia(WIDE);
  const values = points.map((point) => point.equity);
  const ticks = valueTicks(Math.min(...values), Math.max(...values));
  const times = timeTicks(points[0]?.at ?? 0, points.at(-1)?.at ?? 0, wide ? 7 : 4);
  return (
    <div role="img" aria-label={label} className="size-full">
      <ResponsiveContainer width="100%" height="100%">
        <AreaChart data={points} margin={{ top: 8, right: 0, bottom: 4, left: 0 }} accessibilityLayer={false}>
          <defs>
            <linearGradient id="equity" x1="0" y1="0" x2="0" y2="1">
              <stop offset="0" stopColor="var(--accent)" stopOpacity={0.22} />
              <stop offset="1" stopColor="var(--accent)" stopOpacity={0} />
            </linearGradient>
          </defs>
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="at"
            type="number"
            scale="time"
            domain={["dataMin", "dataMax"]}
            ticks={times.ticks}
            tickFormatter={(at: number) => (times.isDay(at) ? format.date(at) : format.time(at))}
            tickLine={false}
            axisLine={false}
            minTickGap={24}
            tick={{ fill: "var(--muted)", fontSize: 11 }}
            padding={{ left: 8, right: 8 }}
          />
          <YAxis
            orientation="right"
            domain={[ticks[0] ?? 0, ticks.at(-1) ?? 0]}
            ticks={ticks}
            tickFormatter={(value: number) => format.plain(value)}
            tickLine={false}
            axisLine={false}
            width={62}
            tick={{ fill: "var(--muted)", fontSize: 11 }}
          />
          <Tooltip
            isAnimationActive={false}
            cursor={{ stroke: "var(--line-strong)" }}
            content={({ active, payload }) => {
              const point = payload[0]?.payload as Point | undefined;
              return active && point ? <Tip point={point} /> : null;
            }}
          />
          <Area
            dataKey="equity"
            type="linear"
            stroke="var(--accent)"
            strokeWidth={2}
            fill="url(#equity)"
            isAnimationActive={false}
            dot={false}
            activeDot={{ r: 4, stroke: "var(--surface)", strokeWidth: 2, fill: "var(--accent)" }}
          />
        </AreaChart>
      </ResponsiveContainer>
    </div>
  );
}

function Tip({ point }: { point: Point }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <div className="rounded-lg border border-line bg-raised px-3 py-2 text-xs shadow-float">
      <p className="text-muted">{format.dateTime(point.at)}</p>
      <p className="tnum mt-1 flex justify-between gap-4 font-semibold">
        <span className="font-normal text-muted">{t("overview.equity")}</span>
        {format.money(point.item.equity)}
      </p>
      <p className="tnum flex justify-between gap-4">
        <span className="text-muted">{t("overview.balance")}</span>
        {format.money(point.item.balance)}
      </p>
    </div>
  );
}
