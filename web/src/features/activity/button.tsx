import { Bell } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { activityLog, useUnread } from "@/realtime/activity";
import { Dialog } from "@/ui/dialog";
import { ActivityList } from "./list";
import { setPopups, usePopups } from "./popups";

/** The bell: everything that happened, and whether it may pop up. */
export function ActivityButton() {
  const { t } = useTranslation();
  const unread = useUnread();
  const popups = usePopups();
  const [open, setOpen] = useState(false);
  const close = () => {
    setOpen(false);
    activityLog.read();
  };
  return (
    <>
      <button
        type="button"
        title={t("activity.open")}
        className="relative inline-flex size-9 shrink-0 items-center justify-center rounded-lg text-soft transition-colors hover:bg-hover hover:text-ink"
        onClick={() => setOpen(true)}
      >
        <Bell className="size-4.5" aria-hidden="true" />
        <span className="sr-only">{t("activity.open")}</span>
        {unread > 0 && (
          <span
            title={t("activity.unread", { count: unread })}
            className="tnum absolute top-0.5 right-0.5 min-w-4 rounded-full bg-accent px-1 text-center text-[0.625rem] leading-4 font-semibold text-accent-ink"
          >
            {unread > 99 ? "99+" : unread}
          </span>
        )}
      </button>
      {open && (
        <Dialog kind="sheet" title={t("activity.title")} onClose={close}>
          <label className="mb-3 flex items-center justify-between gap-3 rounded-lg bg-sunken px-3 py-2.5">
            {t("activity.popups")}
            <input
              type="checkbox"
              role="switch"
              checked={popups}
              onChange={(event) => setPopups(event.target.checked)}
              className="h-5 w-9 cursor-pointer appearance-none rounded-full bg-line-strong transition-colors before:block before:size-4 before:translate-x-0.5 before:translate-y-0.5 before:rounded-full before:bg-surface before:transition-transform checked:bg-accent checked:before:translate-x-4.5"
            />
          </label>
          <ActivityList onFollow={close} />
        </Dialog>
      )}
    </>
  );
}
