import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { CandlestickChart } from "lucide-react";
import { type ReactNode, Suspense, useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";

import { byCursor } from "@/api/queries";
import { part } from "@/app/loading";
import { PageSkeleton } from "@/app/root";
import { useTitle } from "@/app/title";
import type { LevelItem, PositionItem, SignalItem, Timeframe } from "@/client";
import {
  getMarketAnalysisOptions,
  getMarketStatusOptions,
  listPositionsOptions,
  listSignalsOptions,
  listTradesInfiniteOptions,
} from "@/client/@tanstack/react-query.gen";
import { AlertBell } from "@/features/alerts/bell";
import { CloseButton } from "@/features/positions/close";
import { SignalLine } from "@/features/signals/line";
import { useFormat } from "@/i18n";
import { usePrice } from "@/realtime/prices";
import { ProtectionBadge } from "@/trading/badges";
import { Ladder } from "@/trading/ladder";
import { PositionPnl } from "@/trading/live";
import { finest } from "@/trading/levels";
import { compare, decimal, ZERO } from "@/format/decimal";
import { Select } from "@/ui/field";
import { LivePrice, SideBadge } from "@/ui/numbers";
import { Empty, LoadProblem, Skeleton } from "@/ui/state";
import { Card, CardTitle } from "@/ui/surface";
import { Segments } from "@/ui/tabs";
import { AnalysisCard } from "./analysis";
import { type Execution, executionsOf } from "./executions";

const MarketChart = part(() => import("./chart"));
const route = getRouteApi("/inside/market");

const NO_LEVELS: readonly LevelItem[] = [];

/** Pages of fills looked through for one symbol's executions. */
const MOST_PAGES = 5;

export function MarketPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const search = route.useSearch();
  const { data: status, error: noStatus, refetch: askStatus } = useQuery(getMarketStatusOptions());
  const { data: open, error, refetch } = useQuery(listPositionsOptions({ query: { status: "open" } }));
  const symbols = status?.symbols ?? [];
  const timeframes = status?.timeframes ?? [];
  // Where something is open is where one wants to look.
  const symbol = search.symbol ?? open?.items.find((position) => symbols.includes(position.symbol))?.symbol ?? symbols[0];
  const timeframe = (search.timeframe ?? (timeframes.includes("5m") ? "5m" : timeframes[0])) as Timeframe | undefined;
  const position = open?.items.find((each) => each.symbol === symbol && each.status !== "closed");
  const choose = (change: { symbol?: string; timeframe?: string }) =>
    void navigate({ to: "/market", search: { symbol, timeframe, ...change }, replace: true, resetScroll: false });

  useTitle([symbol, t("chart.title")]);

  if (!status && noStatus) return <LoadProblem error={noStatus} retry={() => void askStatus()} />;
  if (!open && error) return <LoadProblem error={error} retry={() => void refetch()} />;
  if (!status || !open) return <PageSkeleton />;
  if (!symbol || !timeframe) {
    return (
      <Empty icon={CandlestickChart} title={t("chart.empty")}>
        {t("chart.empty_text")}
      </Empty>
    );
  }
  return (
    <>
      <h1 className="sr-only">{t("chart.title")}</h1>
      <div className="grid gap-4 xl:grid-cols-[minmax(0,1fr)_21rem]">
        <div className="grid min-w-0 content-start gap-4">
          <Card aria-label={t("chart.title")} className="min-w-0 overflow-hidden">
            <div className="flex flex-wrap items-center justify-between gap-x-5 gap-y-3 border-b border-line px-4 py-3 sm:px-5">
              <div className="flex min-w-0 items-center gap-4">
                <Select
                  label={t("chart.symbol")}
                  value={symbol}
                  onChange={(event) => choose({ symbol: event.target.value })}
                  className="text-base font-semibold xl:hidden"
                >
                  {symbols.map((each) => (
                    <option key={each}>{each}</option>
                  ))}
                </Select>
                <span className="hidden text-xl font-semibold tracking-[-0.02em] xl:inline">{symbol}</span>
                <Last symbol={symbol} />
              <AlertBell symbol={symbol} />
              </div>
              <Segments
                label={t("chart.timeframe")}
                value={timeframe}
                options={timeframes.map((each) => ({ value: each as Timeframe, label: each }))}
                onChange={(chosen) => choose({ timeframe: chosen })}
              />
            </div>
            <ChartAndExecutions symbol={symbol} timeframe={timeframe} position={position} />
          </Card>
          <AnalysisCard symbol={symbol} timeframe={timeframe} />
        </div>
        <div className="grid min-w-0 content-start gap-4 md:grid-cols-2 xl:grid-cols-1">
          <Watchlist symbols={symbols} symbol={symbol} timeframe={timeframe} positions={open.items} />
          <OpenPosition symbol={symbol} position={position} />
          <ActiveSignals symbol={symbol} />
        </div>
      </div>
    </>
  );
}

