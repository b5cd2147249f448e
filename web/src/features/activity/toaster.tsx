import { useLocation } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { type Activity, activityLog, type ActivityKind } from "@/realtime/activity";
import { ROOMY, useMedia } from "@/ui/media";
import { ACTIVITY_ICONS, ActivityLink, useActivityWords } from "./words";
import { popupsOn } from "./popups";

/** Signals come often and wait in their list; what happens to one's money pops up. */
const POPS: ReadonlySet<ActivityKind> = new Set([
  "position_opened",
  "stop_moved",
  "target_filled",
  "position_closed",
  "intent_denied",
]);
const MOST = 3;
const SHOWN_MS = 6_000;

/** Small messages about what has just happened; they go by themselves, and wait while somebody points at them. */
export function Toaster() {
  const [toasts, setToasts] = useState<Activity[]>([]);
  // The overview shows the same thing in its place, where there is room for it.
  const onOverview = useLocation({ select: ({ pathname }) => pathname === "/" });
  const besides = useMedia(ROOMY) && onOverview;
  const [held, setHeld] = useState(false);

  useEffect(
    () =>
      activityLog.onArrival((activity) => {
        if (!POPS.has(activity.kind) || !popupsOn()) return;
        // One message per thing: a stop that trails would fill the place.
        setToasts((shown) => [activity, ...shown.filter(({ id }) => id !== activity.id)].slice(0, MOST));
      }),
    [],
  );

  const oldest = toasts.at(-1)?.id;
  useEffect(() => {
    if (!oldest || held) return;
    const timer = setTimeout(() => setToasts((shown) => shown.filter(({ id }) => id !== oldest)), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [oldest, held]);

  return (
    <div
      aria-live="polite"
      className="pointer-events-none fixed inset-x-4 bottom-20 z-20 flex flex-col items-end gap-2 lg:inset-x-auto lg:right-5 lg:bottom-5"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      {!besides && toasts.map((activity) => (
        <Toast
          key={activity.id}
          activity={activity}
          onDismiss={() => setToasts((shown) => shown.filter(({ id }) => id !== activity.id))}
        />
      ))}
    </div>
  );
}

function Toast({ activity, onDismiss }: { activity: Activity; onDismiss: () => void }) {
  const { t } = useTranslation();
  const { title, text } = useActivityWords()(activity);
  const Icon = ACTIVITY_ICONS[activity.kind];
  return (
    <div className="pointer-events-auto flex w-full animate-rise not-first:max-lg:hidden lg:w-80 items-center gap-1 rounded-xl border border-line bg-raised shadow-float">
      <ActivityLink activity={activity} onFollow={onDismiss} className="flex min-w-0 flex-1 items-center gap-3 py-2.5 pl-3.5">
        <Icon className="size-4 shrink-0 text-accent" aria-hidden="true" />
        <span className="min-w-0">
          <span className="block truncate font-medium">{title}</span>
          <span className="block truncate text-xs text-muted">{text}</span>
        </span>
      </ActivityLink>
      <button
        type="button"
        aria-label={t("app.close")}
        onClick={onDismiss}
        className="mr-1.5 flex size-8 shrink-0 items-center justify-center rounded-lg text-muted hover:bg-hover hover:text-ink"
      >
        <X className="size-4" aria-hidden="true" />
      </button>
    </div>
  );
}
