import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useStrategyTitle } from "@/app/services";
import type { Grouping, ResultItem } from "@/client";
import { getResultsOptions, listTradingAccountsOptions } from "@/client/@tanstack/react-query.gen";
import { add, decimal, text } from "@/format/decimal";
import { useFormat } from "@/i18n";
import { Pnl } from "@/ui/numbers";
import { LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, CardTitle } from "@/ui/surface";
import { Cell, Head, Table } from "@/ui/table";
import { Segments } from "@/ui/tabs";

const GROUPINGS = ["month", "day", "symbol", "strategy", "account"] as const satisfies readonly Grouping[];
type By = (typeof GROUPINGS)[number];

/** What trading brought, told apart as one likes; the sums are those of the ledger. */
export function ResultsCard() {
  const { t } = useTranslation();
  const [by, setBy] = useState<By>("month");
  const name = useGroupName(by);
  const { data, error, refetch } = useQuery({
    ...getResultsOptions({ query: { by } }),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  // Months and days are read from the last one back.
  const items = by === "month" || by === "day" ? data?.items.toReversed() : data?.items;
  return (
    <Card aria-labelledby="books-results" className="overflow-hidden">
      <CardTitle id="books-results" title={t("research.books.results")}>
        <span className="max-w-full overflow-x-auto">
          <Segments
            label={t("research.books.by")}
            value={by}
            options={GROUPINGS.map((value) => ({ value, label: t(`research.books.grouping.${value}`) }))}
            onChange={setBy}
          />
        </span>
      </CardTitle>
      {error && !data ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : !data || !items ? (
        <div className="px-5 pb-5">
          <SkeletonRows rows={4} className="h-9" />
        </div>
      ) : !items.length ? (
        <p className="px-4 pb-4 text-muted sm:px-5">{t("research.books.no_results")}</p>
      ) : (
        <Table
          label={t("research.books.results")}
          head={
            <>
              <Head>{t(`research.books.grouping.${by}`)}</Head>
              <Head number>{t("research.books.pnl")}</Head>
              <Head number>{t("research.books.fees")}</Head>
              <Head number>{t("research.books.funding")}</Head>
              <Head number>{t("research.books.net")}</Head>
            </>
          }
        >
          {items.map((row) => (
            <ResultRow key={`${row.name} ${row.currency}`} name={name(row.name)} row={row} />
          ))}
          {items.length > 1 &&
            totals(items).map((row) => <ResultRow key={`total ${row.currency}`} name={t("research.books.total")} row={row} total />)}
        </Table>
      )}
    </Card>
  );
}

function ResultRow({ name, row, total = false }: { name: string; row: ResultItem; total?: boolean }) {
  const format = useFormat();
  return (
    <tr className={total ? "font-semibold" : ""}>
      <Cell className="whitespace-nowrap">
        {name} <span className="font-normal text-muted">{row.currency}</span>
      </Cell>
      <Cell number>
        <Pnl value={row.pnl} />
      </Cell>
      <Cell number>{format.money(row.fees)}</Cell>
      <Cell number>{format.money(row.funding)}</Cell>
      <Cell number>
        <Pnl value={row.net} className="font-semibold" />
      </Cell>
    </tr>
  );
}

/** Exact sums by currency. */
function totals(items: readonly ResultItem[]): ResultItem[] {
  const sums = new Map<string, ResultItem>();
  const plus = (a: string, b: string) => text(add(decimal(a), decimal(b)));
  for (const row of items) {
    const sum = sums.get(row.currency);
    sums.set(
      row.currency,
      sum
        ? {
            ...sum,
            pnl: plus(sum.pnl, row.pnl),
            fees: plus(sum.fees, row.fees),
            funding: plus(sum.funding, row.funding),
            net: plus(sum.net, row.net),
          }
        : { ...row, name: "" },
    );
  }
  return [...sums.values()];
}

function useGroupName(by: By): (name: string) => string {
  const format = useFormat();
  const strategy = useStrategyTitle();
  const { data } = useQuery({ ...listTradingAccountsOptions(), staleTime: 120_000 });
  return (name) => {
    switch (by) {
      case "month":
        return format.monthOf(name);
      case "day":
        return format.dayOf(name);
      case "strategy":
        return strategy(name);
      case "account":
        return data?.items.find((account) => account.id === name)?.name ?? name;
      case "symbol":
        return name;
    }
  };
}
