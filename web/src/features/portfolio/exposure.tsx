import { clsx } from "clsx";
import { useTranslation } from "react-i18next";

import type { PortfolioPart, UnderlyingItem } from "@/client";
import { sign } from "@/format/decimal";
import { useFormat } from "@/i18n";
import { Card, CardTitle, Fact } from "@/ui/surface";
import { widthOf } from "@/format/percent";

/** What is at stake, on which side, on what, and how well it is spread. */
export function ExposureCard({ part, currency }: { part: PortfolioPart; currency: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { exposure, diversification } = part;
  const times = (value: string | null) => (value === null ? "—" : `${format.price(value, 2)}×`);
  return (
    <Card aria-labelledby="portfolio-exposure">
      <CardTitle id="portfolio-exposure" title={t("portfolio.exposure")}>
        <span className="text-xs text-muted">{currency}</span>
      </CardTitle>
      <div className="px-4 pb-4 sm:px-5">
        <dl className="grid gap-x-8 sm:grid-cols-2">
          <Fact term={t("portfolio.gross")} hint={t("portfolio.gross_hint")}>
            {format.money(exposure.gross)}
          </Fact>
          <Fact term={t("portfolio.leverage")} hint={t("portfolio.leverage_hint")}>
            {times(exposure.leverage)}
          </Fact>
          <Fact term={t("portfolio.net")} hint={t("portfolio.net_hint")}>
            {format.money(exposure.net, { signed: true })}
          </Fact>
          <Fact term={t("portfolio.net_leverage")}>{times(exposure.net_leverage)}</Fact>
          <Fact term={t("portfolio.score")} hint={t("portfolio.score_hint")}>
            {diversification ? format.price(diversification.score, 2) : "—"}
          </Fact>
          <Fact term={t("portfolio.effective")} hint={t("portfolio.effective_hint")}>
            {diversification ? format.price(diversification.effective, 2) : "—"}
          </Fact>
        </dl>
        <h3 className="mt-3 text-xs font-semibold text-muted">{t("portfolio.by_underlying")}</h3>
        <ul className="mt-1.5 grid gap-2">
          {exposure.by_underlying.map((each) => (
            <Bar key={each.underlying} of={each} />
          ))}
        </ul>
        {exposure.by_venue.length > 1 && (
          <>
            <h3 className="mt-4 text-xs font-semibold text-muted">{t("portfolio.by_venue")}</h3>
            <dl>
              {exposure.by_venue.map((venue) => (
                <Fact key={venue.venue} term={venue.venue}>
                  {format.money(venue.gross)}
                </Fact>
              ))}
            </dl>
          </>
        )}
      </div>
    </Card>
  );
}

function Bar({ of }: { of: UnderlyingItem }) {
  const { t } = useTranslation();
  const format = useFormat();
  const short = sign(of.net) < 0;
  return (
    <li>
      <div className="flex items-baseline justify-between gap-3">
        <span className="font-medium">
          {of.underlying} <span className="text-xs font-normal text-muted">{t(short ? "side.short" : "side.long")}</span>
        </span>
        <span className="tnum">
          {format.money(of.net, { signed: true })} <span className="text-muted">{format.share(of.weight)}</span>
        </span>
      </div>
      <div className="mt-1 h-2 overflow-hidden rounded-full bg-sunken" aria-hidden="true">
        <div
          className={clsx("h-full rounded-full", short ? "bg-short" : "bg-long")}
          style={{ width: widthOf(of.weight) }}
        />
      </div>
    </li>
  );
}
