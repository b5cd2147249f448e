import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, ChartSpline, Minus, MoveHorizontal, TrendingDown, TrendingUp, Zap } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";

import type { AnalysisReport, LevelItem, MarketAnalysis, Regime, Timeframe, TrendItem } from "@/client";
import { getMarketAnalysisOptions } from "@/client/@tanstack/react-query.gen";
import { toPixels } from "@/format/decimal";
import { useFormat } from "@/i18n";
import { board } from "@/realtime/prices";
import { finest } from "@/trading/levels";
import { Badge, type Tone } from "@/ui/badge";
import { Empty, LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, CardTitle, Fact } from "@/ui/surface";
import { secondsOf } from "./timeframes";

/** After a candle has closed the server takes a moment to record it; and nobody reads faster than this. */
const AFTER_MS = 3_000;

const REGIMES: Record<Regime, { tone: Tone; Icon: typeof Zap }> = {
  trend_up: { tone: "gain", Icon: TrendingUp },
  trend_down: { tone: "loss", Icon: TrendingDown },
  range: { tone: "neutral", Icon: MoveHorizontal },
  volatile: { tone: "warn", Icon: Zap },
};
const ARROWS = { up: ArrowUp, down: ArrowDown, flat: Minus };

/** Asks again when a candle of the timeframe has closed. */
function useAnalysis(symbol: string, timeframe: Timeframe) {
  const queries = useQueryClient();
  const options = getMarketAnalysisOptions({ path: { symbol }, query: { timeframe } });
  useEffect(() => {
    const { queryKey } = getMarketAnalysisOptions({ path: { symbol }, query: { timeframe } });
    const step = secondsOf(timeframe) * 1000;
    const candle = () => (board.now === null ? null : Math.floor(board.now / step));
    let seen = candle();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leave = board.onClock(() => {
      if (candle() === seen) return;
      seen = candle();
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey });
      }, AFTER_MS);
    });
    return () => {
      leave();
      clearTimeout(timer);
    };
  }, [queries, symbol, timeframe]);
  return useQuery(options);
}

export function AnalysisCard({ symbol, timeframe }: { symbol: string; timeframe: Timeframe }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useAnalysis(symbol, timeframe);
  return (
    <Card aria-labelledby="analysis">
      <CardTitle id="analysis" title={t("analysis.title", { symbol, timeframe })}>
        {data?.report && <RegimeBadge regime={data.report.regime.regime} />}
      </CardTitle>
      <div className="px-4 pb-4 sm:px-5">
        {data ? (
          <Analysis analysis={data} />
        ) : error ? (
          <LoadProblem error={error} retry={() => void refetch()} />
        ) : (
          <SkeletonRows />
        )}
      </div>
    </Card>
  );
}

function RegimeBadge({ regime }: { regime: Regime }) {
  const { t } = useTranslation();
  const { tone, Icon } = REGIMES[regime];
  return (
    <Badge tone={tone} title={t("analysis.regime_hint")}>
      <Icon className="size-3.5" aria-hidden="true" />
      {t(`analysis.regime.${regime}`)}
    </Badge>
  );
}

function Analysis({ analysis: { report, sentences, candles, needs } }: { analysis: MarketAnalysis }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!report) {
    return (
      <Empty icon={ChartSpline} title={t("analysis.too_early")}>
        {t("analysis.not_enough", { has: format.integer(candles), needs: format.integer(needs) })}
      </Empty>
    );
  }
  return (
    <>
      <p className="max-w-prose pt-1 pb-4 text-pretty text-soft">{sentences.join(" ")}</p>
      <Agreement report={report} />
      <div className="grid gap-x-10 gap-y-5 pt-5 md:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
        <Figures report={report} />
        <div className="grid min-w-0 content-start gap-5">
          <Levels report={report} />
          <Shares report={report} />
        </div>
      </div>
    </>
  );
}

function Part({ id, title, children }: { id: string; title: string; children: ReactNode }) {
  return (
    <section aria-labelledby={id} className="min-w-0">
      <h3 id={id} className="pb-1.5 text-xs font-semibold text-muted">
        {title}
      </h3>
      {children}
    </section>
  );
}

/** Where each timeframe points, and how much they agree. */
function Agreement({ report: { trends, agreement } }: { report: AnalysisReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Part id="analysis-trends" title={t("analysis.trends")}>
      <div className="flex flex-wrap items-center gap-x-6 gap-y-3">
        <ul className="flex flex-wrap gap-2">
          {trends.map((trend) => (
            <Trend key={trend.timeframe} trend={trend} />
          ))}
        </ul>
        {agreement !== null && (
          <p className="flex min-w-0 items-center gap-3" title={t("analysis.agreement_hint")}>
            <span className="text-muted">{t("analysis.agreement")}</span>
            <span aria-hidden="true" className="relative h-1.5 w-28 rounded-full bg-sunken">
              <span className="absolute top-0 left-1/2 h-1.5 w-px bg-line-strong" />
              <span
                className="absolute -top-1 h-3.5 w-1 -translate-x-1/2 rounded-full bg-ink"
                style={{ left: `${(toPixels(agreement) + 1) * 50}%` }}
              />
            </span>
            <b className="tnum font-medium">{format.signed(agreement, 2)}</b>
          </p>
        )}
      </div>
    </Part>
  );
}

