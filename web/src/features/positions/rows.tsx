import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { PositionItem } from "@/client";
import { compare, decimal, ZERO } from "@/format/decimal";
import { useFormat } from "@/i18n";
import { resultInR } from "@/realtime/activity";
import { usePrice } from "@/realtime/prices";
import { ProtectionBadge } from "@/trading/badges";
import { finest, LevelBar } from "@/trading/levels";
import { PositionPnl } from "@/trading/live";
import { Badge } from "@/ui/badge";
import { useMedia, WIDE } from "@/ui/media";
import { LivePrice, Multiple, SideBadge } from "@/ui/numbers";
import { useSteady } from "@/ui/steady";
import { CloseButton } from "./close";

interface Props {
  positions: readonly PositionItem[];
  /** Fewer columns, for a place beside other things. */
  compact?: boolean;
  status?: "open" | "closed" | "all";
}

/** Positions: a table where there is room, cards where there is not. */
export function PositionRows({ positions, compact = false, status = "open" }: Props) {
  const wide = useMedia(WIDE);
  const { items, handlers } = useSteady(positions, status);
  if (!wide) {
    return (
      <ul className="grid grid-cols-1 gap-px overflow-hidden rounded-b-2xl bg-line max-lg:border-t max-lg:border-line" {...handlers}>
        {items.map((position) => (
          <PositionCard key={position.id} position={position} compact={compact} status={status} />
        ))}
      </ul>
    );
  }
  return (
    <div className="overflow-x-auto" {...handlers}>
      <PositionTable positions={items} compact={compact} status={status} />
    </div>
  );
}

const HEAD = "px-2 py-2 text-xs font-medium whitespace-nowrap text-muted first:pl-5 last:pr-5 2xl:px-3";
const CELL = "px-2 py-2.5 first:pl-5 last:pr-5 2xl:px-3";

