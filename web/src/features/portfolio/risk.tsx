import { clsx } from "clsx";
import { useTranslation } from "react-i18next";

import type { RiskItem } from "@/client";
import { useFormat } from "@/i18n";
import { Badge } from "@/ui/badge";
import { Card, CardTitle } from "@/ui/surface";
import { widthOf } from "@/format/percent";

/** The risk level as a number on its scale, and the sums that it comes from. */
export function RiskCard({ risk }: { risk: RiskItem }) {
  const { t } = useTranslation();
  const format = useFormat();
  const shown = format.price(risk.level, 2);
  return (
    <Card aria-labelledby="portfolio-risk">
      <CardTitle id="portfolio-risk" title={t("portfolio.risk")}>
        <Badge tone={risk.warning ? "warn" : "gain"}>
          {risk.warning ? t("portfolio.risk_high") : t("portfolio.risk_fine")}
        </Badge>
      </CardTitle>
      <div className="px-4 pb-4 sm:px-5">
        <p className="flex items-baseline gap-2">
          <span className="tnum text-3xl leading-10 font-semibold tracking-[-0.02em]">{shown}</span>
          <span className="text-muted">{t("portfolio.risk_scale")}</span>
        </p>
        <div
          role="meter"
          aria-label={t("portfolio.risk")}
          aria-valuemin={0}
          aria-valuemax={1}
          aria-valuenow={Number(risk.level)}
          aria-valuetext={shown}
          className="relative mt-2 h-3 rounded-full bg-sunken"
        >
          <div
            className={clsx("h-full rounded-full", risk.warning ? "bg-warn" : "bg-gain")}
            style={{ width: widthOf(risk.level) }}
          />
          <span
            className="absolute -top-1 h-5 w-0.5 rounded bg-ink"
            style={{ left: widthOf(risk.threshold) }}
            aria-hidden="true"
          />
        </div>
        <p className="mt-1.5 text-xs text-muted">
          {t("portfolio.risk_text", { threshold: format.price(risk.threshold, 1) })}
        </p>
        <ul className="mt-3 grid gap-2.5">
          {risk.components.map((each) => (
            <li key={each.aspect}>
              <div className="flex items-baseline justify-between gap-3">
                <span>
                  {t(`portfolio.aspect.${each.aspect}`)}
                  {each.subject && <span className="text-muted"> · {each.subject}</span>}
                </span>
                <span className="tnum font-medium">{format.price(each.level, 2)}</span>
              </div>
              <div className="mt-1 h-1 overflow-hidden rounded-full bg-line" aria-hidden="true">
                <div className="h-full rounded-full bg-accent" style={{ width: widthOf(each.level) }} />
              </div>
              <p className="tnum mt-0.5 text-xs text-muted">{each.arithmetic}</p>
            </li>
          ))}
        </ul>
      </div>
    </Card>
  );
}
