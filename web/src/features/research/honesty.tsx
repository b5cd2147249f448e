import { CircleCheck, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { HonestyItem } from "@/client";
import { useFormat } from "@/i18n";
import { Card, CardTitle } from "@/ui/surface";
import { Term } from "@/ui/term";
import { percentOf, ratioOf } from "./figures";

/** What the best of so many sets is worth, in numbers and in words. */
export function HonestyCard({ honesty, over }: { honesty: HonestyItem | null; over: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!honesty && over) return null;
  const near = honesty?.neighbourhood;
  const figures = honesty && [
    { term: "dsr", value: percentOf(format, honesty.deflated_sharpe) },
    { term: "pbo", value: percentOf(format, honesty.pbo) },
    { term: "pbo_loss", value: percentOf(format, honesty.pbo_loss_probability) },
    {
      term: "luck",
      value: t("research.sweep.luck_value", {
        luck: ratioOf(format, honesty.luck_sharpe, 3),
        best: ratioOf(format, honesty.best_sharpe, 3),
      }),
    },
    {
      term: "effective",
      value: t("research.sweep.effective_of", {
        effective: ratioOf(format, honesty.effective_trials, 1),
        trials: format.integer(honesty.trials),
      }),
    },
    ...(near
      ? [
          {
            term: "neighbours",
            value: t("research.sweep.neighbours_of", {
              median: ratioOf(format, near.median),
              scored: format.integer(near.scored),
              trials: format.integer(near.trials),
            }),
          } as const,
        ]
      : []),
  ] satisfies { term: "dsr" | "pbo" | "pbo_loss" | "luck" | "effective" | "neighbours"; value: string }[] | null;
  return (
    <Card aria-labelledby="sweep-honesty">
      <CardTitle id="sweep-honesty" title={t("research.sweep.honesty")} />
      <div className="px-4 pb-4 sm:px-5">
        {!honesty || !figures ? (
          <p className="text-muted">{t("research.sweep.after")}</p>
        ) : (
          <>
            <dl>
              {figures.map(({ term, value }) => (
                <div key={term} className="flex items-baseline justify-between gap-4 py-1.5">
                  <dt>
                    <Term label={t(`research.sweep.${term as "dsr"}`)}>{t(`research.sweep.${term as "dsr"}_hint`)}</Term>
                  </dt>
                  <dd className="tnum text-right font-medium">{value}</dd>
                </div>
              ))}
            </dl>
            {honesty.warnings.length ? (
              <ul className="mt-2 grid gap-2">
                {honesty.warnings.map(({ code, text }) => (
                  <li key={code} className="flex gap-2.5 rounded-xl bg-warn-wash px-3.5 py-2.5">
                    <TriangleAlert className="mt-0.5 size-4 shrink-0 text-warn" aria-hidden="true" />
                    <span className="min-w-0 leading-5.5 text-soft">{text}</span>
                  </li>
                ))}
              </ul>
            ) : (
              <p className="mt-2 flex gap-2.5 text-soft">
                <CircleCheck className="mt-0.5 size-4 shrink-0 text-gain" aria-hidden="true" />
                {t("research.sweep.plain")}
              </p>
            )}
          </>
        )}
      </div>
    </Card>
  );
}
