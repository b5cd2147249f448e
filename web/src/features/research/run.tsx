import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Download, LayoutGrid, RotateCcw, SearchX, ShieldCheck } from "lucide-react";
import { Suspense, useEffect, useEffectEvent } from "react";
import { useTranslation } from "react-i18next";

import { ApiProblem } from "@/api/problem";
import { part } from "@/app/loading";
import { useTitle } from "@/app/title";
import type { RunDetail } from "@/client";
import {
  getBacktestOptions,
  getSweepHeatMapQueryKey,
  listBacktestsQueryKey,
  listSweepTrialsQueryKey,
} from "@/client/@tanstack/react-query.gen";
import { useFormat } from "@/i18n";
import { anyOf } from "@/realtime/caches";
import { Badge } from "@/ui/badge";
import { buttonClass } from "@/ui/button";
import { Empty, LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, CardTitle, Fact, PageHeader } from "@/ui/surface";
import { percentOf } from "./figures";
import { type Kind, searchOf } from "./form/draft";
import { MetricsCard, Summary } from "./metrics";
import { AssumptionsCard, DoubtsCard, RefusalsCard } from "./notes";
import { Span } from "./page";
import { CancelButton, ProgressBar, REFRESH_MS, StateBadge, underWay, useRunTitle } from "./state";
import { SweepParts } from "./sweep";
import { ResearchTabs } from "./tabs";
import { TradesCard } from "./trades";
import { VerdictParts } from "./verdict";

const CurveCard = part(() => import("./curve"));
const route = getRouteApi("/inside/research/$runId");

export function RunPage() {
  const { t } = useTranslation();
  const { runId } = route.useParams();
  const { data, error, refetch } = useQuery({
    ...getBacktestOptions({ path: { run_id: runId } }),
    refetchInterval: ({ state }) => (state.data && underWay(state.data) ? REFRESH_MS : false),
  });
  const title = useRunTitle();
  useSettling(data);
  useTitle([data && title(data), t("research.title")]);
  if (data) return <Run run={data} />;
  const missing = error instanceof ApiProblem && (error.status === 404 || error.status === 422);
  return (
    <>
      <PageHeader title={t("research.one")} />
      <ResearchTabs current="runs" />
      {missing ? (
        <Empty
          icon={SearchX}
          title={t("error.code.not_found")}
          action={
            <Link to="/research" className={buttonClass()}>
              {t("research.title")}
            </Link>
          }
        />
      ) : error ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : (
        <SkeletonRows rows={3} className="h-48" />
      )}
    </>
  );
}

/** What lists and maps showed of a run under way is old once it is over. */
function useSettling(run: RunDetail | undefined): void {
  const queries = useQueryClient();
  const over = run !== undefined && !underWay(run);
  const path = { run_id: run?.id ?? "" };
  const keys = anyOf(listBacktestsQueryKey(), listSweepTrialsQueryKey({ path }), getSweepHeatMapQueryKey({ path }));
  const settle = useEffectEvent(() => void queries.invalidateQueries(keys));
  useEffect(() => {
    if (over) settle();
  }, [over]);
}