function Last({ symbol }: { symbol: string }) {
  const { t } = useTranslation();
  const price = usePrice(symbol);
  return (
    <p>
      <span className="sr-only">{t("chart.last")} </span>
      {price ? <LivePrice value={price} className="text-xl font-semibold tracking-[-0.02em]" /> : "—"}
    </p>
  );
}

function useSignals(symbol: string): SignalItem[] {
  const { data } = useQuery(listSignalsOptions({ query: { status: "active", symbol } }));
  return useMemo(() => data?.items.filter((signal): signal is SignalItem => !signal.locked) ?? [], [data]);
}

function useExecutions(symbol: string): Execution[] {
  const { data, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery({
    ...listTradesInfiniteOptions({ query: { limit: 200 } }),
    ...byCursor,
  });
  const count = data?.pages.length ?? 0;
  useEffect(() => {
    if (hasNextPage && !isFetching && count < MOST_PAGES) void fetchNextPage();
  }, [hasNextPage, isFetching, count, fetchNextPage]);
  return useMemo(
    () => executionsOf(data?.pages.flatMap((page) => page.items) ?? [], symbol),
    [data, symbol],
  );
}

function ChartAndExecutions({ symbol, timeframe, position }: { symbol: string; timeframe: Timeframe; position: PositionItem | undefined }) {
  const signals = useSignals(symbol);
  const executions = useExecutions(symbol);
  const { data } = useQuery(getMarketAnalysisOptions({ path: { symbol }, query: { timeframe } }));
  const report = data?.report;
  return (
    <>
      <div className="h-[min(62dvh,36rem)] min-h-80">
        <Suspense fallback={<Skeleton className="m-5 h-[calc(100%-2.5rem)]" />}>
          <MarketChart
            key={`${symbol} ${timeframe}`}
            symbol={symbol}
            timeframe={timeframe}
            executions={executions}
            position={position}
            signals={signals}
            levels={report?.levels ?? NO_LEVELS}
            profile={report?.profile ?? null}
          />
        </Suspense>
      </div>
      <Legend />
      <Executions symbol={symbol} executions={executions} />
    </>
  );
}

function Legend() {
  const { t } = useTranslation();
  const items: [ReactNode, string][] = [
    [<span key="in" className="text-long">▲</span>, t("chart.legend_entry")],
    [<span key="out" className="size-2 rounded-full bg-ink" />, t("chart.legend_exit")],
    [<span key="zone" className="h-2.5 w-3.5 border-l-2 border-long bg-long-wash" />, t("chart.legend_zone")],
    [<span key="lines" className="w-3.5 border-t-2 border-dashed border-gain" />, t("chart.legend_levels")],
    [<span key="turns" className="w-3.5 border-t-2 border-dotted border-muted" />, t("chart.legend_turns")],
    [<span key="volume" className="h-2.5 w-3.5 border-r-2 border-line-strong bg-sunken" />, t("chart.legend_volume")],
  ];
  return (
    <ul aria-label={t("chart.legend")} className="flex flex-wrap gap-x-5 gap-y-1 border-t border-line px-4 py-2.5 text-xs text-muted sm:px-5">
      {items.map(([mark, words]) => (
        <li key={words} className="flex items-center gap-1.5">
          <span aria-hidden="true" className="flex items-center">
            {mark}
          </span>
          {words}
        </li>
      ))}
    </ul>
  );
}

const HEAD = "px-3 py-2 text-left text-xs font-medium text-muted first:pl-5 last:pr-5";
const CELL = "px-3 py-2 first:pl-5 last:pr-5";

function Executions({ symbol, executions }: { symbol: string; executions: readonly Execution[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const fraction = finest(...executions.map((execution) => execution.price));
  return (
    <section aria-labelledby="executions" className="border-t border-line">
      <h2 id="executions" className="px-5 pt-3.5 pb-1 text-sm font-semibold">
        {t("chart.executions", { symbol })}
      </h2>
      {executions.length ? (
        <div className="overflow-x-auto" tabIndex={0} role="group" aria-labelledby="executions">
          <table className="w-full border-collapse">
            <thead>
              <tr>
                <th scope="col" className={HEAD}>
                  {t("order.time")}
                </th>
                <th scope="col" className={HEAD}>
                  {t("order.type")}
                </th>
                <th scope="col" className={`${HEAD} !text-right`}>
                  {t("order.price")}
                </th>
                <th scope="col" className={`${HEAD} !text-right`}>
                  {t("order.quantity")}
                </th>
                <th scope="col" className={`${HEAD} !text-right`}>
                  {t("order.fee")}
                </th>
              </tr>
            </thead>
            <tbody>
              {executions.slice(0, 12).map((execution) => (
                <tr key={execution.orderId} className="border-t border-line hover:bg-hover">
                  <td className={`${CELL} tnum text-muted`}>
                    <time dateTime={execution.at} title={format.exact(execution.at)}>
                      {format.dateTime(execution.at)}
                    </time>
                  </td>
                  <td className={CELL}>
                    <Link
                      to="/positions/$positionId"
                      params={{ positionId: execution.positionId }}
                      search={{ status: "all" }}
                      className="inline-flex items-center gap-2 font-medium hover:underline"
                    >
                      {t(`order.purpose.${execution.purpose}`)}
                      <SideBadge side={execution.side} />
                    </Link>
                  </td>
                  <td className={`${CELL} tnum text-right`}>{format.price(execution.price, fraction)}</td>
                  <td className={`${CELL} tnum text-right`}>{format.quantity(execution.quantity)}</td>
                  <td className={`${CELL} tnum text-right`}>{format.money(execution.fee)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <p className="px-5 pt-1 pb-5 text-muted">{t("chart.no_executions")}</p>
      )}
    </section>
  );
}

/** Every symbol with its price; where something is open, what it is worth. */
function Watchlist({ symbols, symbol, timeframe, positions }: { symbols: readonly string[]; symbol: string; timeframe: string; positions: readonly PositionItem[] }) {
  const { t } = useTranslation();
  return (
    <Card aria-labelledby="watchlist" className="hidden xl:block">
      <CardTitle id="watchlist" title={t("chart.symbols")} />
      <ul className="max-h-96 overflow-y-auto px-2 pb-2">
        {symbols.map((each) => (
          <li key={each}>
            <Link
              to="/market"
              search={{ symbol: each, timeframe }}
              replace
              resetScroll={false}
              aria-current={each === symbol ? "true" : undefined}
              className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 rounded-lg px-3 py-2 hover:bg-hover aria-[current]:bg-accent-wash"
            >
              <span className="flex items-center gap-2 font-medium">
                {each}
                {positions.some((position) => position.symbol === each) && (
                  <span className="size-1.5 rounded-full bg-accent" title={t("chart.open_position")}>
                    <span className="sr-only">{t("chart.open_position")}</span>
                  </span>
                )}
              </span>
              <Price symbol={each} />
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Price({ symbol }: { symbol: string }) {
  const price = usePrice(symbol);
  return price ? <LivePrice value={price} /> : <span>—</span>;
}

function OpenPosition({ symbol, position }: { symbol: string; position: PositionItem | undefined }) {
  const { t } = useTranslation();
  return (
    <Card aria-labelledby="position-here">
      <CardTitle id="position-here" title={t("chart.open_position")}>
        {position && <ProtectionBadge protection={position.protection} />}
      </CardTitle>
      <div className="px-4 pb-4 sm:px-5">
        {position ? (
          <>
            <div className="flex items-center justify-between gap-3 py-2">
              <SideBadge side={position.side} />
              <PositionPnl position={position} className="text-lg font-semibold" />
            </div>
            <div className="-mx-2">
              <Ladder
                symbol={position.symbol}
                side={position.side}
                stop={position.initial_stop}
                stopNow={position.stop_loss}
                entry={position.entry_price}
                filled
                targets={position.take_profit.map((target) => ({
                  ...target,
                  done: compare(decimal(target.filled), ZERO) > 0,
                }))}
              />
            </div>
            <div className="mt-3 flex justify-end">
              <CloseButton position={position} />
            </div>
          </>
        ) : (
          <p className="pb-2 text-muted">{t("chart.no_position", { symbol })}</p>
        )}
      </div>
    </Card>
  );
}

function ActiveSignals({ symbol }: { symbol: string }) {
  const { t } = useTranslation();
  const signals = useSignals(symbol);
  return (
    <Card aria-labelledby="signals-here">
      <CardTitle id="signals-here" title={t("chart.active_signals")} />
      <div className="px-4 pb-4 sm:px-5">
        {signals.length ? (
          <ul>
            {signals.map((signal) => (
              <SignalLine key={signal.id} signal={signal} />
            ))}
          </ul>
        ) : (
          <p className="pb-2 text-muted">{t("chart.no_signals", { symbol })}</p>
        )}
      </div>
    </Card>
  );
}
