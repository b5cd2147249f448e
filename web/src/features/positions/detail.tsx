import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { ChevronRight, Layers } from "lucide-react";
import { useTranslation } from "react-i18next";

import { ApiProblem } from "@/api/problem";
import { useStrategyTitle } from "@/app/services";
import { useTitle } from "@/app/title";
import type { OrderItem, PositionDetail, TradeItem } from "@/client";
import { getPositionOptions, getSignalOptions } from "@/client/@tanstack/react-query.gen";
import { compare, decimal, ZERO } from "@/format/decimal";
import { useFormat } from "@/i18n";
import { resultInR } from "@/realtime/activity";
import { useMarketNow, usePrice } from "@/realtime/prices";
import { ProtectionBadge, SimulatedBadge } from "@/trading/badges";
import { Ladder } from "@/trading/ladder";
import { finest } from "@/trading/levels";
import { worthAt } from "@/trading/pnl";
import { Badge } from "@/ui/badge";
import { Dialog } from "@/ui/dialog";
import { Multiple, Pnl, PnlPercent, SideBadge } from "@/ui/numbers";
import { Empty, LoadProblem, SkeletonRows } from "@/ui/state";
import { Fact, Section } from "@/ui/surface";
import { CloseButton } from "./close";

const route = getRouteApi("/inside/positions/$positionId");

export function PositionSheet() {
  const { t } = useTranslation();
  const { positionId } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(getPositionOptions({ path: { position_id: positionId } }));
  useTitle([data?.symbol, t("positions.one")], "sheet");
  const close = () => void navigate({ to: "/positions", search, resetScroll: false });
  const missing = error instanceof ApiProblem && (error.status === 404 || error.status === 422);
  return (
    <Dialog
      kind="sheet"
      title={
        data ? (
          <span className="flex flex-wrap items-center gap-2">
            {data.symbol}
            <SideBadge side={data.side} />
            {data.status === "open" ? null : <Badge>{t(`positions.status.${data.status}`)}</Badge>}
            <SimulatedBadge />
          </span>
        ) : (
          t("positions.title")
        )
      }
      onClose={close}
      footer={
        data && data.status !== "closed" ? (
          data.status === "closing" ? (
            <p role="status" className="py-1.5 text-warn">
              {t("close.asked")}
            </p>
          ) : (
            <CloseButton position={data} size="md" />
          )
        ) : undefined
      }
    >
      {data ? (
        <Detail position={data} />
      ) : missing ? (
        <Empty icon={Layers} title={t("positions.not_found")} />
      ) : error ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : (
        <SkeletonRows rows={6} />
      )}
    </Dialog>
  );
}