function PositionTable({ positions, compact, status }: Required<Props>) {
  const { t } = useTranslation();
  const closed = status === "closed";
  return (
    <table className="w-full border-collapse text-left">
      <thead>
        <tr className="border-b border-line">
          <th scope="col" className={HEAD}>
            {t("positions.symbol")}
          </th>
          {!compact && (
            <th scope="col" className={`${HEAD} text-right`}>
              {t("positions.size")}
            </th>
          )}
          <th scope="col" className={`${HEAD} text-right`}>
            {t("positions.entry")}
          </th>
          <th scope="col" className={`${HEAD} text-right`}>
            {closed ? t("positions.exit_price") : t("positions.mark")}
          </th>
          {!closed && (
            <>
              <th scope="col" className={`${HEAD} text-right`}>
                {t("positions.stop")}
              </th>
              {!compact && (
                <th scope="col" className={`${HEAD} text-right`}>
                  {t("positions.next_target")}
                </th>
              )}
            </>
          )}
          <th scope="col" className={HEAD}>
            {closed ? t("positions.reason") : t("positions.protection")}
          </th>
          {!compact && (
            <th scope="col" className={HEAD}>
              {closed ? t("positions.closed_at") : t("positions.opened")}
            </th>
          )}
          <th scope="col" className={`${HEAD} text-right`}>
            {t("positions.pnl")}
          </th>
          {!closed && (
            <th scope="col" className={HEAD}>
              <span className="sr-only">{t("positions.actions")}</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {positions.map((position) => (
          <PositionRow key={position.id} position={position} compact={compact} status={status} />
        ))}
      </tbody>
    </table>
  );
}

/** The first target that is not reached yet. */
function nextTarget(position: PositionItem): string | null {
  const next = position.take_profit.find((target) => compare(decimal(target.filled), ZERO) === 0);
  return next?.price ?? null;
}

function PositionRow({ position, compact, status }: { position: PositionItem; compact: boolean; status: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const mark = usePrice(position.symbol);
  const over = position.status === "closed";
  const closedList = status === "closed";
  const fraction = finest(position.stop_loss, position.initial_stop, ...position.take_profit.map((each) => each.price));
  const target = nextTarget(position);
  const at = closedList && position.closed_at ? position.closed_at : position.opened_at;
  return (
    <tr className="group relative border-line not-last:border-b hover:bg-hover">
      <td className={CELL}>
        <span className={clsx("flex gap-x-2 gap-y-1", compact ? "flex-col items-start 2xl:flex-row 2xl:items-center" : "items-center")}>
          <PositionLink position={position} status={status} inPlace={!compact}>
            <span className="font-semibold">{position.symbol}</span>
          </PositionLink>
          <SideBadge side={position.side} />
          {position.status === "closing" && <Badge tone="warn">{t("positions.status.closing")}</Badge>}
        </span>
      </td>
      {!compact && (
        <td className={`${CELL} tnum text-right`}>{format.quantity(over ? position.entered : position.quantity)}</td>
      )}
      <td className={`${CELL} tnum text-right`}>{format.price(position.entry_price, fraction)}</td>
      <td className={`${CELL} text-right`}>
        {over ? (
          <span className="tnum">{position.exit_price ? format.price(position.exit_price, fraction) : "—"}</span>
        ) : mark ? (
          <LivePrice value={mark} />
        ) : (
          "—"
        )}
      </td>
      {!closedList && (
        <>
          <td className={`${CELL} tnum text-right`}>
            <StopPrice position={position} fraction={fraction} />
          </td>
          {!compact && <td className={`${CELL} tnum text-right`}>{over || !target ? "—" : format.price(target, fraction)}</td>}
        </>
      )}
      <td className={CELL}>{over ? <ExitReason position={position} /> : <ProtectionBadge protection={position.protection} />}</td>
      {!compact && (
        <td className={`${CELL} tnum text-muted`}>
          <time dateTime={at} title={format.exact(at)}>
            {format.dateTime(at)}
          </time>
        </td>
      )}
      <td className={`${CELL} text-right`}>
        <PositionPnl position={position} />
      </td>
      {!closedList && (
        <td className={`${CELL} text-right`}>
          <span className="relative z-10">{!over && <CloseButton position={position} />}</span>
        </td>
      )}
    </tr>
  );
}

interface PositionLinkProps {
  position: PositionItem;
  status: string;
  /** The list stays where it is behind the sheet. */
  inPlace: boolean;
  children: ReactNode;
}

function PositionLink({ position, status, inPlace, children }: PositionLinkProps) {
  return (
    <Link
      to="/positions/$positionId"
      params={{ positionId: position.id }}
      search={{ status: status === "open" ? undefined : (status as "closed" | "all") }}
      resetScroll={!inPlace}
      className="after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
    >
      {children}
    </Link>
  );
}

function StopPrice({ position, fraction }: { position: PositionItem; fraction: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const moved = compare(decimal(position.stop_loss), decimal(position.initial_stop)) !== 0;
  const title = moved ? `${t("positions.initial_stop")}: ${format.price(position.initial_stop, fraction)}` : undefined;
  return (
    <span title={title} className={moved ? "font-medium text-accent" : ""}>
      {format.price(position.stop_loss, fraction)}
    </span>
  );
}

export function ExitReason({ position }: { position: PositionItem }) {
  const { t } = useTranslation();
  const r = resultInR(position);
  return (
    <span className="inline-flex items-center gap-2 text-soft">
      {position.exit_reason ? t(`positions.exit.${position.exit_reason}`) : "—"}
      {r && <Multiple value={r} className="text-xs font-medium" />}
    </span>
  );
}

function PositionCard({ position, compact, status }: { position: PositionItem; compact: boolean; status: string }) {
  const { t } = useTranslation();
  const over = position.status === "closed";
  return (
    <li className="relative bg-surface px-4 py-3.5 sm:px-5">
      <div className="flex items-start justify-between gap-3">
        <span className="flex flex-wrap items-center gap-2">
          <PositionLink position={position} status={status} inPlace={!compact}>
            <span className="text-base font-semibold">{position.symbol}</span>
          </PositionLink>
          <SideBadge side={position.side} />
          {position.status === "closing" && <Badge tone="warn">{t("positions.status.closing")}</Badge>}
        </span>
        <PositionPnl position={position} className="text-base font-semibold" />
      </div>
      <LevelBar
        className="mt-2.5"
        symbol={position.symbol}
        side={position.side}
        stop={position.initial_stop}
        stopNow={position.stop_loss}
        entry={position.entry_price}
        targets={position.take_profit}
        reached={position.take_profit.filter((target) => compare(decimal(target.filled), ZERO) > 0).length}
        over={over}
      />
      <div className="mt-2.5 flex items-center justify-between gap-3">
        {over ? <ExitReason position={position} /> : <ProtectionBadge protection={position.protection} />}
        <span className="relative z-10">{!over && <CloseButton position={position} />}</span>
      </div>
    </li>
  );
}
