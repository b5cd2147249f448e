import { Link } from "@tanstack/react-router";
import { ArrowRightLeft, Ban, BellRing, CircleDot, LogIn, type LucideIcon, Radar, ShieldCheck, Target } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useDenyText, useExitText } from "@/api/words";
import { useStrategyTitle } from "@/app/services";
import { useFormat } from "@/i18n";
import type { Activity, ActivityKind } from "@/realtime/activity";
import { Multiple, Pnl } from "@/ui/numbers";

export const ACTIVITY_ICONS: Record<ActivityKind, LucideIcon> = {
  signal_created: Radar,
  position_opened: LogIn,
  stop_moved: ShieldCheck,
  target_filled: Target,
  position_closing: ArrowRightLeft,
  position_closed: CircleDot,
  intent_denied: Ban,
  alert_triggered: BellRing,
};

/** An activity in words: what, and the numbers of it. */
export function useActivityWords(): (activity: Activity) => { title: string; text: ReactNode } {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const deny = useDenyText();
  const exit = useExitText();
  const strategyTitle = useStrategyTitle();
  return (activity) => {
    const { symbol, numbers } = activity;
    const side = activity.side ? t(`side.${activity.side}`).toLowerCase() : "";
    const price = (name: string) => format.price(numbers[name] ?? "0", activity.fraction);
    switch (activity.kind) {
      case "signal_created":
        return {
          title: t("activity.signal_created", { symbol, side }),
          text: t("activity.signal_created_text", {
            strategy: strategyTitle(activity.strategy ?? ""),
            timeframe: activity.timeframe,
          }),
        };
      case "position_opened":
        return {
          title: t("activity.position_opened", { symbol, side }),
          text: t("activity.position_opened_text", { price: price("price") }),
        };
      case "stop_moved":
        return {
          title: t("activity.stop_moved", { symbol }),
          text: t("activity.stop_moved_text", { before: price("before"), after: price("after") }),
        };
      case "target_filled":
        return {
          title: t("activity.target_filled", { symbol, number: numbers.number }),
          text: t("activity.target_filled_text", { price: price("price") }),
        };
      case "position_closing":
        return { title: t("activity.position_closing", { symbol }), text: t("activity.position_closing_text") };
      case "position_closed": {
        const reason = exit(activity.reason);
        return {
          title: t("activity.position_closed", { symbol }),
          text: (
            <>
              {reason && `${reason} · `}
              {activity.pnl && <Pnl value={activity.pnl} className="font-semibold" />}
              {activity.r && (
                <>
                  {" · "}
                  <Multiple value={activity.r} />
                </>
              )}
            </>
          ),
        };
      }
      case "intent_denied":
        return { title: t("activity.intent_denied", { symbol }), text: deny(activity.reason ?? "other") };
      case "alert_triggered":
        return { title: t("activity.alert_triggered", { symbol }), text: activity.words?.[i18n.language] ?? "" };
    }
  };
}

export function ActivityLink({ activity, children, className, onFollow }: { activity: Activity; children: ReactNode; className?: string; onFollow?: () => void }) {
  if (activity.positionId) {
    return (
      <Link
        to="/positions/$positionId"
        params={{ positionId: activity.positionId }}
        search={{ status: activity.kind === "position_closed" ? "closed" : undefined }}
        className={className}
        onClick={onFollow}
      >
        {children}
      </Link>
    );
  }
  if (activity.signalId) {
    return (
      <Link to="/signals/$signalId" params={{ signalId: activity.signalId }} className={className} onClick={onFollow}>
        {children}
      </Link>
    );
  }
  if (activity.alertId) {
    return (
      <Link to="/alerts" className={className} onClick={onFollow}>
        {children}
      </Link>
    );
  }
  return <span className={className}>{children}</span>;
}
