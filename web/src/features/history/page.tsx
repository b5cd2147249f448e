import { useTranslation } from "react-i18next";

import { useTitle } from "@/app/title";
import { PageHeader } from "@/ui/surface";
import { PositionTabs } from "@/features/positions/tabs";
import { BalancesCard } from "./balances";
import { File } from "./exports";
import { LotsCard } from "./lots";
import { ResultsCard } from "./results";

/** Everything that was booked: balances, results, tax lots, and files of all of it. */
export function LedgerPage() {
  const { t } = useTranslation();
  useTitle([t("research.books.title")]);
  return (
    <>
      <PageHeader title={t("research.books.title")}>
        <div className="flex flex-wrap gap-2">
          <File name="ledger">{t("history.ledger")}</File>
          <File name="fills">{t("history.fills")}</File>
        </div>
      </PageHeader>
      <PositionTabs current="ledger" />
      <p className="max-w-2xl pb-4 text-muted">{t("research.books.intro")}</p>
      <div className="grid gap-4">
        <BalancesCard />
        <ResultsCard />
        <LotsCard />
      </div>
    </>
  );
}
