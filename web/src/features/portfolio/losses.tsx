import { useTranslation } from "react-i18next";

import type { LiquidationItem, TailItem, TailRiskItem } from "@/client";
import { useFormat } from "@/i18n";
import { SideBadge } from "@/ui/numbers";
import { Card, CardTitle } from "@/ui/surface";
import { inPercent, widthOf } from "@/format/percent";

const HEAD = "py-1.5 text-xs font-medium text-muted";

/** Value at risk and expected shortfall, with what they rest on. */
export function TailCard({ tail, currency }: { tail: TailRiskItem; currency: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const based = t("portfolio.tail_based", {
    confidence: format.percent(inPercent(tail.confidence), { fraction: 0 }),
    hours: format.integer(tail.observations),
  });
  return (
    <Card aria-labelledby="portfolio-tail">
      <CardTitle id="portfolio-tail" title={t("portfolio.tail")} />
      <div className="px-4 pb-4 sm:px-5">
        <p className="text-xs text-muted">{based}</p>
        {(tail.historical ?? tail.cornish_fisher) !== null && (
          <table className="mt-1.5 w-full border-collapse">
            <thead>
              <tr>
                <th scope="col" className={`${HEAD} text-left`}>
                  {t("portfolio.method")}
                </th>
                <th scope="col" className={`${HEAD} text-right`} title={t("portfolio.var_hint")}>
                  {t("portfolio.var")}
                </th>
                <th scope="col" className={`${HEAD} text-right`} title={t("portfolio.cvar_hint")}>
                  {t("portfolio.cvar")}
                </th>
              </tr>
            </thead>
            <tbody>
              <Losses name={t("portfolio.historical")} of={tail.historical} currency={currency} />
              <Losses name={t("portfolio.cornish_fisher")} of={tail.cornish_fisher} currency={currency} />
            </tbody>
          </table>
        )}
        {tail.warnings.map((warning) => (
          <p key={warning} className="mt-2 rounded-lg bg-warn-wash px-3 py-2 text-xs text-warn">
            {t(`portfolio.tail_warning.${warning}`)}
          </p>
        ))}
      </div>
    </Card>
  );
}

function Losses({ name, of, currency }: { name: string; of: TailItem | null; currency: string }) {
  return (
    <tr className="border-t border-line">
      <th scope="row" className="py-2 pr-2 text-left font-normal">
        {name}
      </th>
      <Loss share={of?.var} amount={of?.var_amount} currency={currency} />
      <Loss share={of?.cvar} amount={of?.cvar_amount} currency={currency} />
    </tr>
  );
}

function Loss({ share, amount, currency }: { share?: string; amount?: string; currency: string }) {
  const format = useFormat();
  if (share === undefined || amount === undefined) return <td className="py-2 text-right">—</td>;
  return (
    <td className="tnum py-2 text-right">
      <span className="font-medium">{format.percent(inPercent(share))}</span>
      <span className="block text-xs text-muted">
        {format.money(amount)} {currency}
      </span>
    </td>
  );
}

/** How far the market is from closing each position for its owner. */
export function LiquidationCard({ liquidations }: { liquidations: readonly LiquidationItem[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Card aria-labelledby="portfolio-liquidation">
      <CardTitle id="portfolio-liquidation" title={t("portfolio.liquidation")} />
      <ul className="grid gap-3 px-4 pb-4 sm:px-5">
        {liquidations.map((each) => (
          <li key={each.position_id}>
            <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
              <span className="flex items-center gap-2 font-medium">
                {each.symbol} <SideBadge side={each.side} />
              </span>
              <span className="tnum font-medium">
                {each.distance === null ? t("portfolio.no_liquidation") : format.percent(inPercent(each.distance), { fraction: 1 })}
              </span>
            </div>
            {each.distance !== null && each.liquidation_price !== null && (
              <>
                <div className="mt-1 h-1 overflow-hidden rounded-full bg-line" aria-hidden="true">
                  <div className="h-full rounded-full bg-accent" style={{ width: widthOf(each.distance) }} />
                </div>
                <p className="tnum mt-0.5 text-xs text-muted">
                  {t("portfolio.liquidation_at", {
                    price: format.price(each.mark_price),
                    liquidation: format.price(each.liquidation_price, Math.max(2, (each.mark_price.split(".")[1] ?? "").length)),
                  })}
                </p>
              </>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
