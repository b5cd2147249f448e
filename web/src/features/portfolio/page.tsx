import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Lock, PieChart } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useMe } from "@/app/services";
import { useTitle } from "@/app/title";
import type { Portfolio } from "@/client";
import { getPortfolioOptions } from "@/client/@tanstack/react-query.gen";
import { useFormat } from "@/i18n";
import { buttonClass } from "@/ui/button";
import { Empty, LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, PageHeader } from "@/ui/surface";
import { Segments } from "@/ui/tabs";
import { CorrelationCard } from "./correlations";
import { ExposureCard } from "./exposure";
import { LiquidationCard, TailCard } from "./losses";
import { RiskCard } from "./risk";
import { SuggestionCard } from "./suggestions";

/** Prices move all the time; the analysis costs more than a price. */
const REFRESH_MS = 10_000;
const ALL = "all";

/** What is held, how risky that is and what would lower it. */
export function PortfolioPage() {
  const { t } = useTranslation();
  useTitle([t("portfolio.title")]);
  const { plan } = useMe();
  if (!plan.features.includes("portfolio_analysis")) return <Upgrade />;
  return <Analysis />;
}

function Upgrade() {
  const { t } = useTranslation();
  const { plan } = useMe();
  return (
    <>
      <PageHeader title={t("portfolio.title")} />
      <Card aria-label={t("portfolio.title")}>
        <Empty icon={Lock} title={t("portfolio.locked", { plan: t("plan.name.ENTERPRISE") })}>
          {t("portfolio.locked_text", { plan: t(`plan.name.${plan.code}`) })}
        </Empty>
      </Card>
    </>
  );
}

function Analysis() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery({ ...getPortfolioOptions(), refetchInterval: REFRESH_MS });
  if (error && !data) return <LoadProblem error={error} retry={() => void refetch()} />;
  return (
    <>
      {!data ? (
        <>
          <PageHeader title={t("portfolio.title")} />
          <SkeletonRows rows={3} className="h-48" />
        </>
      ) : data.total.liquidations.length ? (
        <Analysed portfolio={data} />
      ) : (
        <>
          <PageHeader title={t("portfolio.title")} />
          <Card aria-label={t("portfolio.title")}>
            <Empty
              icon={PieChart}
              title={t("portfolio.empty")}
              action={
                <Link to="/signals" className={buttonClass("secondary")}>
                  {t("positions.see_signals")}
                </Link>
              }
            >
              {t("portfolio.empty_text")}
            </Empty>
          </Card>
        </>
      )}
    </>
  );
}

function Analysed({ portfolio }: { portfolio: Portfolio }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [chosen, choose] = useState(ALL);
  const account = portfolio.accounts.find((each) => each.account_id === chosen);
  const part = account?.analysis ?? portfolio.total;
  const { currency } = portfolio;
  return (
    <>
      <PageHeader title={t("portfolio.title")}>
        {portfolio.accounts.length > 1 ? (
          <Segments
            label={t("portfolio.account")}
            value={account ? chosen : ALL}
            options={[
              { value: ALL, label: t("portfolio.all_accounts") },
              ...portfolio.accounts.map((each) => ({ value: each.account_id, label: each.name })),
            ]}
            onChange={choose}
          />
        ) : (
          <p className="text-muted">
            {t("portfolio.equity")}{" "}
            <span className="tnum font-semibold text-ink">
              {format.money(part.equity)} {currency}
            </span>
          </p>
        )}
      </PageHeader>
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <div className="grid min-w-0 gap-4">
          <RiskCard risk={part.risk} />
          <SuggestionCard suggestions={part.suggestions} />
          <LiquidationCard liquidations={part.liquidations} />
        </div>
        <div className="grid min-w-0 gap-4">
          <ExposureCard part={part} currency={currency} />
          <TailCard tail={part.tail} currency={currency} />
          <CorrelationCard correlations={portfolio.correlations} />
        </div>
      </div>
    </>
  );
}
