import { useTranslation } from "react-i18next";

import type { CorrelationMatrix } from "@/client";
import { sign } from "@/format/decimal";
import { useFormat } from "@/i18n";
import { Card, CardTitle } from "@/ui/surface";

/** Strong enough to be seen, weak enough for the number on it to be read. */
const STRONGEST = 34;

/** How what is held moves together: a table first, a heat map for those who see colours. */
export function CorrelationCard({ correlations }: { correlations: CorrelationMatrix }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { names, matrix, observations, since, until } = correlations;
  if (names.length < 2) return null;
  return (
    <Card aria-labelledby="portfolio-correlations">
      <CardTitle id="portfolio-correlations" title={t("portfolio.correlations")} />
      <div className="px-4 pb-4 sm:px-5">
        <p className="text-xs text-muted">
          {since && until
            ? t("portfolio.correlations_text", { since: format.dateTime(since), until: format.dateTime(until) })
            : t("portfolio.correlations_none")}
        </p>
        <div
          role="group"
          aria-labelledby="portfolio-correlations"
          tabIndex={0}
          className="mt-2 overflow-x-auto rounded-lg"
        >
          <table className="w-full border-separate border-spacing-0.5 text-center">
            <thead>
              <tr>
                <td />
                {names.map((name) => (
                  <th key={name} scope="col" className="px-1 py-1 text-xs font-medium text-muted">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {names.map((name, row) => (
                <tr key={name}>
                  <th scope="row" className="px-1 py-1 text-left text-xs font-medium text-muted">
                    {name}
                  </th>
                  {names.map((other, column) => (
                    <Cell
                      key={other}
                      value={matrix[row]?.[column] ?? null}
                      hours={t("portfolio.hours_both", { hours: format.integer(observations[row]?.[column] ?? 0) })}
                    />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </Card>
  );
}

function Cell({ value, hours }: { value: string | null; hours: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (value === null) {
    return (
      <td className="rounded bg-sunken px-1.5 py-1.5 text-muted" title={hours}>
        <span aria-hidden="true">—</span>
        <span className="sr-only">{t("portfolio.correlation_unknown")}</span>
      </td>
    );
  }
  const colour = sign(value) < 0 ? "var(--short)" : "var(--long)";
  const strength = Math.abs(Number(value)) * STRONGEST;
  return (
    <td
      className="tnum rounded px-1.5 py-1.5"
      title={hours}
      style={{ backgroundColor: `color-mix(in srgb, ${colour} ${strength}%, var(--surface))` }}
    >
      {format.price(value, 2)}
    </td>
  );
}
