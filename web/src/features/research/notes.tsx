import { CircleCheck, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { AssumptionItem, RefusalItem } from "@/client";
import { Card, CardTitle } from "@/ui/surface";

/** Why a result may be too good, in words. */
export function DoubtsCard({ doubts }: { doubts: readonly { code: string; text: string }[] }) {
  const { t } = useTranslation();
  return (
    <Card aria-labelledby="run-doubts">
      <CardTitle id="run-doubts" title={t("research.report.doubts")} />
      <div className="px-4 pb-4 sm:px-5">
        {doubts.length ? (
          <ul className="grid gap-2.5">
            {doubts.map(({ code, text }) => (
              <li key={code} className="flex gap-2.5 rounded-xl bg-warn-wash px-3.5 py-2.5">
                <TriangleAlert className="mt-0.5 size-4 shrink-0 text-warn" aria-hidden="true" />
                <span className="min-w-0 leading-5.5 text-soft">{text}</span>
              </li>
            ))}
          </ul>
        ) : (
          <p className="flex gap-2.5 text-soft">
            <CircleCheck className="mt-0.5 size-4 shrink-0 text-gain" aria-hidden="true" />
            {t("research.report.no_doubts")}
          </p>
        )}
      </div>
    </Card>
  );
}

/** Set-ups that stood and that a filter of the document refused. */
export function RefusalsCard({ refusals }: { refusals: readonly RefusalItem[] }) {
  const { t } = useTranslation();
  if (!refusals.length) return null;
  return (
    <Card aria-labelledby="run-refusals">
      <CardTitle id="run-refusals" title={t("research.report.refusals")} />
      <ul className="grid gap-1.5 px-4 pb-4 text-soft sm:px-5">
        {refusals.map((each) => (
          <li key={each.filter}>{each.text}</li>
        ))}
      </ul>
    </Card>
  );
}

export function AssumptionsCard({ assumptions }: { assumptions: readonly AssumptionItem[] }) {
  const { t } = useTranslation();
  return (
    <Card aria-labelledby="run-assumptions">
      <CardTitle id="run-assumptions" title={t("research.report.assumptions")} />
      <ul className="list-disc space-y-1.5 pr-4 pb-4 pl-9 text-soft marker:text-muted sm:pr-5 sm:pl-10">
        {assumptions.map((each) => (
          <li key={each.key}>{each.text}</li>
        ))}
      </ul>
    </Card>
  );
}