function Trend({ trend: { timeframe, direction, strength, candles, needs } }: { trend: TrendItem }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (direction === null || strength === null) {
    return (
      <li className="flex items-center gap-1.5 rounded-md border border-dashed border-line px-2 py-1 text-muted">
        <b className="font-medium">{timeframe}</b>
        {t("analysis.candles_of", { has: format.integer(candles), needs: format.integer(needs) })}
      </li>
    );
  }
  const Arrow = ARROWS[direction];
  return (
    <li className="flex items-center gap-1.5 rounded-md bg-sunken px-2 py-1" title={t("analysis.strength_hint")}>
      <b className="font-medium">{timeframe}</b>
      <Arrow className="size-3.5" aria-hidden="true" />
      {t(`analysis.direction.${direction}`)}
      <span className="tnum text-muted">{format.price(strength, 2)}</span>
    </li>
  );
}

function Figures({ report: { readings, profile, close } }: { report: AnalysisReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const fraction = finest(close, readings.range_low, readings.range_high);
  const price = (value: string) => format.price(value, fraction);
  return (
    <Part id="analysis-figures" title={t("analysis.figures")}>
      <dl className="divide-y divide-line">
        <Fact term={t("analysis.rsi")}>{format.price(readings.rsi, 1)}</Fact>
        <Fact term={t("analysis.adx")} hint={t("analysis.adx_hint")}>
          {format.price(readings.adx, 1)}
        </Fact>
        <Fact term={t("analysis.atr")} hint={t("analysis.atr_hint")}>
          {format.percent(readings.atr_percent)}
        </Fact>
        <Fact term={t("analysis.volatility")} hint={t("analysis.volatility_hint")}>
          {format.percent(readings.volatility_rank, { fraction: 0 })}
        </Fact>
        <Fact term={t("analysis.volume")} hint={t("analysis.volume_hint")}>
          {readings.volume_ratio === null ? "—" : `${format.price(readings.volume_ratio, 2)}×`}
        </Fact>
        {readings.averages.map(({ period, percent, needs }) => (
          <Fact key={period} term={t("analysis.average", { period })} hint={t("analysis.average_hint", { needs })}>
            {percent === null ? "—" : format.percent(percent, { signed: true })}
          </Fact>
        ))}
        <Fact term={t("analysis.range")} hint={`${price(readings.range_low)} – ${price(readings.range_high)}`}>
          {format.share(readings.range_position)}
        </Fact>
        {profile && (
          <>
            <Fact term={t("analysis.poc")} hint={t("analysis.poc_hint")}>
              {price(profile.poc)}
            </Fact>
            <Fact term={t("analysis.value_area")} hint={t("analysis.value_area_hint")}>
              {price(profile.value_low)} – {price(profile.value_high)}
            </Fact>
          </>
        )}
      </dl>
    </Part>
  );
}

const HEAD = "px-2 py-1.5 text-right text-xs font-medium text-muted first:pl-0 first:text-left last:pr-0";
const CELL = "tnum px-2 py-1.5 text-right first:pl-0 first:text-left last:pr-0";

/** From the highest price down, as on the chart. */
function Levels({ report: { levels, close } }: { report: AnalysisReport }) {
  const { t } = useTranslation();
  const fraction = finest(close, ...levels.map((level) => level.price));
  return (
    <Part id="analysis-levels" title={t("analysis.levels")}>
      {levels.length ? (
        <div className="overflow-x-auto" tabIndex={0} role="group" aria-labelledby="analysis-levels">
          <table className="w-full border-collapse">
            <thead>
              <tr>
                <th scope="col" className={HEAD}>
                  {t("analysis.level")}
                </th>
                <th scope="col" className={HEAD}>
                  {t("order.price")}
                </th>
                <th scope="col" className={HEAD}>
                  {t("analysis.touches")}
                </th>
                <th scope="col" className={HEAD} title={t("analysis.level_strength_hint")}>
                  {t("analysis.strength")}
                </th>
                <th scope="col" className={`${HEAD} hidden sm:table-cell`}>
                  {t("analysis.last_touch")}
                </th>
              </tr>
            </thead>
            <tbody>
              {levels.toReversed().map((level) => (
                <LevelRow key={level.price} level={level} fraction={fraction} />
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <p className="text-muted">{t("analysis.no_levels")}</p>
      )}
    </Part>
  );
}

function LevelRow({ level, fraction }: { level: LevelItem; fraction: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <tr className="border-t border-line">
      <th scope="row" className={`${CELL} font-normal`}>
        {t(`analysis.role.${level.role}`)}
        {level.flipped && (
          <span className="block text-xs text-muted" title={t("analysis.flipped_hint")}>
            {t("analysis.flipped")}
          </span>
        )}
      </th>
      <td className={`${CELL} font-medium`}>{format.price(level.price, fraction)}</td>
      <td className={CELL}>{format.integer(level.touches)}</td>
      <td className={CELL}>{format.price(level.strength, 2)}</td>
      <td className={`${CELL} hidden whitespace-nowrap text-muted sm:table-cell`}>
        <time dateTime={level.last_touch} title={format.exact(level.last_touch)}>
          {format.dateTime(level.last_touch)}
        </time>
      </td>
    </tr>
  );
}

/** How much of the time the market was in each regime. */
function Shares({ report: { regime, window } }: { report: AnalysisReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Part id="analysis-shares" title={t("analysis.shares", { candles: format.integer(window) })}>
      <ul className="grid gap-x-6 xs:grid-cols-2 gap-y-1.5">
        {regime.shares.map(({ regime: each, share }) => {
          const { Icon } = REGIMES[each];
          return (
            <li key={each} className="flex items-center gap-2">
              <Icon className="size-3.5 shrink-0 text-muted" aria-hidden="true" />
              <span className="min-w-0 grow truncate">{t(`analysis.regime.${each}`)}</span>
              <span className="tnum font-medium">{format.share(share)}</span>
            </li>
          );
        })}
      </ul>
    </Part>
  );
}
