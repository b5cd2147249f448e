import { clsx } from "clsx";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useMe } from "@/app/services";
import { listTradingAccountsOptions } from "@/client/@tanstack/react-query.gen";
import { useFormat } from "@/i18n";
import { Badge } from "@/ui/badge";

/** How much of the plan is used, at the foot of the navigation. */
export function PlanCard({ className }: { className?: string }) {
  const { t } = useTranslation();
  const { plan } = useMe();
  return (
    <section
      aria-label={t("menu.plan")}
      className={clsx("rounded-xl border border-line bg-canvas px-3 pt-2.5 pb-3", className)}
    >
      <div className="flex items-center justify-between gap-2">
        <h2 className="text-xs font-semibold">{t("plan.title", { plan: t(`plan.name.${plan.code}`) })}</h2>
        {plan.status !== "active" && <Badge tone="warn">{t(`plan.status.${plan.status}`)}</Badge>}
      </div>
      <Meter label={t("plan.signals_today")} used={plan.signals_used_today} limit={plan.max_signals_per_day} />
      <Meter label={t("plan.slots")} used={plan.slots_used} limit={plan.max_active_positions} />
      <AutoTrading />
      {!plan.may_open && <p className="mt-2 text-xs text-warn">{t("plan.read_only")}</p>}
    </section>
  );
}

function AutoTrading() {
  const { t } = useTranslation();
  const { plan } = useMe();
  const { data } = useQuery({ ...listTradingAccountsOptions(), staleTime: 120_000 });
  if (!plan.auto_trading) return <p className="mt-2.5 text-xs text-muted">{t("plan.auto_not_in_plan")}</p>;
  if (!data) return null;
  const on = data.items.some((account) => account.auto_trading && account.status === "active");
  return (
    <p className="mt-2.5 flex items-center gap-1.5 text-xs text-muted">
      <span className={clsx("size-1.5 rounded-full", on ? "bg-gain" : "bg-line-strong")} aria-hidden="true" />
      {on ? t("plan.auto_on") : t("plan.auto_off")}
    </p>
  );
}

function useUsed() {
  const { t } = useTranslation();
  const format = useFormat();
  return (used: number, limit: number | null) =>
    limit === null
      ? t("plan.used_unlimited", { used: format.integer(used) })
      : t("plan.used_of", { used: format.integer(used), limit: format.integer(limit) });
}

function Meter({ label, used, limit }: { label: string; used: number; limit: number | null }) {
  const words = useUsed();
  const full = limit !== null && used >= limit;
  const part = limit ? Math.min(1, used / limit) : 0;
  return (
    <div className="mt-2.5">
      <div className="flex justify-between gap-2 text-xs">
        <span className="text-muted">{label}</span>
        <span className={clsx("tnum font-medium", full && "text-warn")}>{words(used, limit)}</span>
      </div>
      <div className="mt-1 h-1 overflow-hidden rounded-full bg-line" aria-hidden="true">
        <div className={clsx("h-full rounded-full", full ? "bg-warn" : "bg-accent")} style={{ width: `${part * 100}%` }} />
      </div>
    </div>
  );
}

export function PlanLine() {
  const { t } = useTranslation();
  const { plan } = useMe();
  const words = useUsed();
  return (
    <dl className="mt-2 grid gap-0.5 text-xs text-muted">
      <div className="flex justify-between gap-6">
        <dt>{t("menu.plan")}</dt>
        <dd className="font-medium text-soft">{t(`plan.name.${plan.code}`)}</dd>
      </div>
      <div className="flex justify-between gap-6">
        <dt>{t("plan.signals_today")}</dt>
        <dd className="tnum font-medium text-soft">{words(plan.signals_used_today, plan.max_signals_per_day)}</dd>
      </div>
      <div className="flex justify-between gap-6">
        <dt>{t("plan.slots")}</dt>
        <dd className="tnum font-medium text-soft">{words(plan.slots_used, plan.max_active_positions)}</dd>
      </div>
    </dl>
  );
}

/** Slots or signals used, where the limit bites. */
export function SlotsUsed() {
  const { t } = useTranslation();
  const { plan } = useMe();
  const words = useUsed();
  const full = plan.max_active_positions !== null && plan.slots_used >= plan.max_active_positions;
  return (
    <Badge tone={full ? "warn" : "neutral"}>
      {t("positions.slots", { used: words(plan.slots_used, plan.max_active_positions) })}
    </Badge>
  );
}

export function SignalsUsed() {
  const { t } = useTranslation();
  const { plan } = useMe();
  const words = useUsed();
  const full = plan.max_signals_per_day !== null && plan.signals_used_today >= plan.max_signals_per_day;
  return (
    <Badge tone={full ? "warn" : "neutral"}>
      {t("plan.signals_today")}: {words(plan.signals_used_today, plan.max_signals_per_day)}
    </Badge>
  );
}
