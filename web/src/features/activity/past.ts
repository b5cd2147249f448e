import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";

import type { PositionItem, SignalPage } from "@/client";
import { listPositionsOptions, listSignalsOptions } from "@/client/@tanstack/react-query.gen";
import { type Activity, activityLog, fractionOf, resultInR } from "@/realtime/activity";

/** Whoever looks at the activity sees what happened before the page was opened, too. */
export function usePastActivity(): void {
  const positions = useQuery(listPositionsOptions({ query: { status: "all", limit: 20 } })).data;
  const signals = useQuery(listSignalsOptions({ query: { status: "all", limit: 10 } })).data;
  useEffect(() => {
    if (positions && signals) activityLog.seed(pastActivity(positions.items, signals.items));
  }, [positions, signals]);
}

/** What must have happened before this page was opened, from what lists say. */
export function pastActivity(positions: readonly PositionItem[], signals: SignalPage["items"]): Activity[] {
  const happened: Activity[] = [];
  for (const position of positions) {
    const base = { symbol: position.symbol, side: position.side, positionId: position.id, fraction: fractionOf(position) };
    happened.push({
      ...base,
      id: `position_opened:${position.id}`,
      at: position.opened_at,
      kind: "position_opened",
      numbers: { price: position.entry_price },
    });
    if (position.closed_at) {
      happened.push({
        ...base,
        id: `position_closed:${position.id}`,
        at: position.closed_at,
        kind: "position_closed",
        numbers: {},
        reason: position.exit_reason ?? undefined,
        pnl: position.realised_pnl,
        r: resultInR(position),
      });
    }
  }
  for (const signal of signals) {
    if (signal.locked) continue;
    happened.push({
      id: `signal_created:${signal.id}`,
      at: signal.created_at,
      kind: "signal_created",
      symbol: signal.symbol,
      side: signal.side,
      strategy: signal.strategy,
      timeframe: signal.timeframe,
      numbers: {},
      signalId: signal.id,
    });
  }
  return happened;
}
