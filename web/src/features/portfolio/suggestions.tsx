import { useTranslation } from "react-i18next";

import type { SuggestionItem } from "@/client";
import { Card, CardTitle } from "@/ui/surface";

/** What would lower the risk, with the sums that say so. */
export function SuggestionCard({ suggestions }: { suggestions: readonly SuggestionItem[] }) {
  const { t } = useTranslation();
  return (
    <Card aria-labelledby="portfolio-suggestions">
      <CardTitle id="portfolio-suggestions" title={t("portfolio.suggestions")} />
      <div className="px-4 pb-4 sm:px-5">
        {suggestions.length ? (
          <ul className="grid gap-3">
            {suggestions.map((each) => (
              <li key={`${each.code} ${each.subjects.join(" ")}`} className="border-l-2 border-accent pl-3">
                <p className="first-letter:uppercase">{each.words}</p>
                <p className="mt-0.5 text-xs break-words text-muted">{each.arithmetic}</p>
              </li>
            ))}
          </ul>
        ) : (
          <p className="text-muted">{t("portfolio.no_suggestions")}</p>
        )}
        <p className="mt-3 text-xs text-muted">{t("portfolio.suggestions_note")}</p>
      </div>
    </Card>
  );
}
