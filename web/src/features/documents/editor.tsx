import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useBlocker, useNavigate } from "@tanstack/react-router";
import { FileX2, Play } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { ApiProblem, problemOf } from "@/api/problem";
import { useProblemText } from "@/api/words";
import { useTitle } from "@/app/title";
import { checkDocument, type OwnStrategyItem, type OwnStrategyPage, saveOwnStrategy } from "@/client";
import {
  getDocumentOptions,
  getOwnDocumentOptions,
  listOwnStrategiesOptions,
  listOwnStrategiesQueryKey,
  listStrategiesOptions,
} from "@/client/@tanstack/react-query.gen";
import { ResearchTabs } from "@/features/research/tabs";
import { anyOf } from "@/realtime/caches";
import { Button, buttonClass } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Select } from "@/ui/field";
import { Empty, LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, CardTitle, PageHeader } from "@/ui/surface";
import { useSettled } from "@/ui/settled";
import { CheckPanel } from "./check";
import { CodeArea } from "./code";
import { FullNote } from "./page";
import { begunWith, lineSpan, withVersion } from "./text";
import { VersionsCard } from "./versions";

const ownRoute = getRouteApi("/inside/strategies/own/$name");
const newRoute = getRouteApi("/inside/strategies/new");

/** A strategy of one's own: the version that the address names, else the active one. */
export function DocumentPage() {
  const { t } = useTranslation();
  const { name } = ownRoute.useParams();
  const { version } = ownRoute.useSearch();
  const list = useQuery(listOwnStrategiesOptions());
  const own = list.data?.items.find((each) => each.name === name);
  const document = useQuery({
    ...getOwnDocumentOptions({ path: { own_name: name }, query: version ? { version } : {} }),
    retry: false,
    enabled: own !== undefined,
  });
  useTitle([name, t("research.documents.title")]);
  const error = list.error ?? document.error;
  const missing = (list.data !== undefined && !own) || (error instanceof ApiProblem && error.status === 404);
  if (missing) {
    return (
      <Shell title={name}>
        <Empty
          icon={FileX2}
          title={t("research.documents.not_found")}
          action={
            <Link to="/strategies/own" className={buttonClass()}>
              {t("research.documents.back")}
            </Link>
          }
        />
      </Shell>
    );
  }
  if (error) {
    return (
      <Shell title={name}>
        <LoadProblem error={error} retry={() => void Promise.all([list.refetch(), document.refetch()])} />
      </Shell>
    );
  }
  if (!list.data || !own || !document.data) {
    return (
      <Shell title={name}>
        <SkeletonRows rows={2} className="h-72" />
      </Shell>
    );
  }
  const shown = document.data.version;
  return <Editor key={`${name} ${shown}`} page={list.data} own={own} begun={document.data.text} shown={shown} />;
}

