import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { byCursor } from "@/api/queries";
import type { LotMethod, TaxLotItem, TaxTotals } from "@/client";
import { listTaxLotsInfiniteOptions } from "@/client/@tanstack/react-query.gen";
import { useFormat } from "@/i18n";
import { useMarketNow } from "@/realtime/prices";
import { Button, buttonClass } from "@/ui/button";
import { Select } from "@/ui/field";
import { Pnl, SideBadge } from "@/ui/numbers";
import { LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, CardTitle, Fact } from "@/ui/surface";
import { Cell, Head, Table } from "@/ui/table";
import { Segments } from "@/ui/tabs";
import { METHODS } from "./exports";

const PAGE = 25;
const DAY_MS = 86_400_000;
/** Years back that one may be asked about. */
const YEARS = 8;

/** What each closing fill took of which lot, by the method that the tax office wants. */
export function LotsCard() {
  const { t } = useTranslation();
  const [method, setMethod] = useState<LotMethod>("fifo");
  const [year, setYear] = useState<number | null>(null);
  const now = useMarketNow(DAY_MS);
  const last = now === null ? null : new Date(now).getUTCFullYear();
  const asked = { method, ...(year === null ? {} : { year }) };
  const list = useInfiniteQuery({
    ...listTaxLotsInfiniteOptions({ query: { ...asked, limit: PAGE } }),
    ...byCursor,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  const first = list.data?.pages[0];
  const lots = list.data?.pages.flatMap((page) => page.items) ?? [];
  const file = new URLSearchParams(Object.entries(asked).map(([name, value]) => [name, String(value)]));
  return (
    <Card aria-labelledby="books-lots" className="overflow-hidden">
      <CardTitle id="books-lots" title={t("research.books.lots")}>
        <div className="flex flex-wrap items-center gap-2">
          <Segments
            label={t("history.method")}
            value={method}
            options={METHODS.map((value) => ({ value, label: value.toUpperCase() }))}
            onChange={setMethod}
          />
          <Select
            label={t("research.books.year")}
            className="w-32"
            value={year ?? ""}
            onChange={(event) => setYear(event.target.value ? Number(event.target.value) : null)}
          >
            <option value="">{t("research.books.all_years")}</option>
            {last !== null && Array.from({ length: YEARS }, (_, back) => <option key={back}>{last - back}</option>)}
          </Select>
          <a href={`/api/v1/history/tax-lots.csv?${file.toString()}`} download className={buttonClass("secondary", "sm")}>
            <Download className="size-3.5" aria-hidden="true" />
            CSV
          </a>
        </div>
      </CardTitle>
      <p className="px-4 pb-3 text-xs text-muted sm:px-5">
        {t(`research.books.method_${method}`)}. {t("research.books.lots_text")}
      </p>
      {list.error && !list.data ? (
        <LoadProblem error={list.error} retry={() => void list.refetch()} />
      ) : !first ? (
        <div className="px-5 pb-5">
          <SkeletonRows rows={5} className="h-9" />
        </div>
      ) : !lots.length ? (
        <p className="px-4 pb-4 text-muted sm:px-5">{t("research.books.no_lots")}</p>
      ) : (
        <>
          {first.totals.map((totals) => (
            <Totals key={totals.currency} totals={totals} />
          ))}
          <Table
            label={t("research.books.lots")}
            head={
              <>
                <Head>{t("research.books.symbol")}</Head>
                <Head number>{t("research.books.quantity")}</Head>
                <Head number>{t("research.books.opened")}</Head>
                <Head number>{t("research.books.closed")}</Head>
                <Head number>{t("research.books.held")}</Head>
                <Head number>{t("research.books.proceeds")}</Head>
                <Head number>{t("research.books.basis")}</Head>
                <Head number>{t("research.books.fees")}</Head>
                <Head number>{t("research.books.net_gain")}</Head>
              </>
            }
          >
            {lots.map((lot) => (
              <LotRow key={lot.id} lot={lot} />
            ))}
          </Table>
          {list.hasNextPage && (
            <p className="border-t border-line px-4 py-3 sm:px-5">
              <Button size="sm" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                {t("app.more")}
              </Button>
            </p>
          )}
        </>
      )}
    </Card>
  );
}

function Totals({ totals }: { totals: TaxTotals }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <dl className="grid gap-x-10 border-t border-line px-4 py-2 sm:grid-cols-2 sm:px-5 xl:grid-cols-4">
      <Fact term={t("research.books.disposals")}>{format.integer(totals.disposals)}</Fact>
      <Fact term={t("research.books.proceeds")}>{format.money(totals.proceeds)}</Fact>
      <Fact term={t("research.books.basis")}>{format.money(totals.basis)}</Fact>
      <Fact term={t("research.books.gain")}>
        <Pnl value={totals.gain} />
      </Fact>
      <Fact term={t("research.books.fees")}>{format.money(totals.fees)}</Fact>
      <Fact term={t("research.books.net_gain")}>
        <Pnl value={totals.net_gain} />
      </Fact>
      <Fact term={t("research.books.funding")}>{format.money(totals.funding)}</Fact>
      <Fact term={t("research.books.result")}>
        <Pnl value={totals.result} className="font-semibold" /> <span className="font-normal text-muted">{totals.currency}</span>
      </Fact>
    </dl>
  );
}

function LotRow({ lot }: { lot: TaxLotItem }) {
  const format = useFormat();
  return (
    <tr className="hover:bg-hover">
      <Cell>
        <span className="flex items-center gap-2">
          <span className="font-medium">{lot.symbol}</span>
          <SideBadge side={lot.side} />
        </span>
      </Cell>
      <Cell number>{format.quantity(lot.quantity)}</Cell>
      {[lot.opened_at, lot.closed_at].map((at, place) => (
        <Cell key={place} number className="text-muted">
          <time dateTime={at} title={format.exact(at)}>
            {format.fullDate(at)} {format.time(at)}
          </time>
        </Cell>
      ))}
      <Cell number>{format.price(lot.held_days, 2)}</Cell>
      <Cell number>{format.money(lot.proceeds)}</Cell>
      <Cell number>{format.money(lot.basis)}</Cell>
      <Cell number>{format.money(lot.fees)}</Cell>
      <Cell number>
        <Pnl value={lot.net_gain} className="font-semibold" />
      </Cell>
    </tr>
  );
}
