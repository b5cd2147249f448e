import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { problemOf } from "@/api/problem";
import { useProblemText } from "@/api/words";
import { activateOwnStrategy, type OwnStrategyItem } from "@/client";
import { getOwnDocumentOptions, getOwnDocumentQueryKey, listOwnStrategiesQueryKey } from "@/client/@tanstack/react-query.gen";
import { useFormat } from "@/i18n";
import { anyOf } from "@/realtime/caches";
import { Badge } from "@/ui/badge";
import { Button, buttonClass } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, CardTitle } from "@/ui/surface";
import { type DiffLine, difference } from "./text";

/** Every version: to open, to compare with what stands in the editor, to go back to. */
export function VersionsCard({ own, shown, text }: { own: OwnStrategyItem; shown?: number; text: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const queries = useQueryClient();
  const words = useProblemText();
  const [compared, setCompared] = useState<number | null>(null);
  const activate = useMutation({
    mutationFn: (version: number) => activateOwnStrategy({ path: { own_name: own.name }, body: { version } }),
    onSettled: () => void queries.invalidateQueries(anyOf(listOwnStrategiesQueryKey(), getOwnDocumentQueryKey({ path: { own_name: own.name } }))),
  });
  return (
    <Card aria-labelledby="document-versions">
      <CardTitle id="document-versions" title={t("research.documents.versions_title")} />
      {activate.error && (
        <p role="alert" className="px-4 pb-2 text-loss sm:px-5">
          {words(problemOf(activate.error))}
        </p>
      )}
      <ul className="max-h-96 overflow-y-auto px-4 pb-3 sm:px-5">
        {own.versions.map(({ version, active, created_at }) => (
          <li key={version} className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-line py-2 not-last:border-b">
            <Link
              to="/strategies/own/$name"
              params={{ name: own.name }}
              search={{ version }}
              aria-label={t("research.documents.view", { version })}
              aria-current={version === shown ? "true" : undefined}
              className={clsx("rounded font-medium hover:underline", version === shown && "text-accent")}
            >
              {t("research.version", { version })}
            </Link>
            {active && <Badge tone="gain">{t("research.documents.active")}</Badge>}
            <time dateTime={created_at} title={format.exact(created_at)} className="tnum text-xs text-muted">
              {format.dateTime(created_at)}
            </time>
            <span className="ml-auto flex gap-1.5">
              <button
                type="button"
                aria-label={t("research.documents.compare", { version })}
                className={buttonClass("ghost", "sm")}
                onClick={() => setCompared(version)}
              >
                {t("research.documents.compare_short")}
              </button>
              {!active && (
                <Button
                  size="sm"
                  aria-label={t("research.documents.activate", { version })}
                  busy={activate.isPending && activate.variables === version}
                  onClick={() => activate.mutate(version)}
                >
                  {t("research.documents.activate_short")}
                </Button>
              )}
            </span>
          </li>
        ))}
      </ul>
      {compared !== null && <CompareSheet name={own.name} version={compared} text={text} onClose={() => setCompared(null)} />}
    </Card>
  );
}

const LOOKS: Record<DiffLine["kind"], { line: string; mark: string }> = {
  same: { line: "text-soft", mark: " " },
  removed: { line: "bg-loss-wash text-loss", mark: "−" },
  added: { line: "bg-gain-wash text-gain", mark: "+" },
};
/** Lines of context around what changed. */
const CONTEXT = 3;

function CompareSheet({ name, version, text, onClose }: { name: string; version: number; text: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery({ ...getOwnDocumentOptions({ path: { own_name: name }, query: { version } }), retry: false });
  const lines = data ? difference(data.text, text) : [];
  const near = lines.map((_, at) => lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some((line) => line.kind !== "same"));
  return (
    <Dialog kind="sheet" title={t("research.documents.compare_title", { version })} onClose={onClose}>
      {error ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <SkeletonRows rows={6} className="h-5" />
      ) : !near.includes(true) ? (
        <p className="text-muted">{t("research.documents.same")}</p>
      ) : (
        <>
          <p className="flex flex-wrap gap-x-4 gap-y-1 pb-3 text-xs">
            <span className="rounded bg-loss-wash px-1.5 text-loss">− {t("research.documents.removed", { version })}</span>
            <span className="rounded bg-gain-wash px-1.5 text-gain">+ {t("research.documents.added")}</span>
          </p>
          <div className="overflow-x-auto rounded-lg border border-line font-mono text-xs leading-5">
            <div className="w-max min-w-full">
              {lines.map((line, at) =>
                near[at] ? (
                  <div key={at} className={clsx("px-2 whitespace-pre", LOOKS[line.kind].line)}>
                    {LOOKS[line.kind].mark} {line.text}
                  </div>
                ) : near[at - 1] ? (
                  <div key={at} className="bg-sunken px-2 text-muted">
                    ⋯
                  </div>
                ) : null,
              )}
            </div>
          </div>
        </>
      )}
    </Dialog>
  );
}