function Run({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const title = useRunTitle();
  const { metrics } = run;
  return (
    <>
      <PageHeader title={title(run)}>
        <Actions run={run} />
      </PageHeader>
      <ResearchTabs current="runs" />
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 pb-4">
        <StateBadge run={run} />
        <span className="font-medium">{t(`research.kinds.${run.kind}`)}</span>
        {run.own && <Badge>{t("research.own")}</Badge>}
        <span className="text-muted">
          {t("research.version", { version: run.strategy_version })} · {run.symbols.join(", ")} · {run.timeframe} ·{" "}
          <Span run={run} />
        </span>
      </div>
      {underWay(run) && (
        <Card aria-label={t("research.progress_label")} className="mb-4 px-4 py-4 sm:px-5">
          {run.state === "queued" && <p className="mb-2 text-muted">{t("research.queued_text")}</p>}
          <ProgressBar run={run} />
        </Card>
      )}
      {run.state === "failed" && (
        <p role="alert" className="mb-4 rounded-lg bg-loss-wash px-3.5 py-2.5 break-words text-loss">
          {t("research.failed_text", { error: run.error ?? "" })}
        </p>
      )}
      {run.state === "cancelled" && (
        <p className="mb-4 rounded-lg bg-sunken px-3.5 py-2.5 text-soft">{t("research.cancelled_text")}</p>
      )}
      <div className="grid gap-4">
        {run.verdict && <VerdictParts run={run} verdict={run.verdict} />}
        {run.kind === "sweep" && run.sweep && <SweepParts run={run} sweep={run.sweep} />}
        {metrics && (
          <>
            <Summary metrics={metrics} />
            <Card aria-labelledby="run-curve">
              <Suspense fallback={<div className="h-144" />}>
                <CurveCard run={run} />
              </Suspense>
            </Card>
            <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
              <MetricsCard metrics={metrics} />
              <div className="grid min-w-0 gap-4">
                <DoubtsCard doubts={run.warnings} />
                <RefusalsCard refusals={run.refusals} />
              </div>
            </div>
            <TradesCard run={run} />
          </>
        )}
        <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          {run.assumptions.length > 0 && <AssumptionsCard assumptions={run.assumptions} />}
          <SettingsCard run={run} />
        </div>
      </div>
    </>
  );
}

function Actions({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  if (underWay(run)) return <CancelButton run={run} />;
  const others: readonly { kind: Kind; label: string; Icon: typeof LayoutGrid }[] = [
    { kind: run.kind, label: t("research.again"), Icon: RotateCcw },
    ...(run.kind === "sweep" ? [] : [{ kind: "sweep", label: t("research.to_sweep"), Icon: LayoutGrid } as const]),
    ...(run.kind === "validation" ? [] : [{ kind: "validation", label: t("research.to_validation"), Icon: ShieldCheck } as const]),
  ];
  return (
    <div className="flex flex-wrap items-center gap-2">
      {others.map(({ kind, label, Icon }) => (
        <Link key={kind} to="/research/new" search={searchOf(run, kind)} className={buttonClass("secondary")}>
          <Icon className="size-4" aria-hidden="true" />
          {label}
        </Link>
      ))}
    </div>
  );
}

/** What exactly was tested, and all of it as files. */
function SettingsCard({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  const set = Object.entries(run.verdict?.parameters ?? run.parameters);
  const took = run.started_at && run.finished_at ? Date.parse(run.finished_at) - Date.parse(run.started_at) : null;
  return (
    <Card aria-labelledby="run-settings">
      <CardTitle id="run-settings" title={t("research.report.settings")} />
      <dl className="px-4 pb-3 sm:px-5">
        <Fact term={t("research.form.profile")}>{t(`research.form.profiles.${run.profile}`).split(":")[0]}</Fact>
        {run.fee && <Fact term={t("research.report.fee")}>{percentOf(format, run.fee)}</Fact>}
        {run.candles !== null && <Fact term={t("research.report.candles")}>{format.integer(run.candles)}</Fact>}
        {took !== null && <Fact term={t("research.report.took")}>{format.duration(took)}</Fact>}
        <div className="py-1.5">
          <dt className="text-muted">{t("research.report.parameters")}</dt>
          <dd className="mt-1 flex flex-wrap gap-1.5">
            {set.length ? <Settings set={run.verdict?.parameters ?? run.parameters} /> : t("research.report.defaults")}
          </dd>
        </div>
        {run.fingerprint && (
          <Fact term={t("research.report.fingerprint")} hint={t("research.report.fingerprint_hint")}>
            <span className="font-mono text-xs" title={run.fingerprint}>
              {run.fingerprint.slice(0, 16)}…
            </span>
          </Fact>
        )}
      </dl>
      {run.metrics && run.state === "done" && (
        <p className="flex flex-wrap gap-2 px-4 pb-4 sm:px-5">
          <File run={run} name="report.html">
            {t("research.download_report")}
          </File>
          <File run={run} name="trades.csv">
            {t("research.download_trades")}
          </File>
          <File run={run} name="equity.csv">
            {t("research.download_equity")}
          </File>
        </p>
      )}
    </Card>
  );
}

/** Parameters and what they are set to. */
export function Settings({ set }: { set: Readonly<Record<string, string>> }) {
  const format = useFormat();
  return Object.entries(set).map(([name, value]) => (
    <span key={name} className="inline-flex items-baseline gap-1.5 rounded-md bg-sunken px-1.5 py-0.5 text-xs whitespace-nowrap">
      <span className="text-muted">{name}</span>
      <span className="tnum font-medium">{/^-?\d/.test(value) ? format.plain(value) : value}</span>
    </span>
  ));
}

function File({ run, name, children }: { run: RunDetail; name: string; children: string }) {
  return (
    <a href={`/api/v1/backtests/${run.id}/${name}`} download className={buttonClass("secondary", "sm")}>
      <Download className="size-3.5" aria-hidden="true" />
      {children}
    </a>
  );
}
