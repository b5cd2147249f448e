import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Layers } from "lucide-react";
import { type ReactNode, Suspense } from "react";
import { useTranslation } from "react-i18next";

import { part } from "@/app/loading";
import { useTitle } from "@/app/title";
import {
  getStatsOptions,
  listPositionsOptions,
  listSignalsOptions,
} from "@/client/@tanstack/react-query.gen";
import { ActivityList } from "@/features/activity/list";
import { SlotsUsed } from "@/features/plan/card";
import { PositionRows } from "@/features/positions/rows";
import { SignalLine } from "@/features/signals/line";
import { useFormat } from "@/i18n";
import { buttonClass } from "@/ui/button";
import { Pnl, PnlPercent } from "@/ui/numbers";
import { Empty, LoadProblem, Skeleton, SkeletonRows } from "@/ui/state";
import { useSteady } from "@/ui/steady";
import { Card, CardTitle } from "@/ui/surface";

const EquityCard = part(() => import("./equity"));

/** The state of everything on one page. */
export function OverviewPage() {
  const { t } = useTranslation();
  useTitle([t("overview.title")]);
  return (
    <>
      <h1 className="sr-only">{t("overview.title")}</h1>
      <div className="grid gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(20rem,1fr)]">
        <div className="grid min-w-0 content-start gap-4">
          <Card aria-label={t("overview.equity")} className="overflow-hidden">
            <Suspense fallback={<EquitySkeleton />}>
              <EquityCard />
            </Suspense>
          </Card>
          <Figures />
          <OpenPositions />
        </div>
        <div className="grid min-w-0 content-start gap-4 md:grid-cols-2 xl:grid-cols-1">
          <LatestSignals />
          <LatestActivity />
        </div>
      </div>
    </>
  );
}

function EquitySkeleton() {
  return (
    <div className="p-5">
      <Skeleton className="h-4 w-24" />
      <Skeleton className="mt-3 h-9 w-56" />
      <Skeleton className="mt-8 h-52" />
    </div>
  );
}

function Figures() {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error, refetch } = useQuery(getStatsOptions());
  if (error && !data) return <LoadProblem error={error} retry={() => void refetch()} />;
  return (
    <Card aria-label={t("positions.figures")}>
      <dl className="grid grid-cols-2 md:grid-cols-4 md:divide-x md:divide-line max-md:[&>*:nth-child(odd)]:border-r max-md:[&>*:nth-child(-n+2)]:border-b [&>*]:border-line">
        <Figure term={t("overview.today")} hint={t("overview.today_hint")} sub={data?.today_pnl_pct && <PnlPercent value={data.today_pnl_pct} />}>
          {data && <Pnl value={data.today_pnl} />}
        </Figure>
        <Figure term={t("overview.total")} hint={t("overview.total_hint")}>
          {data && <Pnl value={data.total_pnl} />}
        </Figure>
        <Figure
          term={t("overview.win_rate")}
          hint={t("overview.win_rate_hint")}
          sub={data?.win_rate === null ? t("overview.win_rate_none") : null}
        >
          {data && (data.win_rate === null ? "—" : format.percent(data.win_rate, { fraction: 0 }))}
        </Figure>
        <Figure term={t("overview.balance")} hint={t("overview.balance_hint")}>
          {data && format.money(data.balance)}
        </Figure>
      </dl>
    </Card>
  );
}

function Figure({ term, hint, sub, children }: { term: string; hint: string; sub?: ReactNode; children: ReactNode }) {
  return (
    <div className="px-4 py-3.5 sm:px-5">
      <dt className="text-xs text-muted" title={hint}>
        {term}
      </dt>
      <dd className="mt-1 flex flex-wrap items-baseline gap-x-2">
        <span className="tnum text-lg leading-7 font-semibold tracking-[-0.01em]">
          {children ?? <Skeleton className="my-1 h-5 w-20" />}
        </span>
        {sub && <span className="text-xs text-muted">{sub}</span>}
      </dd>
    </div>
  );
}

function More({ to, search, children }: { to: "/positions" | "/signals"; search?: object; children: ReactNode }) {
  return (
    <Link to={to} search={search} className="rounded text-xs font-medium text-accent hover:underline">
      {children}
    </Link>
  );
}

function OpenPositions() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(listPositionsOptions({ query: { status: "open" } }));
  return (
    <Card aria-labelledby="open-positions">
      <CardTitle id="open-positions" title={t("overview.open_positions")}>
        <span className="flex items-center gap-3">
          <SlotsUsed />
          <More to="/positions">{t("overview.all_positions")}</More>
        </span>
      </CardTitle>
      {error && !data ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <div className="p-5 pt-2">
          <SkeletonRows rows={3} />
        </div>
      ) : data.items.length ? (
        <PositionRows positions={data.items.slice(0, 8)} compact />
      ) : (
        <Empty
          icon={Layers}
          title={t("positions.empty_open")}
          action={
            <Link to="/signals" className={buttonClass("secondary", "sm")}>
              {t("positions.see_signals")}
            </Link>
          }
        >
          {t("positions.empty_open_text")}
        </Empty>
      )}
    </Card>
  );
}

function LatestSignals() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(listSignalsOptions({ query: { status: "all", limit: 10 } }));
  const { items: signals, handlers } = useSteady(data?.items.slice(0, 5) ?? []);
  return (
    <Card aria-labelledby="latest-signals">
      <CardTitle id="latest-signals" title={t("overview.latest_signals")}>
        <More to="/signals" search={{ status: "all" }}>
          {t("overview.all_signals")}
        </More>
      </CardTitle>
      <div className="px-4 pb-3 sm:px-5">
        {error && !data ? (
          <LoadProblem error={error} retry={() => void refetch()} />
        ) : !data ? (
          <SkeletonRows rows={5} className="h-12" />
        ) : signals.length ? (
          <ul {...handlers}>
            {signals.map((signal) => (
              <SignalLine key={signal.id} signal={signal} />
            ))}
          </ul>
        ) : (
          <p className="py-6 text-center text-muted">{t("signals.empty_active")}</p>
        )}
      </div>
    </Card>
  );
}

function LatestActivity() {
  const { t } = useTranslation();
  return (
    <Card aria-labelledby="activity">
      <CardTitle id="activity" title={t("overview.activity")} />
      <div className="px-4 pb-3 sm:px-5">
        <ActivityList limit={8} />
      </div>
    </Card>
  );
}
