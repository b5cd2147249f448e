import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FilePlus2, FileCode2, Lock, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { problemOf } from "@/api/problem";
import { useProblemText } from "@/api/words";
import { useMe } from "@/app/services";
import { useTitle } from "@/app/title";
import { deleteOwnStrategy, type OwnStrategyItem, type OwnStrategyPage } from "@/client";
import { listOwnStrategiesOptions, listOwnStrategiesQueryKey } from "@/client/@tanstack/react-query.gen";
import { ResearchTabs } from "@/features/research/tabs";
import { useFormat } from "@/i18n";
import { anyOf } from "@/realtime/caches";
import { Button, buttonClass, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Empty, LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, PageHeader } from "@/ui/surface";

export function OwnStrategiesPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const { plan } = useMe();
  useTitle([t("research.documents.title")]);
  const { data, error, refetch } = useQuery(listOwnStrategiesOptions());
  return (
    <>
      <PageHeader title={t("research.documents.title")}>
        <div className="flex items-center gap-3">
          {data && data.limit !== 0 && (
            <span className="tnum text-muted">
              {data.limit === null
                ? t("research.documents.counted", { counted: format.integer(data.counted) })
                : t("research.documents.counted_of", { counted: format.integer(data.counted), limit: format.integer(data.limit) })}
            </span>
          )}
          <Link to="/strategies/new" className={buttonClass("primary")}>
            <Plus className="size-4" aria-hidden="true" />
            {t("research.documents.new")}
          </Link>
        </div>
      </PageHeader>
      <ResearchTabs current="own" />
      <p className="max-w-2xl pb-5 text-muted">{t("research.documents.intro")}</p>
      {error && !data ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <SkeletonRows rows={3} className="h-24" />
      ) : data.items.length ? (
        <>
          <FullNote page={data} />
          <ul className="grid gap-3 lg:grid-cols-2 2xl:grid-cols-3">
            {data.items.map((own) => (
              <OwnCard key={own.name} own={own} />
            ))}
          </ul>
        </>
      ) : (
        <Card aria-label={t("research.documents.title")}>
          {data.limit === 0 ? (
            <Empty
              icon={Lock}
              title={t("research.documents.locked")}
              action={
                <Link to="/strategies/new" className={buttonClass("secondary")}>
                  {t("research.documents.try")}
                </Link>
              }
            >
              {t("research.documents.locked_text", { plan: t(`plan.name.${plan.code}`) })}
            </Empty>
          ) : (
            <Empty
              icon={FilePlus2}
              title={t("research.documents.empty")}
              action={
                <Link to="/strategies/new" className={buttonClass("secondary")}>
                  {t("research.documents.new")}
                </Link>
              }
            >
              {t("research.documents.empty_text")}
            </Empty>
          )}
        </Card>
      )}
    </>
  );
}

/** That the plan keeps no further one, before anybody has written it. */
export function FullNote({ page }: { page: OwnStrategyPage }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { plan } = useMe();
  if (page.limit === null || page.counted < page.limit) return null;
  return (
    <p className="mb-4 rounded-lg bg-warn-wash px-3.5 py-2.5 text-warn">
      {page.limit === 0
        ? t("research.documents.locked_text", { plan: t(`plan.name.${plan.code}`) })
        : t("research.documents.full", { limit: format.integer(page.limit) })}
    </p>
  );
}

function OwnCard({ own }: { own: OwnStrategyItem }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [deleting, setDeleting] = useState(false);
  const newest = own.versions[0];
  return (
    <li>
      <Card aria-labelledby={`own-${own.name}`} className="flex h-full flex-col px-4 pt-4 pb-3.5 sm:px-5">
        <h2 id={`own-${own.name}`} className="flex items-center gap-2 text-base font-semibold">
          <FileCode2 className="size-4.5 shrink-0 text-muted" aria-hidden="true" />
          <Link to="/strategies/own/$name" params={{ name: own.name }} className="min-w-0 truncate hover:underline">
            {own.name}
          </Link>
        </h2>
        <p className="mt-1 mb-3 text-xs text-muted">
          {t("research.version", { version: own.active_version })}, {t("research.documents.active")} ·{" "}
          {t("research.documents.versions", { count: own.versions.length, shown: format.integer(own.versions.length) })}
          {newest && ` · ${t("research.documents.saved", { at: format.dateTime(newest.created_at) })}`}
        </p>
        <div className="mt-auto flex items-center gap-2">
          <Link to="/strategies/own/$name" params={{ name: own.name }} className={buttonClass("secondary", "sm")}>
            {t("research.documents.edit")}
          </Link>
          <Link to="/research/new" search={{ strategy: `own:${own.name}` }} className={buttonClass("secondary", "sm")}>
            {t("research.documents.backtest")}
          </Link>
          <IconButton
            label={t("research.documents.delete_name", { name: own.name })}
            className="ml-auto"
            onClick={() => setDeleting(true)}
          >
            <Trash2 className="size-4" aria-hidden="true" />
          </IconButton>
        </div>
      </Card>
      {deleting && <DeleteDialog name={own.name} onClose={() => setDeleting(false)} />}
    </li>
  );
}

function DeleteDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const words = useProblemText();
  const remove = useMutation({
    mutationFn: () => deleteOwnStrategy({ path: { own_name: name } }),
    onSuccess: () => {
      void queries.invalidateQueries(anyOf(listOwnStrategiesQueryKey()));
      onClose();
    },
  });
  return (
    <Dialog
      title={t("research.documents.delete_title", { name })}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button variant="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
            {t("research.documents.delete")}
          </Button>
        </>
      }
    >
      <p className="text-soft">{t("research.documents.delete_text")}</p>
      {remove.error && (
        <p role="alert" className="mt-4 font-medium text-loss">
          {words(problemOf(remove.error))}
        </p>
      )}
    </Dialog>
  );
}
