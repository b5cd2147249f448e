import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { CandlestickChart } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { fieldOf, problemOf } from "@/api/problem";
import { useProblemText } from "@/api/words";
import { RUN_KINDS } from "@/app/search";
import { useTitle } from "@/app/title";
import { startBacktest, startSweep, startValidation } from "@/client";
import {
  getDocumentOptions,
  getOwnDocumentOptions,
  getResearchOfferOptions,
  listBacktestsQueryKey,
  listOwnStrategiesOptions,
  listStrategiesOptions,
} from "@/client/@tanstack/react-query.gen";
import { useFormat } from "@/i18n";
import { anyOf } from "@/realtime/caches";
import { Button } from "@/ui/button";
import { Empty, LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, CardTitle, PageHeader } from "@/ui/surface";
import { Segments } from "@/ui/tabs";
import { ResearchTabs } from "../tabs";
import { CandlesPart } from "./candles";
import { type AnyWish, candlesOf, combinations, type Draft, draftOf, type Kind, OWN, wishOf } from "./draft";
import { ParametersPart } from "./parameters";
import { FillsPart, LooksPart, SearchPart } from "./settings";
import { StrategyPart } from "./strategy";

const route = getRouteApi("/inside/research/new");

/** The parts of a form all take the draft and change some of it. */
export interface PartProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  /** What is wrong, by field. */
  faults: Readonly<Record<string, string>>;
}

const START = { backtest: startBacktest, sweep: startSweep, validation: startValidation } as const;

export function NewRunPage() {
  const search = route.useSearch();
  // A new address is a new form.
  return <NewRun key={JSON.stringify(search)} begun={draftOf(search)} />;
}

function NewRun({ begun }: { begun: Draft }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useProblemText();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [given, setDraft] = useState(begun);
  const [missing, setMissing] = useState<Record<string, string>>({});
  useTitle([t(`research.form.title.${given.kind}`)]);
  const offer = useQuery({ ...getResearchOfferOptions(), staleTime: 60_000 });
  const builtin = useQuery({ ...listStrategiesOptions(), staleTime: 300_000 });
  const own = useQuery(listOwnStrategiesOptions());

  const series = offer.data?.series ?? [];
  const first = builtin.data?.items[0]?.name;
  const strategy = given.strategy || (first ?? "");
  const held = [...new Set(series.map((each) => each.timeframe))];
  const usual = held.includes("1h") ? "1h" : held[0];
  const timeframe = given.timeframe || (usual ?? "");
  const draft: Draft = { ...given, strategy, timeframe };
  const document = useDocument(strategy, given.version);

  const start = useMutation({
    mutationFn: async (wish: AnyWish) => (await START[draft.kind]({ body: wish as never, throwOnError: true })).data,
    onSuccess: (run) => {
      void queries.invalidateQueries(anyOf(listBacktestsQueryKey()));
      void navigate({ to: "/research/$runId", params: { runId: run.id } });
    },
  });
  const problem = start.error && problemOf(start.error);
  const told = Object.fromEntries(problem?.errors.map(({ pointer, detail }) => [shownAt(fieldOf(pointer)), detail]) ?? []);
  const faults = { ...told, ...missing };

  const change = (part: Partial<Draft>) => {
    setMissing({});
    start.reset();
    setDraft((before) => ({ ...before, ...part }));
  };
  const send = () => {
    if (!document.data) return;
    const asked = wishOf(draft, document.data);
    if ("faults" in asked) {
      setMissing(Object.fromEntries(Object.entries(asked.faults).map(([field, key]) => [field, t(`research.form.${key}`)])));
      return;
    }
    start.mutate(asked.wish);
  };

  const failed = offer.error ?? builtin.error ?? own.error;
  if (failed) {
    return (
      <Frame kind={draft.kind}>
        <LoadProblem
          error={failed}
          retry={() => void Promise.all([offer.refetch(), builtin.refetch(), own.refetch()])}
        />
      </Frame>
    );
  }
  if (!offer.data || !builtin.data || !own.data) {
    return (
      <Frame kind={draft.kind}>
        <SkeletonRows rows={3} className="h-56" />
      </Frame>
    );
  }
  if (!series.length) {
    return (
      <Frame kind={draft.kind}>
        <Card aria-label={t("research.form.candles")}>
          <Empty icon={CandlestickChart} title={t("research.form.candles")}>
            {t("research.form.held_none")}
          </Empty>
        </Card>
      </Frame>
    );
  }
  const { limits } = offer.data;
  const candles = candlesOf(draft, series);
  const size = document.data && draft.kind !== "backtest" ? combinations(draft, document.data) : null;
  const part: PartProps = { draft, change, faults };
  // Without a field it is not the size of the run, but how many there are.
  const full = problem?.code === "plan_limit_reached" && !problem.errors.length;
  const unplaced = Object.entries(told).flatMap(([field, detail]) => (placed(field) ? [] : [detail]));
  if (full) unplaced.push(t("research.form.full", { limit: format.integer(limits.runs) }));
  else if (problem && !problem.errors.length) unplaced.push(words(problem));
  return (
    <Frame kind={draft.kind} onKind={(kind) => change({ kind })}>
      <form
        noValidate
        className="grid items-start gap-4 xl:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Card aria-labelledby="run-what">
          <CardTitle id="run-what" title={t("research.form.what")} />
          <div className="grid gap-4 px-4 pt-1 pb-5 sm:px-5">
            <StrategyPart {...part} builtin={builtin.data.items} own={own.data.items} />
            {document.error ? (
              <LoadProblem error={document.error} retry={() => void document.refetch()} />
            ) : !document.data ? (
              <SkeletonRows rows={5} className="h-10" />
            ) : (
              <ParametersPart {...part} document={document.data} />
            )}
            {draft.kind !== "backtest" && size !== null && (
              <p className={size > limits.trials && draft.sampler === "grid" ? "font-medium text-warn" : "text-muted"}>
                {t("research.form.grid_size_of", { size: format.integer(size), limit: format.integer(limits.trials) })}
              </p>
            )}
          </div>
        </Card>
        <div className="grid min-w-0 gap-4">
          <Card aria-labelledby="run-candles">
            <CardTitle id="run-candles" title={t("research.form.candles")} />
            <div className="grid gap-4 px-4 pt-1 pb-5 sm:px-5">
              <CandlesPart {...part} series={series} timeframes={held} />
              <p className={candles > limits.candles ? "font-medium text-warn" : "text-muted"}>
                {t("research.form.size_of", {
                  candles: format.integer(Math.round(candles)),
                  limit: format.integer(limits.candles),
                })}
              </p>
            </div>
          </Card>
          {draft.kind !== "backtest" && <SearchPart {...part} />}
          {draft.kind === "validation" ? <LooksPart {...part} /> : <FillsPart {...part} />}
          <div className="flex flex-wrap items-center justify-end gap-3">
            {unplaced.length > 0 && (
              <p role="alert" className="min-w-0 flex-1 font-medium text-loss">
                {unplaced.join(" ")}
              </p>
            )}
            <Button variant="primary" size="lg" type="submit" busy={start.isPending} disabled={!document.data}>
              {t(`research.form.start.${draft.kind}`)}
            </Button>
          </div>
        </div>
      </form>
    </Frame>
  );
}

