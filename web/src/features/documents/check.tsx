import { CircleAlert, CircleCheck } from "lucide-react";
import { useTranslation } from "react-i18next";

import { problemOf } from "@/api/problem";
import { useProblemText } from "@/api/words";
import type { DocumentCheck } from "@/client";
import { ExplanationSections } from "@/features/research/explanation";
import { useFormat } from "@/i18n";
import { Badge } from "@/ui/badge";
import { Spinner } from "@/ui/button";
import { Card, CardTitle } from "@/ui/surface";

interface Props {
  check: DocumentCheck | undefined;
  error: unknown;
  waiting: boolean;
  onLine: (line: number) => void;
}

/** What is wrong with the text, place by place; or what it says in words. */
export function CheckPanel({ check, error, waiting, onLine }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useProblemText();
  const count = check?.faults.length ?? 0;
  return (
    <Card aria-labelledby="document-says">
      <CardTitle id="document-says" title={t("research.documents.says")}>
        <span id="document-check" aria-live="polite" className="flex h-6 items-center gap-2">
          {waiting && (
            <>
              <Spinner className="size-3" />
              <span className="sr-only">{t("research.documents.checking")}</span>
            </>
          )}
          {check &&
            (count ? (
              <Badge tone="loss">
                <CircleAlert className="size-3.5" aria-hidden="true" />
                {t("research.documents.faults", { count, shown: format.integer(count) })}
              </Badge>
            ) : (
              <Badge tone="gain">
                <CircleCheck className="size-3.5" aria-hidden="true" />
                {t("research.documents.sound")}
              </Badge>
            ))}
        </span>
      </CardTitle>
      <div
        role="group"
        aria-labelledby="document-says"
        tabIndex={0}
        className="max-h-[30rem] min-h-24 overflow-y-auto px-4 pb-4 -outline-offset-2 sm:px-5"
      >
        {error ? (
          <p role="alert" className="text-loss">
            {problemOf(error).errors[0]?.detail ?? words(problemOf(error))}
          </p>
        ) : !check ? (
          <p className="text-muted">{t("research.documents.empty_text")}</p>
        ) : check.document ? (
          <ExplanationSections explanation={check.document.explanation} heading="h3" />
        ) : (
          <ol className="grid gap-2">
            {check.faults.map((fault, place) => {
              const { line } = fault;
              const column = fault.column === null ? "" : `, ${t("research.documents.column", { column: fault.column })}`;
              return (
                <li key={place} className="rounded-xl bg-loss-wash px-3.5 py-2.5">
                  <p className="flex flex-wrap items-baseline gap-x-2 text-xs">
                    {line !== null && (
                      <button
                        type="button"
                        className="rounded font-semibold text-loss underline underline-offset-2"
                        onClick={() => onLine(line)}
                      >
                        {t("research.documents.line", { line: format.integer(line) })}
                      </button>
                    )}
                    <span className="font-mono text-soft break-all">
                      {fault.path || t("research.documents.whole")}
                      {column}
                    </span>
                  </p>
                  <p className="mt-0.5 break-words">{fault.detail}</p>
                </li>
              );
            })}
          </ol>
        )}
      </div>
    </Card>
  );
}
