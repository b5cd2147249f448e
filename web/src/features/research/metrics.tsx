import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { DefinitionItem, MetricsItem } from "@/client";
import { listDefinitionsOptions } from "@/client/@tanstack/react-query.gen";
import { useFormat } from "@/i18n";
import { Skeleton } from "@/ui/state";
import { Card, CardTitle } from "@/ui/surface";
import { Term } from "@/ui/term";
import { figure, Gained } from "./figures";

/** What one looks at first. */
const FIRST = ["total_return", "max_drawdown", "sharpe", "profit_factor", "win_rate", "trades"] as const;

function useDefinitions(): readonly DefinitionItem[] | undefined {
  const { i18n } = useTranslation();
  // The words are the server's, in the language of the page.
  const options = listDefinitionsOptions({ headers: { "Accept-Language": i18n.language } });
  return useQuery({ ...options, staleTime: Infinity }).data?.items;
}

function valueOf(metrics: MetricsItem, name: string): string | number | null {
  return metrics[name as keyof MetricsItem];
}

export function Summary({ metrics }: { metrics: MetricsItem }) {
  const { t } = useTranslation();
  const format = useFormat();
  const definitions = useDefinitions();
  return (
    <Card aria-label={t("research.result")}>
      <dl className="grid grid-cols-2 gap-x-4 gap-y-4 px-4 py-4 sm:grid-cols-3 sm:px-5 xl:grid-cols-6">
        {FIRST.map((name) => {
          const definition = definitions?.find((each) => each.name === name);
          return (
            <div key={name} className="min-w-0">
              <dt className="h-4 truncate text-xs text-muted">{definition?.title ?? <Skeleton className="h-3 w-20" />}</dt>
              <dd className="tnum mt-1 text-xl font-semibold tracking-[-0.02em]">
                {name === "total_return" ? (
                  <Gained share={metrics.total_return} />
                ) : definition ? (
                  figure(format, definition.unit, valueOf(metrics, name))
                ) : (
                  <Skeleton className="h-6 w-16" />
                )}
              </dd>
            </div>
          );
        })}
      </dl>
    </Card>
  );
}

/** Every measure; its name says how it is reckoned. */
export function MetricsCard({ metrics }: { metrics: MetricsItem }) {
  const { t } = useTranslation();
  const format = useFormat();
  const definitions = useDefinitions();
  return (
    <Card aria-labelledby="run-metrics">
      <CardTitle id="run-metrics" title={t("research.report.metrics")}>
        <span className="text-xs text-muted">{t("research.report.metrics_hint")}</span>
      </CardTitle>
      {definitions ? (
        <dl className="gap-x-8 px-4 pb-4 sm:columns-2 sm:px-5">
          {definitions.map(({ name, unit, title, text }) => (
            <div key={name} className="flex break-inside-avoid items-baseline justify-between gap-4 border-b border-line py-1.5">
              <dt className="min-w-0">
                <Term label={title}>{text}</Term>
              </dt>
              <dd className="tnum text-right font-medium">{figure(format, unit, valueOf(metrics, name))}</dd>
            </div>
          ))}
        </dl>
      ) : (
        <div className="px-5 pb-4">
          <Skeleton className="h-104" />
        </div>
      )}
    </Card>
  );
}
