import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { BellRing, Pause, Play, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { problemOf } from "@/api/problem";
import { byCursor } from "@/api/queries";
import { useProblemText } from "@/api/words";
import { useTitle } from "@/app/title";
import { type AlertItem, deleteAlert, patchAlert } from "@/client";
import {
  listAlertsInfiniteOptions,
  listAlertsQueryKey,
  listAlertTriggersInfiniteOptions,
  listAlertTriggersQueryKey,
} from "@/client/@tanstack/react-query.gen";
import { useFormat } from "@/i18n";
import { anyOf } from "@/realtime/caches";
import { Badge, type Tone } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Empty, LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, CardTitle, PageHeader } from "@/ui/surface";
import { AlertDialog } from "./form";
import { TelegramChat } from "./telegram";

const TONES: Record<AlertItem["state"], Tone> = { active: "gain", triggered: "accent", paused: "neutral", expired: "warn" };
const ALERT_LISTS = anyOf(listAlertsQueryKey(), listAlertTriggersQueryKey());

export function AlertsPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const [making, setMaking] = useState(false);
  useTitle([t("alerts.title")]);
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    ...listAlertsInfiniteOptions(),
    ...byCursor,
  });
  const first = data?.pages[0];
  const alerts = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHeader title={t("alerts.title")}>
        <div className="flex items-center gap-3">
          {first && (
            <span className="tnum text-muted">
              {first.limit === null
                ? t("alerts.count", { counted: format.integer(first.counted) })
                : t("alerts.count_of", { counted: format.integer(first.counted), limit: format.integer(first.limit) })}
            </span>
          )}
          <Button variant="primary" onClick={() => setMaking(true)}>
            <Plus className="size-4" aria-hidden="true" />
            {t("alerts.new")}
          </Button>
        </div>
      </PageHeader>
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Card aria-labelledby="alerts-own">
          <CardTitle id="alerts-own" title={t("alerts.own")} />
          <div className="px-4 pb-4 sm:px-5">
            {error && !data ? (
              <LoadProblem error={error} retry={() => void refetch()} />
            ) : !data ? (
              <SkeletonRows rows={4} />
            ) : alerts.length ? (
              <ul>
                {alerts.map((alert) => (
                  <AlertRow key={alert.id} alert={alert} />
                ))}
              </ul>
            ) : (
              <Empty icon={BellRing} title={t("alerts.empty")}>
                {t("alerts.empty_text")}
              </Empty>
            )}
            {hasNextPage && (
              <Button className="mt-3" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                {t("app.more")}
              </Button>
            )}
          </div>
        </Card>
        <div className="grid min-w-0 gap-4">
          <History />
          <TelegramChat />
        </div>
      </div>
      {making && <AlertDialog onClose={() => setMaking(false)} />}
    </>
  );
}

function AlertRow({ alert }: { alert: AlertItem }) {
  const { t } = useTranslation();
  const format = useFormat();
  const queries = useQueryClient();
  const words = useProblemText();
  const [deleting, setDeleting] = useState(false);
  const done = () => void queries.invalidateQueries(ALERT_LISTS);
  const watching = alert.state === "active";
  const name = alert.name || alert.condition;
  const change = useMutation({
    mutationFn: () =>
      patchAlert({ path: { alert_id: alert.id }, body: { state: watching ? "paused" : "active", version: alert.version } }),
    onSettled: done,
  });
  const details = [
    alert.repeat === "once"
      ? t("alerts.repeats.once")
      : alert.cooldown_minutes
        ? t("alerts.every_with", { pause: format.duration(alert.cooldown_minutes * 60_000) })
        : t("alerts.repeats.every_time"),
    alert.channels.includes("telegram") && "Telegram",
    alert.expires_at && t("alerts.until", { at: format.dateTime(alert.expires_at) }),
    alert.last_triggered_at && t("alerts.last", { count: alert.times, at: format.dateTime(alert.last_triggered_at) }),
  ].filter(Boolean);
  return (
    <li className="flex items-start gap-3 border-line py-3 not-last:border-b">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="font-semibold">{alert.symbol}</span>
          {alert.timeframe && <span className="text-muted">{alert.timeframe}</span>}
          <Badge tone={TONES[alert.state]}>{t(`alerts.states.${alert.state}`)}</Badge>
        </p>
        <p className="mt-0.5 font-medium break-words">{name}</p>
        {alert.name && <p className="text-soft break-words">{alert.condition}</p>}
        {alert.expression && <p className="mt-0.5 font-mono text-xs text-muted break-all">{alert.expression}</p>}
        <p className="mt-0.5 text-xs text-muted">{details.join(" · ")}</p>
        {change.error && (
          <p role="alert" className="mt-1 text-xs font-medium text-loss">
            {words(problemOf(change.error))}
          </p>
        )}
      </div>
      <IconButton
        label={t(watching ? "alerts.pause" : "alerts.resume", { name })}
        disabled={change.isPending}
        onClick={() => change.mutate()}
      >
        {watching ? <Pause className="size-4" aria-hidden="true" /> : <Play className="size-4" aria-hidden="true" />}
      </IconButton>
      <IconButton label={t("alerts.delete", { name })} onClick={() => setDeleting(true)}>
        <Trash2 className="size-4" aria-hidden="true" />
      </IconButton>
      {deleting && <DeleteDialog alert={alert} name={name} onDone={done} onClose={() => setDeleting(false)} />}
    </li>
  );
}

function DeleteDialog({ alert, name, onDone, onClose }: { alert: AlertItem; name: string; onDone: () => void; onClose: () => void }) {
  const { t } = useTranslation();
  const words = useProblemText();
  const remove = useMutation({
    mutationFn: () => deleteAlert({ path: { alert_id: alert.id } }),
    onSuccess: () => {
      onDone();
      onClose();
    },
  });
  return (
    <Dialog
      title={t("alerts.delete_title")}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button variant="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
            {t("alerts.delete_confirm")}
          </Button>
        </>
      }
    >
      <p className="text-soft">{t("alerts.delete_text", { name })}</p>
      {remove.error && (
        <p role="alert" className="mt-4 font-medium text-loss">
          {words(problemOf(remove.error))}
        </p>
      )}
    </Dialog>
  );
}

function History() {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    ...listAlertTriggersInfiniteOptions({ query: { limit: 20 } }),
    ...byCursor,
  });
  const told = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Card aria-labelledby="alerts-history">
      <CardTitle id="alerts-history" title={t("alerts.history")} />
      <div className="px-4 pb-4 sm:px-5">
        {error && !data ? (
          <LoadProblem error={error} retry={() => void refetch()} />
        ) : !data ? (
          <SkeletonRows rows={3} />
        ) : told.length ? (
          <ol>
            {told.map((each) => (
              <li key={each.id} className="border-line py-2.5 not-last:border-b">
                <p className="flex items-baseline justify-between gap-3">
                  <span className="min-w-0 truncate font-medium">{each.name || each.symbol}</span>
                  <time dateTime={each.at} title={format.exact(each.at)} className="tnum shrink-0 text-xs text-muted">
                    {format.dateTime(each.at)}
                  </time>
                </p>
                <p className="text-xs break-words text-soft">{each.text}</p>
              </li>
            ))}
          </ol>
        ) : (
          <p className="py-2 text-muted">{t("alerts.no_history")}</p>
        )}
        {hasNextPage && (
          <Button size="sm" className="mt-2" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t("app.more")}
          </Button>
        )}
      </div>
    </Card>
  );
}
