import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { listBalancesOptions } from "@/client/@tanstack/react-query.gen";
import { decimal, negate, text } from "@/format/decimal";
import { useFormat } from "@/i18n";
import { Pnl } from "@/ui/numbers";
import { LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, CardTitle } from "@/ui/surface";
import { Cell, Head, Table } from "@/ui/table";

/** A book is debits less credits; what was paid in and what was earned stand in it with the other sign. */
const turned = (value: string): string => text(negate(decimal(value)));

export function BalancesCard() {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error, refetch } = useQuery({ ...listBalancesOptions(), staleTime: 0 });
  return (
    <Card aria-labelledby="books-balances" className="overflow-hidden">
      <CardTitle id="books-balances" title={t("research.books.balances")}>
        <span className="text-xs text-muted">{t("research.books.sums")}</span>
      </CardTitle>
      {error && !data ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <div className="px-5 pb-5">
          <SkeletonRows rows={2} className="h-9" />
        </div>
      ) : !data.items.length ? (
        <p className="px-4 pb-4 text-muted sm:px-5">{t("research.books.no_accounts")}</p>
      ) : (
        <Table
          label={t("research.books.balances")}
          head={
            <>
              <Head>{t("research.books.account")}</Head>
              <Head number>{t("research.books.capital")}</Head>
              <Head number>{t("research.books.trading")}</Head>
              <Head number>{t("research.books.fees")}</Head>
              <Head number>{t("research.books.funding")}</Head>
              <Head number>{t("research.books.cash")}</Head>
            </>
          }
        >
          {data.items.map((books) => (
            <tr key={books.account_id}>
              <Cell className="font-medium whitespace-nowrap">
                {books.name} <span className="font-normal text-muted">{books.currency}</span>
              </Cell>
              <Cell number>{format.money(turned(books.capital))}</Cell>
              <Cell number>
                <Pnl value={turned(books.trading)} />
              </Cell>
              <Cell number>{format.money(books.fees)}</Cell>
              <Cell number>{format.money(books.funding)}</Cell>
              <Cell number className="font-semibold">
                {format.money(books.cash)}
              </Cell>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}
