import { useMutation, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useTranslation } from "react-i18next";

import { problemOf } from "@/api/problem";
import { useProblemText } from "@/api/words";
import { useStrategyTitle } from "@/app/services";
import { cancelBacktest, type RunItem, type RunState } from "@/client";
import { getBacktestQueryKey, listBacktestsQueryKey } from "@/client/@tanstack/react-query.gen";
import { useFormat } from "@/i18n";
import { anyOf } from "@/realtime/caches";
import { Badge, type Tone } from "@/ui/badge";
import { Button, Spinner } from "@/ui/button";

const TONES: Record<RunState, Tone> = {
  queued: "neutral",
  running: "accent",
  cancelling: "warn",
  cancelled: "neutral",
  done: "gain",
  failed: "loss",
};

/** How often a run that is under way is asked about; that it is over is told at once. */
export const REFRESH_MS = 1_000;

export const underWay = ({ state }: Pick<RunItem, "state">): boolean =>
  state === "queued" || state === "running" || state === "cancelling";

export function StateBadge({ run }: { run: RunItem }) {
  const { t } = useTranslation();
  return (
    <Badge tone={TONES[run.state]}>
      {run.state === "running" && <Spinner className="size-3" />}
      {t(`research.states.${run.state}`)}
    </Badge>
  );
}

/** How a run calls its strategy: the built-in ones have titles, one's own their names. */
export function useRunTitle(): (run: Pick<RunItem, "strategy" | "own">) => string {
  const title = useStrategyTitle();
  return (run) => (run.own ? run.strategy : title(run.strategy));
}

export function ProgressBar({ run, className }: { run: RunItem; className?: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = t("research.progress", { done: format.integer(run.done), total: format.integer(run.total) });
  return (
    <div className={className}>
      <div
        role="progressbar"
        aria-label={t("research.progress_label")}
        aria-valuemin={0}
        aria-valuemax={run.total}
        aria-valuenow={run.done}
        aria-valuetext={words}
        className="h-1.5 overflow-hidden rounded-full bg-line"
      >
        <div
          className="h-full rounded-full bg-accent transition-[width] duration-500"
          style={{ width: `${run.total ? (100 * run.done) / run.total : 0}%` }}
        />
      </div>
      <p className="tnum mt-1 text-xs text-muted" aria-hidden="true">
        {words}
      </p>
    </div>
  );
}

export function CancelButton({ run }: { run: RunItem }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const words = useProblemText();
  const cancel = useMutation({
    mutationFn: () => cancelBacktest({ path: { run_id: run.id } }),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: getBacktestQueryKey({ path: { run_id: run.id } }) });
      void queries.invalidateQueries(anyOf(listBacktestsQueryKey()));
    },
  });
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      <Button busy={cancel.isPending || run.state === "cancelling"} onClick={() => cancel.mutate()}>
        <X className="size-4" aria-hidden="true" />
        {t("research.cancel")}
      </Button>
      {cancel.error && (
        <span role="alert" className="text-xs text-loss">
          {words(problemOf(cancel.error))}
        </span>
      )}
    </span>
  );
}