function Detail({ position }: { position: PositionDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  const mark = usePrice(position.symbol);
  const now = useMarketNow(1000);
  const worth = worthAt(position, mark);
  const over = position.status === "closed";
  const r = resultInR({ ...position, realised_pnl: worth.pnl });
  const fraction = finest(position.stop_loss, position.initial_stop, ...position.take_profit.map((each) => each.price));
  const until = position.closed_at ? Date.parse(position.closed_at) : now;
  return (
    <>
      <div className="flex items-end justify-between gap-3 pb-5">
        <div>
          <p className="text-xs text-muted">{t("positions.pnl")}</p>
          <p className="text-[1.75rem] leading-9 font-semibold tracking-[-0.02em]">
            <Pnl value={worth.pnl} /> <span className="text-sm font-medium tracking-normal text-muted">USDT</span>
          </p>
          <p className="flex gap-2">
            {worth.percent && <PnlPercent value={worth.percent} />}
            {r && <Multiple value={r} />}
          </p>
        </div>
        {over ? (
          position.exit_reason && <Badge>{t(`positions.exit.${position.exit_reason}`)}</Badge>
        ) : (
          <ProtectionBadge protection={position.protection} />
        )}
      </div>
      <Section title={t("positions.levels")}>
        <Ladder
          symbol={position.symbol}
          side={position.side}
          stop={position.initial_stop}
          stopNow={position.stop_loss}
          entry={position.entry_price}
          filled
          targets={position.take_profit.map((target) => ({
            ...target,
            done: compare(decimal(target.filled), ZERO) > 0,
          }))}
          over={over}
        />
      </Section>
      <Section title={t("positions.figures")}>
        <dl>
          <Fact term={t("positions.size")}>
            {over
              ? format.quantity(position.entered)
              : t("positions.remaining", {
                  left: format.quantity(position.quantity),
                  entered: format.quantity(position.entered),
                })}
          </Fact>
          <Fact term={t("positions.entry")}>{format.price(position.entry_price, fraction)}</Fact>
          {position.exit_price && <Fact term={t("positions.exit_price")}>{format.price(position.exit_price, fraction)}</Fact>}
          <Fact term={t("positions.realised")}>
            <Pnl value={position.realised_pnl} />
          </Fact>
          {worth.unrealised && (
            <Fact term={t("positions.unrealised")}>
              <Pnl value={worth.unrealised} />
            </Fact>
          )}
          <Fact term={t("positions.fees")}>{format.money(position.fees)}</Fact>
          {compare(decimal(position.funding), ZERO) !== 0 && (
            <Fact term={t("positions.funding")}>{format.money(position.funding)}</Fact>
          )}
          <Fact term={t("positions.opened")}>{format.dateTime(position.opened_at)}</Fact>
          {position.closed_at && <Fact term={t("positions.closed_at")}>{format.dateTime(position.closed_at)}</Fact>}
          {until !== null && <Fact term={t("positions.held")}>{format.duration(until - Date.parse(position.opened_at))}</Fact>}
        </dl>
      </Section>
      <Decisions position={position} />
      <SignalBehind id={position.signal_id} />
      <Section title={t("positions.orders")}>
        <Orders orders={position.orders} fraction={fraction} />
      </Section>
      <Section title={t("positions.fills")}>
        <Fills fills={position.fills} />
      </Section>
    </>
  );
}

function Decisions({ position }: { position: PositionDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  const latestFirst = position.decisions.toReversed();
  return (
    <Section title={t("positions.decisions")}>
      {latestFirst.length ? (
        <ol className="relative">
          <span className="absolute top-2 bottom-2 left-[0.1875rem] w-px bg-line-strong" aria-hidden="true" />
          {latestFirst.map((decision) => (
            <li key={decision.seq} className="relative py-1.5 pl-5">
              <span className="absolute top-3.5 left-0 size-1.75 rounded-full bg-accent ring-3 ring-surface" aria-hidden="true" />
              <p className="first-letter:uppercase">{decision.words}</p>
              <time dateTime={decision.at} title={format.exact(decision.at)} className="tnum text-xs text-muted">
                {format.date(decision.at)}, {format.clock(decision.at)}
              </time>
            </li>
          ))}
        </ol>
      ) : (
        <p className="text-muted">{t("positions.no_decisions")}</p>
      )}
    </Section>
  );
}

function SignalBehind({ id }: { id: string }) {
  const { t } = useTranslation();
  const strategy = useStrategyTitle();
  const { data } = useQuery(getSignalOptions({ path: { signal_id: id } }));
  if (!data) return null;
  return (
    <Section title={t("positions.signal")}>
      <Link
        to="/signals/$signalId"
        params={{ signalId: id }}
        search={{ status: "all" }}
        className="-mx-2 flex items-center justify-between gap-3 rounded-lg px-2 py-2 hover:bg-hover"
      >
        <span>
          <span className="block font-medium">{strategy(data.strategy)}</span>
          <span className="text-xs text-muted">
            {data.symbol} · {data.timeframe}
          </span>
        </span>
        <ChevronRight className="size-4 text-muted" aria-hidden="true" />
      </Link>
    </Section>
  );
}

const HEAD = "pr-3 pb-1.5 text-left text-xs font-medium text-muted last:pr-0";
const CELL = "border-t border-line py-2 pr-3 align-top last:pr-0";

function Orders({ orders, fraction }: { orders: readonly OrderItem[]; fraction: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <div className="overflow-x-auto" tabIndex={0} role="group" aria-label={t("positions.orders")}>
      <table className="w-full border-collapse">
        <thead>
          <tr>
            <th scope="col" className={HEAD}>
              {t("order.type")}
            </th>
            <th scope="col" className={`${HEAD} !text-right`}>
              {t("order.price")}
            </th>
            <th scope="col" className={`${HEAD} !text-right`}>
              {t("order.quantity")}
            </th>
            <th scope="col" className={`${HEAD} max-sm:hidden`}>
              {t("order.state")}
            </th>
          </tr>
        </thead>
        <tbody>
          {orders.map((order) => {
            const price = order.trigger ?? order.price ?? order.average_price;
            return (
              <tr key={order.id}>
                <td className={CELL}>
                  <span className="font-medium whitespace-nowrap">
                    {t(`order.purpose.${order.purpose}`)}
                    {order.level > 0 && ` ${order.level}`}
                  </span>
                  <span className="block text-xs whitespace-nowrap text-muted">
                    {t(`order.kind.${order.kind}`)}
                    {order.reduce_only && <span className="max-sm:hidden">, {t("order.reduce_only")}</span>}
                    <span className="sm:hidden">, {t(`order.status.${order.status}`).toLowerCase()}</span>
                  </span>
                </td>
                <td className={`${CELL} tnum text-right`}>{price ? format.price(price, fraction) : "—"}</td>
                <td className={`${CELL} tnum text-right`}>
                  {format.quantity(order.filled)}
                  <span className="text-muted max-sm:block"> / {format.quantity(order.quantity)}</span>
                </td>
                <td className={`${CELL} text-soft max-sm:hidden`}>{t(`order.status.${order.status}`)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Fills({ fills }: { fills: readonly TradeItem[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const fraction = finest(...fills.map((fill) => fill.price));
  return (
    <div className="overflow-x-auto" tabIndex={0} role="group" aria-label={t("positions.fills")}>
      <table className="w-full border-collapse">
        <thead>
          <tr>
            <th scope="col" className={HEAD}>
              {t("order.time")}
            </th>
            <th scope="col" className={`${HEAD} max-sm:hidden`}>
              {t("order.type")}
            </th>
            <th scope="col" className={`${HEAD} !text-right`}>
              {t("order.price")}
            </th>
            <th scope="col" className={`${HEAD} !text-right`}>
              {t("order.quantity")}
            </th>
            <th scope="col" className={`${HEAD} !text-right`}>
              {t("order.fee")}
            </th>
          </tr>
        </thead>
        <tbody>
          {fills.map((fill) => (
            <tr key={fill.id}>
              <td className={`${CELL} tnum text-muted`}>
                <time dateTime={fill.at} title={format.exact(fill.at)}>
                  {format.clock(fill.at)}
                </time>
                <span className="block text-ink sm:hidden">{t(`order.purpose.${fill.purpose}`)}</span>
              </td>
              <td className={`${CELL} max-sm:hidden`}>{t(`order.purpose.${fill.purpose}`)}</td>
              <td className={`${CELL} tnum text-right`}>{format.price(fill.price, fraction)}</td>
              <td className={`${CELL} tnum text-right`}>{format.quantity(fill.quantity)}</td>
              <td className={`${CELL} tnum text-right`} title={fill.maker ? t("order.maker") : t("order.taker")}>
                {format.money(fill.fee)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
