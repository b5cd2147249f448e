import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck, CircleX, Zap } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { problemOf } from "@/api/problem";
import { useDenyText, useProblemText } from "@/api/words";
import { useMe } from "@/app/services";
import { executeSignal, type IntentItem, type SignalItem } from "@/client";
import {
  getIntentOptions,
  getMeQueryKey,
  getSignalQueryKey,
  listTradingAccountsOptions,
} from "@/client/@tanstack/react-query.gen";
import { useFormat } from "@/i18n";
import { anyOf, POSITION_LISTS, SIGNAL_LISTS } from "@/realtime/caches";
import { useMarketNow } from "@/realtime/prices";
import { SimulatedBadge } from "@/trading/badges";
import { Button, buttonClass, Spinner } from "@/ui/button";
import { Dialog } from "@/ui/dialog";

/** Whether the signal can still be executed, by the market's clock. */
export function useExecutable(signal: SignalItem): boolean {
  const now = useMarketNow(1000);
  const active = signal.status === "waiting" || signal.status === "open";
  return active && !signal.executed && (now === null || now <= Date.parse(signal.expires_at));
}

/** Begins the execution of a signal by hand; the one who shows it also shows the dialog, which outlives the button. */
export function ExecuteButton({
  signal,
  size = "sm",
  onExecute,
}: {
  signal: SignalItem;
  size?: "sm" | "md";
  onExecute: (signal: SignalItem) => void;
}) {
  const { t } = useTranslation();
  const executable = useExecutable(signal);
  return (
    <Button
      size={size}
      variant={executable ? "primary" : "secondary"}
      disabled={!executable}
      title={executable ? undefined : t("execute.too_late")}
      aria-label={`${t("execute.action")} ${signal.symbol} ${t(`side.${signal.side}`).toLowerCase()}`}
      onClick={() => onExecute(signal)}
    >
      <Zap className="size-3.5" aria-hidden="true" />
      {t("execute.action")}
    </Button>
  );
}

/** Asks, executes, and says what becomes of it. */
export function ExecuteDialog({ signal, onClose }: { signal: SignalItem; onClose: () => void }) {
  const { t } = useTranslation();
  const words = useProblemText();
  const queries = useQueryClient();
  const [key] = useState(() => crypto.randomUUID());
  const execute = useMutation({
    mutationFn: async () => {
      const { data } = await executeSignal({
        path: { signal_id: signal.id },
        headers: { "idempotency-key": key },
      });
      return data;
    },
    onSuccess: () => {
      void queries.invalidateQueries(anyOf(SIGNAL_LISTS, POSITION_LISTS, getMeQueryKey()));
      void queries.invalidateQueries({ queryKey: getSignalQueryKey({ path: { signal_id: signal.id } }) });
    },
  });
  const side = t(`side.${signal.side}`).toLowerCase();
  return (
    <Dialog
      title={
        <span className="flex flex-wrap items-center gap-2">
          {execute.data ? `${signal.symbol} ${side}` : t("execute.title", { symbol: signal.symbol, side })}
          <SimulatedBadge />
        </span>
      }
      onClose={onClose}
      footer={
        execute.data ? (
          <Button onClick={onClose}>{t("app.close")}</Button>
        ) : (
          <>
            <Button onClick={onClose}>{t("app.cancel")}</Button>
            <Button variant="primary" busy={execute.isPending} onClick={() => execute.mutate()}>
              {execute.isPending ? t("execute.sending") : t("execute.confirm")}
            </Button>
          </>
        )
      }
    >
      {execute.data ? <Outcome intent={execute.data} onFollow={onClose} /> : <Question signal={signal} />}
      {execute.error && (
        <p role="alert" className="mt-4 rounded-lg bg-loss-wash px-3.5 py-2.5 font-medium text-loss">
          {words(problemOf(execute.error))}
        </p>
      )}
    </Dialog>
  );
}

function Question({ signal }: { signal: SignalItem }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { plan } = useMe();
  const { data } = useQuery({ ...listTradingAccountsOptions(), staleTime: 120_000 });
  const account = data?.items.length === 1 ? data.items[0] : undefined;
  const price = format.price(signal.side === "long" ? signal.entry_zone.high : signal.entry_zone.low);
  const stop = format.price(signal.stop_loss);
  const used =
    plan.max_active_positions === null
      ? t("plan.used_unlimited", { used: format.integer(plan.slots_used) })
      : t("plan.used_of", { used: format.integer(plan.slots_used), limit: format.integer(plan.max_active_positions) });
  return (
    <>
      <p className="text-soft">
        {account
          ? t("execute.text", { price, stop, account: account.name, risk: format.share(account.risk_per_trade) })
          : t("execute.text_plain", { price, stop })}
      </p>
      <p className="mt-3 text-muted">{t("execute.slots", { used })}</p>
    </>
  );
}

const PENDING: ReadonlySet<IntentItem["status"]> = new Set(["accepted", "working"]);

/** What becomes of the intent, as it happens. */
function Outcome({ intent, onFollow }: { intent: IntentItem; onFollow: () => void }) {
  const { t } = useTranslation();
  const deny = useDenyText();
  const { data } = useQuery({
    ...getIntentOptions({ path: { intent_id: intent.id } }),
    initialData: intent,
    // The WebSocket tells, too; this is for when it does not.
    refetchInterval: (query) => (PENDING.has(query.state.data?.status ?? "accepted") ? 1_000 : false),
  });
  const failed = data.status === "denied" || data.status === "cancelled" || data.status === "expired";
  const Icon = failed ? CircleX : CircleCheck;
  return (
    <div role="status" className="flex gap-3 py-1">
      {data.status === "accepted" ? (
        <Spinner className="mt-0.5 size-5 text-accent" />
      ) : (
        <Icon className={`mt-0.5 size-5 shrink-0 ${failed ? "text-warn" : "text-gain"}`} aria-hidden="true" />
      )}
      <div>
        <p className="font-medium">{t(`execute.result.${data.status}`)}</p>
        {data.deny_reason && <p className="mt-1 text-soft">{data.words ?? deny(data.deny_reason)}</p>}
        {data.position_id && (
          <Link
            to="/positions/$positionId"
            params={{ positionId: data.position_id }}
            className={buttonClass("secondary", "sm", "mt-3")}
            onClick={onFollow}
          >
            {t("signals.open_position")}
          </Link>
        )}
      </div>
    </div>
  );
}
