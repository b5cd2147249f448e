import { Link } from "@tanstack/react-router";
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
  if (!wide) {
    return (
      <ul className="grid grid-cols-1 gap-px bg-line max-lg:border-t max-lg:border-line">
        {positions.map((position) => (
          <PositionCard key={position.id} position={position} status={status} />
        ))}
      </ul>
    );
  }
  return <PositionTable positions={positions} compact={compact} status={status} />;
}

const HEAD = "px-3 py-2 text-xs font-medium whitespace-nowrap text-muted first:pl-5 last:pr-5";
const CELL = "px-3 py-2.5 first:pl-5 last:pr-5";

function PositionTable({ positions, compact, status }: Required<Props>) {
  const { t } = useTranslation();
  const closed = status === "closed";
  return (
    <div className="overflow-x-auto">
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
    </div>
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
  return (
    <tr className="group relative border-line not-last:border-b hover:bg-hover">
      <td className={CELL}>
        <PositionLink position={position} status={status}>
          <span className="font-semibold">{position.symbol}</span>
        </PositionLink>
        <span className="ml-2 align-middle">
          <SideBadge side={position.side} />
        </span>
        {position.status === "closing" && (
          <span className="ml-1.5">
            <Badge tone="warn">{t("positions.status.closing")}</Badge>
          </span>
        )}
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
          <time dateTime={position.closed_at ?? position.opened_at} title={format.exact(position.closed_at ?? position.opened_at)}>
            {format.dateTime(closedList && position.closed_at ? position.closed_at : position.opened_at)}
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

function PositionLink({ position, status, children }: { position: PositionItem; status: string; children: React.ReactNode }) {
  return (
    <Link
      to="/positions/$positionId"
      params={{ positionId: position.id }}
      search={{ status: status === "open" ? undefined : (status as "closed" | "all") }}
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

function PositionCard({ position, status }: { position: PositionItem; status: string }) {
  const { t } = useTranslation();
  const over = position.status === "closed";
  return (
    <li className="relative bg-surface px-4 py-3.5 last:rounded-b-2xl sm:px-5">
      <div className="flex items-start justify-between gap-3">
        <span className="flex flex-wrap items-center gap-2">
          <PositionLink position={position} status={status}>
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
