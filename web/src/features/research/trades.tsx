import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { byCursorOf } from "@/api/queries";
import { useExitText } from "@/api/words";
import type { BacktestTradeItem, RunDetail } from "@/client";
import {
  getDocumentOptions,
  getOwnDocumentOptions,
  listBacktestTradesInfiniteOptions,
} from "@/client/@tanstack/react-query.gen";
import { useFormat } from "@/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Multiple, Pnl, SideBadge } from "@/ui/numbers";
import { LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, CardTitle, Fact, Section } from "@/ui/surface";
import { Cell, Head, Table } from "@/ui/table";
import { ExplanationSections } from "./explanation";
import { Gained, NONE } from "./figures";

const PAGE = 25;
/** On a phone the sheet has the rest. */
const WIDER = "max-sm:hidden";
const side = (trade: BacktestTradeItem) => trade.side as "long" | "short";

/** Every trade; a row says which rules it comes from. */
export function TradesCard({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  const exit = useReason();
  const [open, setOpen] = useState<BacktestTradeItem | null>(null);
  const list = useInfiniteQuery({
    ...listBacktestTradesInfiniteOptions({ path: { run_id: run.id }, query: { limit: PAGE } }),
    ...byCursorOf({ run_id: run.id }),
    staleTime: Infinity,
  });
  const trades = list.data?.pages.flatMap((page) => page.items) ?? [];
  const total = run.metrics?.trades ?? 0;
  return (
    <Card aria-labelledby="run-trades" className="overflow-hidden">
      <CardTitle id="run-trades" title={t("research.report.trades")}>
        <span className="tnum text-xs text-muted">
          {t("research.progress", { done: format.integer(trades.length), total: format.integer(total) })}
        </span>
      </CardTitle>
      {list.error && !list.data ? (
        <LoadProblem error={list.error} retry={() => void list.refetch()} />
      ) : !list.data ? (
        <div className="px-5 pb-5">
          <SkeletonRows rows={5} className="h-9" />
        </div>
      ) : !trades.length ? (
        <p className="px-4 pb-4 text-muted sm:px-5">{t("research.report.no_trades")}</p>
      ) : (
        <Table
          label={t("research.report.trades")}
          head={
            <>
              <Head>{t("signals.symbol")}</Head>
              <Head number>{t("research.report.entry")}</Head>
              <Head number className={WIDER}>{t("positions.entry")}</Head>
              <Head number className={WIDER}>{t("research.report.exit")}</Head>
              <Head number className={WIDER}>{t("positions.exit_price")}</Head>
              <Head className={WIDER}>{t("research.report.reason")}</Head>
              <Head number>{t("research.report.pnl")}</Head>
              <Head number className={WIDER}>{t("research.report.gained")}</Head>
              <Head number>R</Head>
            </>
          }
        >
          {trades.map((trade, place) => (
            <tr key={place} className="relative hover:bg-hover">
              <Cell>
                <span className="flex items-center gap-2">
                  <button
                    type="button"
                    className="font-semibold after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
                    onClick={() => setOpen(trade)}
                  >
                    {trade.symbol}
                  </button>
                  <SideBadge side={side(trade)} />
                </span>
              </Cell>
              <Cell number className="text-muted">
                <When at={trade.entry_at} />
              </Cell>
              <Cell number className={WIDER}>{price(format, trade.entry_price)}</Cell>
              <Cell number className={`${WIDER} text-muted`}>
                <When at={trade.exit_at} />
              </Cell>
              <Cell number className={WIDER}>{price(format, trade.exit_price)}</Cell>
              <Cell className={`${WIDER} whitespace-nowrap text-soft`}>{exit(trade.exit_reason)}</Cell>
              <Cell number>{trade.pnl === null ? NONE : <Pnl value={trade.pnl} className="font-medium" />}</Cell>
              <Cell number className={WIDER}>
                <Gained share={trade.return} />
              </Cell>
              <Cell number>{trade.r_multiple === null ? NONE : <Multiple value={trade.r_multiple} />}</Cell>
            </tr>
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
      {open && <TradeSheet run={run} trade={open} onClose={() => setOpen(null)} />}
    </Card>
  );
}

function useReason(): (reason: string) => string {
  const { t } = useTranslation();
  const exit = useExitText();
  return (reason) => exit(reason) ?? (reason === "end" ? t("research.report.at_end") : reason);
}

function When({ at }: { at: string }) {
  const format = useFormat();
  return (
    <time dateTime={at} title={format.exact(at)}>
      {format.fullDate(at)} {format.time(at)}
    </time>
  );
}

/** Fills of a back-test have more digits than a price has. */
const price = (format: ReturnType<typeof useFormat>, value: string | null): string => {
  if (value === null) return NONE;
  const whole = value.split(".")[0]?.replace("-", "").length ?? 1;
  return format.price(value, whole >= 4 ? 2 : whole >= 2 ? 4 : 6);
};

function TradeSheet({ run, trade, onClose }: { run: RunDetail; trade: BacktestTradeItem; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const exit = useReason();
  const words = {
    symbol: trade.symbol,
    side: t(`side.${side(trade)}`).toLowerCase(),
    at: format.dateTime(trade.entry_at),
  };
  const fact = (value: string | null, shown: (value: string) => string) => (value === null ? NONE : shown(value));
  return (
    <Dialog kind="sheet" title={t("research.report.trade", words)} onClose={onClose}>
      <Section title={t("positions.figures")}>
        <dl>
          <Fact term={t("research.report.entry")}>
            {price(format, trade.entry_price)} · <When at={trade.entry_at} />
          </Fact>
          <Fact term={t("research.report.exit")}>
            {price(format, trade.exit_price)} · <When at={trade.exit_at} />
          </Fact>
          <Fact term={t("research.report.reason")}>{exit(trade.exit_reason)}</Fact>
          <Fact term={t("research.report.held")}>{format.duration(Date.parse(trade.exit_at) - Date.parse(trade.entry_at))}</Fact>
          <Fact term={t("research.report.quantity")}>{fact(trade.quantity, (value) => format.quantity(value))}</Fact>
          <Fact term={t("research.report.fees")}>{fact(trade.fees, (value) => format.money(value))}</Fact>
          <Fact term={t("research.report.pnl")}>{trade.pnl === null ? NONE : <Pnl value={trade.pnl} />}</Fact>
          <Fact term={t("research.report.gained")}>
            <Gained share={trade.return} />
          </Fact>
          <Fact term="R">{trade.r_multiple === null ? NONE : <Multiple value={trade.r_multiple} />}</Fact>
        </dl>
      </Section>
      <Section title={t("research.report.trade_why")}>
        <Rules run={run} />
      </Section>
    </Dialog>
  );
}

/** The document of the run in words. */
function Rules({ run }: { run: RunDetail }) {
  const { t, i18n } = useTranslation();
  const headers = { "Accept-Language": i18n.language };
  const builtin = useQuery({ ...getDocumentOptions({ path: { strategy: run.strategy }, headers }), enabled: !run.own });
  const own = useQuery({
    ...getOwnDocumentOptions({ path: { own_name: run.strategy }, query: { version: run.strategy_version }, headers }),
    enabled: run.own,
  });
  const { data, error } = run.own ? own : builtin;
  if (error || (data && data.content_hash !== run.document_hash)) return <p className="text-muted">{t("research.report.trade_gone")}</p>;
  return data ? <ExplanationSections explanation={data.explanation} heading="h4" /> : <SkeletonRows rows={3} />;
}
