import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { History, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";

import { byCursor } from "@/api/queries";
import { useTitle } from "@/app/title";
import type { RunItem } from "@/client";
import { getResearchOfferOptions, listBacktestsInfiniteOptions } from "@/client/@tanstack/react-query.gen";
import { useFormat } from "@/i18n";
import { Badge, type Tone } from "@/ui/badge";
import { Button, buttonClass } from "@/ui/button";
import { useMedia, WIDE } from "@/ui/media";
import { Empty, LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, PageHeader } from "@/ui/surface";
import { Cell, Head, Table } from "@/ui/table";
import { Gained, percentOf, useScore } from "./figures";
import { ProgressBar, REFRESH_MS, StateBadge, underWay, useRunTitle } from "./state";
import { ResearchTabs } from "./tabs";

export const VERDICT_TONES = { passed: "gain", doubt: "warn", failed: "loss" } as const satisfies Record<string, Tone>;

export function ResearchPage() {
  const { t } = useTranslation();
  const wide = useMedia(WIDE);
  useTitle([t("research.title")]);
  const list = useInfiniteQuery({
    ...listBacktestsInfiniteOptions({ query: { limit: 30 } }),
    ...byCursor,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some(underWay)) ? 2 * REFRESH_MS : false,
  });
  const runs = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHeader title={t("research.title")}>
        <div className="flex items-center gap-3">
          <Computing runs={runs} />
          <Link to="/research/new" className={buttonClass("primary")}>
            <Plus className="size-4" aria-hidden="true" />
            {t("research.new")}
          </Link>
        </div>
      </PageHeader>
      <ResearchTabs current="runs" />
      <Card aria-label={t("research.title")} className="overflow-hidden">
        {list.error && !list.data ? (
          <LoadProblem error={list.error} retry={() => void list.refetch()} />
        ) : !list.data ? (
          <div className="p-5">
            <SkeletonRows rows={5} />
          </div>
        ) : !runs.length ? (
          <Empty
            icon={History}
            title={t("research.empty")}
            action={
              <Link to="/research/new" className={buttonClass("secondary")}>
                {t("research.new")}
              </Link>
            }
          >
            {t("research.empty_text")}
          </Empty>
        ) : wide ? (
          <RunTable runs={runs} />
        ) : (
          <ul>
            {runs.map((run) => (
              <RunCard key={run.id} run={run} />
            ))}
          </ul>
        )}
      </Card>
      {list.hasNextPage && (
        <p className="pt-4 text-center">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t("app.more")}
          </Button>
        </p>
      )}
    </>
  );
}

function Computing({ runs }: { runs: readonly RunItem[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data } = useQuery({ ...getResearchOfferOptions(), staleTime: 300_000 });
  const count = runs.filter(underWay).length;
  if (!data || !count) return null;
  return (
    <span className="tnum text-muted">
      {t("research.computing", { count: count, limit: format.integer(data.limits.runs) })}
    </span>
  );
}

function RunTable({ runs }: { runs: readonly RunItem[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Table
      label={t("research.title")}
      head={
        <>
          <Head>{t("research.strategy")}</Head>
          <Head>{t("research.kind")}</Head>
          <Head>{t("research.symbols")}</Head>
          <Head>{t("research.span")}</Head>
          <Head className="w-32">{t("research.state")}</Head>
          <Head>{t("research.result")}</Head>
          <Head number>{t("research.started")}</Head>
        </>
      }
    >
      {runs.map((run) => (
        <tr key={run.id} className="relative hover:bg-hover">
          <Cell className="whitespace-nowrap">
            <RunLink run={run} />
          </Cell>
          <Cell className="text-soft">{t(`research.kinds.${run.kind}`)}</Cell>
          <Cell className="max-w-52 truncate text-soft" title={run.symbols.join(", ")}>
            {run.symbols.join(", ")} <span className="text-muted">{run.timeframe}</span>
          </Cell>
          <Cell className="tnum text-soft">
            <Span run={run} />
          </Cell>
          <Cell>{underWay(run) && run.total > 1 ? <ProgressBar run={run} /> : <StateBadge run={run} />}</Cell>
          <Cell>
            <InShort run={run} />
          </Cell>
          <Cell number className="text-muted">
            <time dateTime={run.created_at} title={format.exact(run.created_at)}>
              {format.dateTime(run.created_at)}
            </time>
          </Cell>
        </tr>
      ))}
    </Table>
  );
}

function RunCard({ run }: { run: RunItem }) {
  const { t } = useTranslation();
  return (
    <li className="relative border-line px-4 py-3.5 not-last:border-b sm:px-5">
      <p className="flex items-start justify-between gap-3">
        <RunLink run={run} />
        <StateBadge run={run} />
      </p>
      <p className="mt-1 text-xs text-muted">
        {t(`research.kinds.${run.kind}`)} · {run.symbols.join(", ")} {run.timeframe} · <Span run={run} />
      </p>
      {underWay(run) && run.total > 1 ? (
        <ProgressBar run={run} className="mt-2" />
      ) : (
        run.short && (
          <p className="mt-1.5">
            <InShort run={run} />
          </p>
        )
      )}
    </li>
  );
}

function RunLink({ run }: { run: RunItem }) {
  const { t } = useTranslation();
  const title = useRunTitle();
  return (
    <span className="flex min-w-0 items-center gap-2">
      <Link
        to="/research/$runId"
        params={{ runId: run.id }}
        className="truncate font-semibold after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
      >
        {title(run)}
      </Link>
      {run.own && <Badge>{t("research.own")}</Badge>}
    </span>
  );
}

export function Span({ run }: { run: Pick<RunItem, "from" | "to"> }) {
  const format = useFormat();
  return (
    <>
      {format.fullDate(run.from)} – {format.fullDate(run.to)}
    </>
  );
}

/** What came of it, in a line. */
function InShort({ run }: { run: RunItem }) {
  const { t } = useTranslation();
  const format = useFormat();
  const score = useScore();
  const { short } = run;
  if (!short) return <span className="text-muted">—</span>;
  if (run.kind === "sweep") {
    const measure = run.sweep?.objective ?? "sharpe";
    return (
      <span className="tnum text-soft">
        {t(`research.measures.${measure}`)}: {t("research.best_short", { value: score(measure, short.score) })}
      </span>
    );
  }
  return (
    <span className="inline-flex flex-wrap items-center gap-x-3 gap-y-1">
      {short.state && <Badge tone={VERDICT_TONES[short.state]}>{t(`research.verdicts.${short.state}`)}</Badge>}
      <Gained share={short.total_return} className="font-medium" />
      <span className="tnum text-xs text-muted">
        {t("research.drawdown_short", { value: percentOf(format, short.max_drawdown) })} ·{" "}
        {t("research.trades_count", { trades: format.integer(short.trades ?? 0) })}
      </span>
    </span>
  );
}
