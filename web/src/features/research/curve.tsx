import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Area, AreaChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";

import { timeTicks, valueTicks } from "@/charts/ticks";
import type { DayItem, RunDetail } from "@/client";
import { getBacktestEquityOptions } from "@/client/@tanstack/react-query.gen";
import { sign, toPixels } from "@/format/decimal";
import { inPercent } from "@/format/percent";
import { useFormat } from "@/i18n";
import { useMedia, WIDE } from "@/ui/media";
import { LoadProblem } from "@/ui/state";
import { CardTitle } from "@/ui/surface";
import { Cell, Head, Table } from "@/ui/table";
import { percentOf } from "./figures";
import { byMonth, drawdowns, type YearRow } from "./months";

interface Point {
  at: number;
  equity: number;
  fall: number;
  item: DayItem;
}

const YEAR_DAYS = 400 * 86_400_000;

/** A share that was reckoned for drawing, as the formatter takes it. */
const drawn = (share: number): string => String(Math.round(share * 1e4) / 1e4);

/** Equity and drawdown over time, and the returns of months. */
export default function CurveCard({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error, refetch } = useQuery({
    ...getBacktestEquityOptions({ path: { run_id: run.id } }),
    staleTime: Infinity,
  });
  const days = data?.items.filter((day) => day.equity !== null) ?? [];
  const start = run.metrics?.start_equity ?? days[0]?.equity ?? "0";
  const values = days.map((day) => toPixels(day.equity ?? "0"));
  const falls = drawdowns(values, toPixels(start));
  const points = days.map((item, place) => ({
    at: Date.parse(item.day),
    equity: values[place] ?? 0,
    fall: falls[place] ?? 0,
    item,
  }));
  const label = t("research.report.curve_label", {
    from: format.money(start),
    to: format.money(run.metrics?.end_equity ?? start),
    drawdown: percentOf(format, run.metrics?.max_drawdown ?? null),
  });
  return (
    <>
      <CardTitle id="run-curve" title={t("research.report.curve")}>
        <span className="tnum text-xs text-muted">
          {format.money(start)} → {format.money(run.metrics?.end_equity ?? start)}
        </span>
      </CardTitle>
      {error ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : !data || points.length > 1 ? (
        <div role="img" aria-label={label}>
          <div className="h-64">{points.length > 1 && <Curve points={points} />}</div>
          <p className="px-4 pt-2 text-xs text-muted sm:px-5">{t("research.report.drawdown")}</p>
          <div className="h-32">{points.length > 1 && <Falls points={points} />}</div>
        </div>
      ) : (
        <p className="px-5 py-8 text-center text-muted">{t("research.report.no_curve")}</p>
      )}
      <Months rows={byMonth(days, start)} />
    </>
  );
}

function useTimeAxis(points: readonly Point[]) {
  const format = useFormat();
  const wide = useMedia(WIDE);
  const [from, to] = [points[0]?.at ?? 0, points.at(-1)?.at ?? 0];
  const { ticks } = timeTicks(from, to, wide ? 9 : 4, 0);
  const long = to - from > YEAR_DAYS;
  return {
    dataKey: "at",
    type: "number" as const,
    scale: "time" as const,
    domain: ["dataMin", "dataMax"] as [string, string],
    ticks,
    tickFormatter: (at: number) => (long ? `${format.month(at)} ${format.year(at)}` : format.date(at)),
    tickLine: false,
    axisLine: false,
    minTickGap: 24,
    tick: { fill: "var(--muted)", fontSize: 11 },
    padding: { left: 8, right: 8 },
  };
}

