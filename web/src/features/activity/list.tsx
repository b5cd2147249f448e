import { clsx } from "clsx";
import { History } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/i18n";
import { type Activity, useActivity } from "@/realtime/activity";
import { Empty } from "@/ui/state";
import { useSteady } from "@/ui/steady";
import { usePastActivity } from "./past";
import { ACTIVITY_ICONS, ActivityLink, useActivityWords } from "./words";

const TINTS: Partial<Record<Activity["kind"], string>> = {
  position_opened: "text-accent",
  stop_moved: "text-accent",
  target_filled: "text-gain",
  intent_denied: "text-warn",
  alert_triggered: "text-accent",
};

function tint(activity: Activity): string {
  if (activity.kind === "position_closed" && activity.pnl) return activity.pnl.startsWith("-") ? "text-loss" : "text-gain";
  return TINTS[activity.kind] ?? "text-muted";
}

/** What has happened lately, the newest first. */
export function ActivityList({ limit, onFollow }: { limit?: number; onFollow?: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useActivityWords();
  usePastActivity();
  const { items, handlers } = useSteady(useActivity().slice(0, limit));
  if (!items.length) {
    return (
      <Empty icon={History} title={t("activity.clear")}>
        {t("overview.activity_empty")}
      </Empty>
    );
  }
  return (
    <ol {...handlers}>
      {items.map((activity) => {
        const Icon = ACTIVITY_ICONS[activity.kind];
        const { title, text } = words(activity);
        return (
          <li key={activity.id} className="border-line not-last:border-b">
            <ActivityLink
              activity={activity}
              onFollow={onFollow}
              className="-mx-2 flex items-start gap-3 rounded-lg px-2 py-2.5 hover:bg-hover"
            >
              <Icon className={clsx("mt-0.5 size-4 shrink-0", tint(activity))} aria-hidden="true" />
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium">{title}</span>
                <span className="block text-xs text-muted">{text}</span>
              </span>
              <time dateTime={activity.at} title={format.exact(activity.at)} className="tnum pt-0.5 text-xs text-muted">
                {format.time(activity.at)}
              </time>
            </ActivityLink>
          </li>
        );
      })}
    </ol>
  );
}
