import { Link } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useStrategyTitle } from "@/app/services";
import type { SignalPage } from "@/client";
import { useFormat } from "@/i18n";
import { useMarketNow } from "@/realtime/prices";
import { PhaseBadge } from "@/trading/badges";
import { Badge } from "@/ui/badge";
import { Multiple, SideBadge } from "@/ui/numbers";

type AnySignal = SignalPage["items"][number];

/** How long ago by the market's clock. */
export function Ago({ at }: { at: string }) {
  const format = useFormat();
  const now = useMarketNow(15_000);
  return (
    <time dateTime={at} title={format.exact(at)} className="whitespace-nowrap">
      {now === null ? format.dateTime(at) : format.ago(at, now)}
    </time>
  );
}

/** A signal in two lines. */
export function SignalLine({ signal }: { signal: AnySignal }) {
  const { t } = useTranslation();
  const strategy = useStrategyTitle();
  return (
    <li className="border-line not-last:border-b">
      <Link
        to="/signals/$signalId"
        params={{ signalId: signal.id }}
        search={{ status: "all" }}
        className="-mx-2 flex items-center justify-between gap-3 rounded-lg px-2 py-2.5 hover:bg-hover"
      >
        <span className="min-w-0">
          <span className="flex items-center gap-2 font-semibold">
            {signal.symbol}
            {signal.locked ? <Lock className="size-3.5 text-muted" aria-hidden="true" /> : <SideBadge side={signal.side} />}
          </span>
          <span className="mt-0.5 block truncate text-xs text-muted">
            {strategy(signal.strategy)} · {signal.timeframe}
          </span>
        </span>
        <span className="flex flex-col items-end gap-1">
          {signal.locked ? (
            <Badge tone="warn">{t("signals.locked")}</Badge>
          ) : signal.r !== null ? (
            <Multiple value={signal.r} className="font-semibold" />
          ) : (
            <PhaseBadge status={signal.status} />
          )}
          <span className="text-xs text-muted">
            <Ago at={signal.created_at} />
          </span>
        </span>
      </Link>
    </li>
  );
}
