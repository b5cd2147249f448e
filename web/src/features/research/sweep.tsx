import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useTranslation } from "react-i18next";

import { byCursorOf } from "@/api/queries";
import type { RunDetail, SweepItem, TrialItem } from "@/client";
import { listSweepTrialsInfiniteOptions } from "@/client/@tanstack/react-query.gen";
import { useFormat } from "@/i18n";
import { Button, buttonClass } from "@/ui/button";
import { LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, CardTitle } from "@/ui/surface";
import { Cell, Head, Table } from "@/ui/table";
import { Gained, NONE, percentOf, ratioOf, useScore } from "./figures";
import { searchOf } from "./form/draft";
import { HeatMapCard } from "./heatmap";
import { HonestyCard } from "./honesty";
import { Settings } from "./run";
import { REFRESH_MS, underWay } from "./state";

const PAGE = 20;

/** What a sweep found, and what that is worth. */
export function SweepParts({ run, sweep }: { run: RunDetail; sweep: SweepItem }) {
  return (
    <>
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <HeatMapCard run={run} sweep={sweep} />
        <div className="grid min-w-0 gap-4">
          <BestCard run={run} sweep={sweep} />
          <HonestyCard honesty={run.honesty} over={!underWay(run)} />
        </div>
      </div>
      <TrialsCard run={run} sweep={sweep} />
    </>
  );
}

function BestCard({ run, sweep }: { run: RunDetail; sweep: SweepItem }) {
  const { t } = useTranslation();
  const score = useScore();
  const { best } = run;
  return (
    <Card aria-labelledby="sweep-best">
      <CardTitle id="sweep-best" title={t("research.sweep.best")}>
        {best && (
          <span className="tnum text-base font-semibold">{score(sweep.objective, best.score)}</span>
        )}
      </CardTitle>
      <div className="px-4 pb-4 sm:px-5">
        {best ? (
          <>
            <p className="flex flex-wrap gap-1.5">
              <Settings set={best.parameters} />
            </p>
            <Link to="/research/new" search={searchOf(run, "backtest", best.parameters)} className={buttonClass("primary", "md", "mt-3")}>
              <Play className="size-4" aria-hidden="true" />
              {t("research.sweep.test")}
            </Link>
          </>
        ) : (
          <p className="text-muted">{t(underWay(run) ? "research.sweep.after" : "research.sweep.no_best")}</p>
        )}
      </div>
    </Card>
  );
}

function TrialsCard({ run, sweep }: { run: RunDetail; sweep: SweepItem }) {
  const { t } = useTranslation();
  const format = useFormat();
  const list = useInfiniteQuery({
    ...listSweepTrialsInfiniteOptions({ path: { run_id: run.id }, query: { limit: PAGE } }),
    ...byCursorOf({ run_id: run.id }),
    refetchInterval: underWay(run) ? 3 * REFRESH_MS : false,
    staleTime: underWay(run) ? 0 : 30_000,
  });
  const trials = list.data?.pages.flatMap((page) => page.items) ?? [];
  const axes = sweep.axes.map((axis) => axis.name);
  return (
    <Card aria-labelledby="sweep-trials" className="overflow-hidden">
      <CardTitle id="sweep-trials" title={t("research.sweep.trials")}>
        <span className="tnum text-xs text-muted">
          {t("research.progress", { done: format.integer(trials.length), total: format.integer(run.total) })}
        </span>
      </CardTitle>
      {list.error && !list.data ? (
        <LoadProblem error={list.error} retry={() => void list.refetch()} />
      ) : !list.data ? (
        <div className="px-5 pb-5">
          <SkeletonRows rows={5} className="h-9" />
        </div>
      ) : !trials.length ? (
        <p className="px-4 pb-4 text-muted sm:px-5">{t("research.sweep.nothing")}</p>
      ) : (
        <Table
          label={t("research.sweep.trials")}
          head={
            <>
              <Head number>{t("research.sweep.number")}</Head>
              {axes.map((name) => (
                <Head key={name} number>
                  {name}
                </Head>
              ))}
              <Head number>{t(`research.measures.${sweep.objective}`)}</Head>
              <Head number>{t("research.measures.total_return")}</Head>
              <Head number>{t("research.report.drawdown")}</Head>
              <Head number>{t("research.measures.profit_factor")}</Head>
              <Head number>{t("research.report.trades")}</Head>
              <Head>
                <span className="sr-only">{t("positions.actions")}</span>
              </Head>
            </>
          }
        >
          {trials.map((trial) => (
            <TrialRow key={trial.number} run={run} sweep={sweep} trial={trial} axes={axes} />
          ))}
        </Table>
      )}
      {list.hasNextPage && (
        <p className="border-t border-line px-4 py-3 sm:px-5">
          <Button size="sm" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t("app.more")}
          </Button>
        </p>
      )}
    </Card>
  );
}

function TrialRow({ run, sweep, trial, axes }: { run: RunDetail; sweep: SweepItem; trial: TrialItem; axes: string[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const score = useScore();
  const { metrics } = trial;
  const label = t("research.sweep.test");
  return (
    <tr className="hover:bg-hover">
      <Cell number className="text-muted">
        {format.integer(trial.number + 1)}
      </Cell>
      {axes.map((name) => (
        <Cell key={name} number>
          {trial.parameters[name] ?? NONE}
        </Cell>
      ))}
      <Cell number className="font-semibold">
        {metrics ? score(sweep.objective, trial.score) : <span title={trial.error ?? undefined}>{t("research.sweep.refused")}</span>}
      </Cell>
      <Cell number>
        <Gained share={metrics?.total_return ?? null} />
      </Cell>
      <Cell number>{percentOf(format, metrics?.max_drawdown ?? null)}</Cell>
      <Cell number>{ratioOf(format, metrics?.profit_factor ?? null)}</Cell>
      <Cell number>{metrics ? format.integer(metrics.trades) : NONE}</Cell>
      <Cell number className="!py-1">
        {metrics && (
          <Link
            to="/research/new"
            search={searchOf(run, "backtest", trial.parameters)}
            aria-label={`${label}: ${format.integer(trial.number + 1)}`}
            title={label}
            className="inline-flex size-8 items-center justify-center rounded-lg text-soft hover:bg-sunken hover:text-ink"
          >
            <Play className="size-4" aria-hidden="true" />
          </Link>
        )}
      </Cell>
    </tr>
  );
}