function Frame({ kind, onKind, children }: { kind: Kind; onKind?: (kind: Kind) => void; children: React.ReactNode }) {
  const { t } = useTranslation();
  return (
    <>
      <PageHeader title={t(`research.form.title.${kind}`)} />
      <ResearchTabs current="runs" />
      {onKind && (
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2 pb-4">
          <Segments
            label={t("research.kind")}
            value={kind}
            options={RUN_KINDS.map((value) => ({ value, label: t(`research.kinds.${value}`) }))}
            onChange={onKind}
          />
          <p className="text-muted">{t(`research.kinds_text.${kind}`)}</p>
        </div>
      )}
      {children}
    </>
  );
}

/** The document that is to be tested, with what may be set in it. */
function useDocument(strategy: string, version: number | null) {
  const isOwn = strategy.startsWith(OWN);
  const builtin = useQuery({
    ...getDocumentOptions({ path: { strategy } }),
    enabled: Boolean(strategy) && !isOwn,
    staleTime: 300_000,
  });
  const own = useQuery({
    ...getOwnDocumentOptions({ path: { own_name: strategy.slice(OWN.length) }, query: version ? { version } : {} }),
    enabled: isOwn,
  });
  return isOwn ? own : builtin;
}

/** The field of the form that a field of the request is shown at. */
function shownAt(field: string): string {
  const [first = "", name] = field.split(".");
  return (first === "parameters" || first === "vary") && name ? `${first}.${name}` : first;
}

const PLACED = new Set(["strategy", "version", "vary", "symbols", "timeframe", "from", "to", "profile", "fee"]);
const SEARCHED = new Set(["sampler", "trials", "objective", "min_trades", "folds", "mode", "purge", "paths", "ruin"]);

function placed(field: string): boolean {
  return PLACED.has(field) || SEARCHED.has(field) || field.includes(".");
}
