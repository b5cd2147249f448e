import { useSyncExternalStore } from "react";

import type { PositionItem } from "@/client";
import { board, usePrice } from "@/realtime/prices";
import { Pnl, PnlPercent } from "@/ui/numbers";
import { totalWorth, worthAt } from "./pnl";

/** PnL of a position at the price now. */
export function PositionPnl({
  position,
  className,
  percent = true,
}: {
  position: PositionItem;
  className?: string;
  percent?: boolean;
}) {
  const worth = worthAt(position, usePrice(position.symbol));
  return (
    <span className="inline-flex flex-col items-end leading-tight">
      <Pnl value={worth.pnl} className={className ?? "font-semibold"} />
      {percent && worth.percent && <PnlPercent value={worth.percent} className="text-xs" />}
    </span>
  );
}

/** PnL of all of them together, as prices move. */
export function TotalPnl({ positions, className }: { positions: readonly PositionItem[]; className?: string }) {
  const total = useSyncExternalStore(
    (listener) => {
      const symbols = new Set(positions.map((position) => position.symbol));
      const leave = [...symbols].map((symbol) => board.onPrice(symbol, listener));
      return () => leave.forEach((each) => each());
    },
    () => totalWorth(positions, (symbol) => board.price(symbol)),
  );
  return <Pnl value={total} className={className} />;
}
