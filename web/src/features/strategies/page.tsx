import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronDown, FlaskConical, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useTitle } from "@/app/title";
import type { ParameterItem, StrategyItem } from "@/client";
import { listStrategiesOptions } from "@/client/@tanstack/react-query.gen";
import { ResearchTabs } from "@/features/research/tabs";
import { useFormat } from "@/i18n";
import { buttonClass } from "@/ui/button";
import { Multiple } from "@/ui/numbers";
import { Empty, LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, PageHeader } from "@/ui/surface";

export function StrategiesPage() {
  const { t } = useTranslation();
  useTitle([t("strategies.title")]);
  const { data, error, refetch } = useQuery(listStrategiesOptions());
  return (
    <>
      <PageHeader title={t("strategies.title")} />
      <ResearchTabs current="builtin" />
      <p className="max-w-2xl pb-5 text-muted">{t("strategies.intro")}</p>
      {error && !data ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <SkeletonRows rows={3} className="h-64" />
      ) : data.items.length ? (
        <div className="grid items-start gap-4 lg:grid-cols-2 2xl:grid-cols-3">
          {data.items.map((strategy) => (
            <StrategyCard key={strategy.name} strategy={strategy} />
          ))}
        </div>
      ) : (
        <Empty icon={FlaskConical} title={t("strategies.empty")} />
      )}
    </>
  );
}

function StrategyCard({ strategy }: { strategy: StrategyItem }) {
  const { t } = useTranslation();
  const heading = `strategy-${strategy.name}`;
  return (
    <Card aria-labelledby={heading} className="px-5 pt-4.5 pb-4">
      <header className="flex items-baseline justify-between gap-3">
        <h2 id={heading} className="text-base font-semibold">
          {strategy.title}
        </h2>
        <span className="shrink-0 text-xs text-muted">{t("strategies.version", { version: strategy.version })}</span>
      </header>
      <p className="mt-2 leading-5.5 text-soft">{strategy.description}</p>
      <Measured strategy={strategy} />
      <section className="mt-4 rounded-xl bg-warn-wash px-4 py-3">
        <h3 className="flex items-center gap-1.5 text-xs font-semibold text-warn">
          <TriangleAlert className="size-3.5" aria-hidden="true" />
          {t("strategies.weakness")}
        </h3>
        <p className="mt-1 text-xs leading-5 text-soft">{strategy.weakness}</p>
      </section>
      <Parameters parameters={strategy.parameters} />
      <div className="mt-4 flex flex-wrap gap-2">
        <Link to="/signals" search={{ status: "all", strategy: strategy.name }} className={buttonClass("secondary", "sm")}>
          {t("strategies.see_signals")}
        </Link>
        <Link to="/research/new" search={{ strategy: strategy.name }} className={buttonClass("secondary", "sm")}>
          {t("research.documents.backtest")}
        </Link>
        <Link to="/strategies/new" search={{ from: strategy.name }} className={buttonClass("secondary", "sm")}>
          {t("research.documents.own_copy")}
        </Link>
      </div>
    </Card>
  );
}

function Measured({ strategy }: { strategy: StrategyItem }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { signals, filled, win_rate, average_r } = strategy.measured;
  return (
    <section className="mt-4">
      <h3 className="text-xs font-semibold text-muted">{t("strategies.measured")}</h3>
      {signals === 0 ? (
        <p className="mt-1 text-muted">{t("strategies.no_stats")}</p>
      ) : (
        <dl className="mt-2 grid grid-cols-2 gap-3 sm:grid-cols-4">
          <Measure term={t("strategies.finished")}>{format.integer(signals)}</Measure>
          <Measure term={t("strategies.filled")}>{format.integer(filled)}</Measure>
          <Measure term={t("strategies.win_rate")}>{win_rate === null ? "—" : format.percent(win_rate, { fraction: 0 })}</Measure>
          <Measure term={t("strategies.average_r")}>{average_r === null ? "—" : <Multiple value={average_r} />}</Measure>
        </dl>
      )}
    </section>
  );
}

function Measure({ term, children }: { term: string; children: React.ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="truncate text-xs text-muted" title={term}>
        {term}
      </dt>
      <dd className="tnum mt-0.5 text-lg font-semibold tracking-[-0.01em]">{children}</dd>
    </div>
  );
}

function Parameters({ parameters }: { parameters: readonly ParameterItem[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <details className="group mt-3">
      <summary className="flex cursor-pointer list-none items-center gap-1.5 rounded py-1.5 font-medium text-soft hover:text-ink">
        <ChevronDown className="size-4 text-muted transition-transform group-open:rotate-180" aria-hidden="true" />
        {t("strategies.parameters")} <span className="text-muted">({format.integer(parameters.length)})</span>
      </summary>
      <table className="mt-1 w-full border-collapse">
        <thead className="sr-only">
          <tr>
            <th scope="col">{t("strategies.parameter")}</th>
            <th scope="col">{t("strategies.value")}</th>
            <th scope="col">{t("strategies.bounds")}</th>
          </tr>
        </thead>
        <tbody>
          {parameters.map((parameter) => (
            <tr key={parameter.name} className="border-t border-line">
              <td className="py-1.5 text-soft">{parameter.title}</td>
              <td className="tnum py-1.5 text-right font-medium">{format.plain(parameter.default)}</td>
              <td className="tnum py-1.5 pl-4 text-right text-xs text-muted">
                {format.plain(parameter.min)} – {format.plain(parameter.max)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
