import { Link } from "@tanstack/react-router";
import { Check, Lock } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { SignalsSearch } from "@/app/search";
import { useMe, useStrategyTitle } from "@/app/services";
import type { LockedSignal, SignalItem } from "@/client";
import { toPixels } from "@/format/decimal";
import { currentLanguage, useFormat } from "@/i18n";
import { PhaseBadge } from "@/trading/badges";
import { LevelBar } from "@/trading/levels";
import { Badge } from "@/ui/badge";
import { Multiple, PnlPercent, SideBadge } from "@/ui/numbers";
import { ExecuteButton } from "./execute";
import { Ago } from "./line";

/** The reasons of a signal in the user's language. */
export function reasons(signal: SignalItem): readonly string[] {
  return signal.rationale[currentLanguage()] ?? signal.rationale.en ?? [];
}

/** A signal with its levels, its first reason and what can be done with it. */
export function SignalCard({
  signal,
  search,
  onExecute,
}: {
  signal: SignalItem;
  search: SignalsSearch;
  onExecute: (signal: SignalItem) => void;
}) {
  const { t } = useTranslation();
  const strategy = useStrategyTitle();
  const over = signal.status === "closed" || signal.status === "not_filled";
  const [because] = reasons(signal);
  return (
    <li className="relative grid gap-x-8 gap-y-3 px-4 py-4 hover:bg-hover sm:px-5 md:grid-cols-[minmax(0,15rem)_minmax(0,1fr)_10.5rem]">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <Link
            to="/signals/$signalId"
            params={{ signalId: signal.id }}
            search={search}
            resetScroll={false}
            className="text-base font-semibold after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
          >
            {signal.symbol}
          </Link>
          <SideBadge side={signal.side} />
          <Confidence value={signal.confidence} />
        </p>
        <p className="mt-1 text-xs leading-5 text-muted">
          {strategy(signal.strategy)} · {signal.timeframe}
          <br />
          <Ago at={signal.created_at} />
        </p>
      </div>
      <div className="min-w-0">
        <LevelBar
          symbol={signal.symbol}
          side={signal.side}
          stop={signal.stop_loss}
          stopNow={signal.current_stop}
          zone={signal.entry_zone}
          entry={signal.entry_price}
          targets={signal.take_profit}
          reached={signal.targets_hit}
          over={over}
        />
        {because && <p className="mt-2 line-clamp-2 text-xs leading-5 text-muted">{because}</p>}
      </div>
      <div className="flex flex-row-reverse items-center justify-between gap-2 md:flex-col md:items-end md:justify-start">
        {over ? (
          <Result signal={signal} />
        ) : (
          <>
            <PhaseBadge status={signal.status} />
            {signal.executed ? (
              <span className="flex items-center gap-1 text-xs font-medium text-gain">
                <Check className="size-3.5" aria-hidden="true" />
                {t("signals.executed")}
              </span>
            ) : (
              <span className="relative z-10">
                <ExecuteButton signal={signal} onExecute={onExecute} />
              </span>
            )}
          </>
        )}
      </div>
    </li>
  );
}

function Result({ signal }: { signal: SignalItem }) {
  const { t } = useTranslation();
  return (
    <div className="text-right">
      {signal.r !== null ? (
        <p className="flex items-baseline justify-end gap-2">
          {signal.pnl_pct !== null && <PnlPercent value={signal.pnl_pct} className="text-xs" />}
          <Multiple value={signal.r} className="text-base font-semibold" />
        </p>
      ) : (
        <PhaseBadge status={signal.status} />
      )}
      {signal.end && <p className="mt-1 text-xs text-muted">{t(`signals.end.${signal.end}`)}</p>}
    </div>
  );
}

const STEPS = 5;

/** The strategy's own confidence, in five steps. */
export function Confidence({ value }: { value: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const label = `${t("signals.confidence")}: ${format.share(value)}. ${t("signals.confidence_hint")}`;
  const filled = Math.max(1, Math.round(toPixels(value) * STEPS));
  return (
    <span role="img" aria-label={label} title={label} className="flex items-end gap-0.5">
      {Array.from({ length: STEPS }, (_, step) => (
        <span
          key={step}
          className={`w-0.75 rounded-full ${step < filled ? "bg-accent" : "bg-line-strong"}`}
          style={{ height: `${5 + step * 2}px` }}
        />
      ))}
    </span>
  );
}

/** A signal beyond the plan's limit: that it is there, not what it says. The first of a list explains. */
export function LockedCard({ signal, explain }: { signal: LockedSignal; explain: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const strategy = useStrategyTitle();
  const { plan } = useMe();
  return (
    <li className="bg-canvas px-4 py-3 sm:px-5">
      <div className="flex items-center gap-3">
        <Lock className="size-4 shrink-0 text-muted" aria-hidden="true" />
        <p className="min-w-0 flex-1 truncate">
          <span className="font-semibold text-soft">{signal.symbol}</span>
          <span className="ml-2.5 text-xs text-muted">
            {strategy(signal.strategy)} · {signal.timeframe} · <Ago at={signal.created_at} />
          </span>
        </p>
        <Badge tone="warn">{t("signals.locked")}</Badge>
      </div>
      {explain && (
        <p className="mt-1.5 pl-7 text-xs text-muted">
          {t("signals.locked_text", { limit: format.integer(plan.max_signals_per_day ?? 0) })}
        </p>
      )}
    </li>
  );
}