function Curve({ points }: { points: Point[] }) {
  const format = useFormat();
  const axis = useTimeAxis(points);
  const values = points.map((point) => point.equity);
  const ticks = valueTicks(Math.min(...values), Math.max(...values));
  return (
    <ResponsiveContainer width="100%" height="100%">
      <AreaChart data={points} syncId="run" margin={{ top: 8, right: 0, bottom: 4, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis {...axis} hide />
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
          strokeWidth={1.75}
          fill="var(--accent)"
          fillOpacity={0.08}
          isAnimationActive={false}
          dot={false}
        />
      </AreaChart>
    </ResponsiveContainer>
  );
}

function Falls({ points }: { points: Point[] }) {
  const format = useFormat();
  const axis = useTimeAxis(points);
  const deepest = Math.min(-0.001, ...points.map((point) => point.fall));
  const ticks = [0, deepest / 2, deepest];
  return (
    <ResponsiveContainer width="100%" height="100%">
      <AreaChart data={points} syncId="run" margin={{ top: 4, right: 0, bottom: 4, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis {...axis} />
        <YAxis
          orientation="right"
          domain={[deepest, 0]}
          ticks={ticks}
          tickFormatter={(value: number) => format.share(drawn(value))}
          tickLine={false}
          axisLine={false}
          width={62}
          tick={{ fill: "var(--muted)", fontSize: 11 }}
        />
        <Tooltip isAnimationActive={false} cursor={{ stroke: "var(--line-strong)" }} content={() => null} />
        <Area
          dataKey="fall"
          type="linear"
          stroke="var(--loss)"
          strokeWidth={1.5}
          fill="var(--loss)"
          fillOpacity={0.12}
          isAnimationActive={false}
          dot={false}
        />
      </AreaChart>
    </ResponsiveContainer>
  );
}

function Tip({ point }: { point: Point }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <div className="rounded-lg border border-line bg-raised px-3 py-2 text-xs shadow-float">
      <p className="text-muted">{format.fullDate(point.at)}</p>
      <p className="tnum mt-1 flex justify-between gap-4 font-semibold">
        <span className="font-normal text-muted">{t("research.report.curve")}</span>
        {format.money(point.item.equity ?? "0")}
      </p>
      <p className="tnum flex justify-between gap-4">
        <span className="text-muted">{t("research.report.drawdown")}</span>
        {format.share(drawn(point.fall))}
      </p>
    </div>
  );
}

/** As strong as a tint may be for the number on it to be read, and the return at which it is. */
const STRONGEST = 30;
const FULL_TINT = 0.1;

function Months({ rows }: { rows: readonly YearRow[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!rows.length) return null;
  const names = Array.from({ length: 12 }, (_, month) => format.month(Date.UTC(2024, month, 15)));
  return (
    <div className="pt-3 pb-2">
      <h3 className="px-4 pb-1 text-xs font-semibold text-muted sm:px-5">{t("research.report.months")}</h3>
      <Table
        label={t("research.report.months")}
        head={
          <>
            <Head>{t("research.report.year")}</Head>
            {names.map((name) => (
              <Head key={name} number>
                {name}
              </Head>
            ))}
            <Head number>{t("research.report.year_total")}</Head>
          </>
        }
      >
        {rows.map((row) => (
          <tr key={row.year}>
            <th scope="row" className="tnum px-2.5 py-2 text-left font-medium first:pl-4 sm:first:pl-5">
              {row.year}
            </th>
            {row.months.map((share, month) => (
              <MonthCell key={names[month]} share={share} />
            ))}
            <MonthCell share={row.total} strong />
          </tr>
        ))}
      </Table>
    </div>
  );
}

function MonthCell({ share, strong = false }: { share: string | null; strong?: boolean }) {
  const format = useFormat();
  if (share === null) return <Cell number className="text-muted" />;
  const colour = sign(share) < 0 ? "var(--loss)" : "var(--gain)";
  const strength = Math.min(1, Math.abs(Number(share)) / FULL_TINT) * STRONGEST;
  return (
    <Cell
      number
      className={strong ? "font-semibold" : ""}
      style={{ backgroundColor: `color-mix(in srgb, ${colour} ${strength}%, var(--surface))` }}
    >
      {format.percent(inPercent(share), { fraction: 1, signed: true })}
    </Cell>
  );
}
