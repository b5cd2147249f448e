import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { problemOf } from "@/api/problem";
import { useProblemText } from "@/api/words";
import { checkAlert, type Timeframe } from "@/client";
import { useFormat } from "@/i18n";
import { Spinner } from "@/ui/button";
import { useSettled } from "@/ui/settled";

const CANDLES = 500;
const SHOWN = 3;

/** What a condition means and when it last held, while it is being typed. */
export function ConditionCheck({ symbol, timeframe, expression }: { symbol: string; timeframe: Timeframe; expression: string }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const words = useProblemText();
  const text = useSettled(expression.trim());
  const { data, error, isFetching } = useQuery({
    queryKey: ["check-alert", i18n.language, symbol, timeframe, text],
    queryFn: async ({ signal }) =>
      (await checkAlert({ body: { symbol, timeframe, expression: text, candles: CANDLES }, signal, throwOnError: true })).data,
    enabled: Boolean(text && symbol),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 10_000,
  });
  if (!text) return null;
  const problem = error && problemOf(error);
  return (
    <section aria-label={t("alerts.check")} aria-live="polite" className="rounded-xl bg-sunken px-4 py-3 text-xs leading-5">
      <h3 className="flex items-center gap-2 font-semibold text-muted">
        {t("alerts.check")}
        {isFetching && <Spinner className="size-3" />}
      </h3>
      {problem ? (
        <p className="font-medium text-loss">{problem.errors[0]?.detail ?? words(problem)}</p>
      ) : data ? (
        <>
          <p className="mt-1 text-sm text-ink">{data.condition}</p>
          <p className="mt-1 text-soft">
            {data.judged
              ? t("alerts.held", { held: format.integer(data.held), judged: format.integer(data.judged) })
              : t("alerts.warming_up", { warmup: format.integer(data.warmup), onRecord: format.integer(data.on_record) })}{" "}
            {data.holds_now && t("alerts.holds_now")}
          </p>
          <ul className="mt-1 text-muted">
            {data.hits.slice(0, SHOWN).map((hit) => (
              <li key={hit.at}>
                <time dateTime={hit.at} className="tnum font-medium text-soft">
                  {format.dateTime(hit.at)}
                </time>{" "}
                {hit.text}
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </section>
  );
}