/** A new one, begun with a built-in one where the address or the user says so. */
export function NewDocumentPage() {
  const { t } = useTranslation();
  const { from } = newRoute.useSearch();
  const list = useQuery(listOwnStrategiesOptions());
  const template = useQuery({ ...getDocumentOptions({ path: { strategy: from ?? "" } }), enabled: Boolean(from), retry: false });
  useTitle([t("research.documents.new")]);
  const error = list.error ?? template.error;
  if (error) {
    return (
      <Shell title={t("research.documents.new")}>
        <LoadProblem error={error} retry={() => void Promise.all([list.refetch(), template.refetch()])} />
      </Shell>
    );
  }
  if (!list.data || (from && !template.data)) {
    return (
      <Shell title={t("research.documents.new")}>
        <SkeletonRows rows={2} className="h-72" />
      </Shell>
    );
  }
  const taken = new Set(list.data.items.map((each) => each.name));
  const text = template.data && from ? begunWith(template.data.text, freeName(`my_${from}`, taken)) : "";
  return <Editor key={from ?? ""} page={list.data} begun={text} template={from ?? ""} />;
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted}_${number}`;
    if (!taken.has(name)) return name;
  }
}

function Shell({ title, actions, children }: { title: string; actions?: React.ReactNode; children: React.ReactNode }) {
  return (
    <>
      <PageHeader title={title}>{actions}</PageHeader>
      <ResearchTabs current="own" />
      {children}
    </>
  );
}

interface EditorProps {
  page: OwnStrategyPage;
  own?: OwnStrategyItem;
  begun: string;
  /** The version that the text was begun with. */
  shown?: number;
  template?: string;
}

function Editor({ page, own, begun, shown, template }: EditorProps) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const words = useProblemText();
  const area = useRef<HTMLTextAreaElement>(null);
  const leaving = useRef(false);
  const [text, setText] = useState(begun);
  const [kept, setKept] = useState(begun);
  const settled = useSettled(text);
  const newest = own?.versions[0]?.version ?? 0;
  const dirty = text !== kept;

  const check = useQuery({
    queryKey: ["check-document", i18n.language, settled],
    queryFn: async ({ signal }) => (await checkDocument({ body: { document: settled }, signal, throwOnError: true })).data,
    enabled: Boolean(settled.trim()),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const checked = settled.trim() && settled === text && !check.isPlaceholderData ? check.data : undefined;
  const sound = checked?.document ?? null;
  // A document that has another name is another strategy.
  const next = own && sound?.name === own.name ? Math.max(newest + 1, sound.version) : (sound?.version ?? 1);
  const known = sound ? page.items.some((each) => each.name === sound.name) : own !== undefined;
  const full = page.limit !== null && page.counted >= page.limit && !known;

  const save = useMutation({
    mutationFn: async () => {
      const document = own && sound?.name === own.name ? withVersion(text, next) : text;
      return { saved: (await saveOwnStrategy({ body: { document }, throwOnError: true })).data, document };
    },
    onSuccess: ({ saved, document }) => {
      leaving.current = true;
      setText(document);
      setKept(document);
      queries.setQueryData<OwnStrategyPage>(listOwnStrategiesQueryKey(), (data) => data && merged(data, saved));
      void queries.invalidateQueries(anyOf(listOwnStrategiesQueryKey()));
      void navigate({ to: "/strategies/own/$name", params: { name: saved.name }, search: {} });
    },
  });
  const problem = save.error && problemOf(save.error);
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: () => dirty && !leaving.current,
    enableBeforeUnload: () => dirty,
    withResolver: true,
  });

  const goTo = (line: number) => {
    const element = area.current;
    if (!element) return;
    element.focus();
    element.setSelectionRange(...lineSpan(text, line));
    element.scrollTop = Math.max(0, (line - 6) * 20);
  };
  const faults = new Set(checked?.faults.flatMap((fault) => (fault.line === null ? [] : [fault.line])) ?? []);
  const title = own?.name ?? t("research.documents.new");
  return (
    <Shell
      title={title}
      actions={
        <div className="flex flex-wrap items-center gap-2">
          {own && (
            <Link
              to="/research/new"
              search={{ strategy: `own:${own.name}`, version: shown }}
              className={buttonClass("secondary")}
            >
              <Play className="size-4" aria-hidden="true" />
              {t("research.documents.backtest")}
            </Link>
          )}
          <Button
            variant="primary"
            busy={save.isPending}
            disabled={!sound || full || (!dirty && own !== undefined)}
            onClick={() => save.mutate()}
          >
            {own ? (dirty ? t("research.documents.save_as", { version: next }) : t("research.documents.unchanged")) : t("research.documents.save")}
          </Button>
        </div>
      }
    >
      {!known && <FullNote page={page} />}
      {problem && (
        <p role="alert" className="mb-4 rounded-lg bg-loss-wash px-3.5 py-2.5 text-loss">
          {problem.errors[0]?.detail ?? words(problem)}
        </p>
      )}
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Card aria-labelledby="document-text">
          <CardTitle id="document-text" title={t("research.documents.editor")}>
            {template !== undefined && <Templates template={template} />}
            {shown !== undefined && <span className="text-xs text-muted">{t("research.version", { version: shown })}</span>}
          </CardTitle>
          <div className="h-[34rem] px-4 pt-1 pb-4 sm:px-5 xl:h-[44rem]">
            <CodeArea
              ref={area}
              label={t("research.documents.editor_label")}
              value={text}
              faults={faults}
              describedBy="document-check"
              onChange={(value) => {
                leaving.current = false;
                setText(value);
              }}
            />
          </div>
        </Card>
        <div className="grid min-w-0 gap-4">
          <CheckPanel
            check={text.trim() ? check.data : undefined}
            error={check.error}
            waiting={Boolean(text.trim()) && (settled !== text || check.isFetching)}
            onLine={goTo}
          />
          {own && <VersionsCard own={own} shown={shown} text={text} />}
        </div>
      </div>
      {status === "blocked" && (
        <Dialog
          title={t("research.documents.leave_title")}
          onClose={reset}
          footer={
            <>
              <Button onClick={reset}>{t("research.documents.stay")}</Button>
              <Button variant="danger" onClick={proceed}>
                {t("research.documents.leave")}
              </Button>
            </>
          }
        >
          <p className="text-soft">{t("research.documents.leave_text")}</p>
        </Dialog>
      )}
    </Shell>
  );
}

/** Begin with a built-in document. */
function Templates({ template }: { template: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { data } = useQuery({ ...listStrategiesOptions(), staleTime: 300_000 });
  return (
    <Select
      label={t("research.documents.begin_with")}
      className="w-64 max-w-full"
      value={template}
      onChange={(event) => void navigate({ to: "/strategies/new", search: { from: event.target.value || undefined } })}
    >
      <option value="">{t("research.documents.blank")}</option>
      {data?.items.map((strategy) => (
        <option key={strategy.name} value={strategy.name}>
          {strategy.title}
        </option>
      ))}
    </Select>
  );
}

function merged(page: OwnStrategyPage, saved: OwnStrategyItem): OwnStrategyPage {
  const others = page.items.filter((each) => each.name !== saved.name);
  const items = [...others, saved].sort((a, b) => a.name.localeCompare(b.name));
  return { ...page, items, counted: items.length };
}
