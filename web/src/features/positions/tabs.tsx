import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { POSITIONS_STATUSES } from "@/app/search";
import { TabBar, tabClass } from "@/ui/tabs";

type Tab = (typeof POSITIONS_STATUSES)[number] | "ledger";

/** Positions by their state, and the books behind them. */
export function PositionTabs({ current, children }: { current: Tab; children?: ReactNode }) {
  const { t } = useTranslation();
  const looks = (tab: Tab) => ({
    "aria-current": tab === current ? ("page" as const) : undefined,
    className: tabClass(tab === current),
  });
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 pb-4">
      <TabBar label={t("positions.filter")}>
        {POSITIONS_STATUSES.map((each) => (
          <Link key={each} to="/positions" search={{ status: each === "open" ? undefined : each }} {...looks(each)}>
            {t(`positions.tab.${each}`)}
          </Link>
        ))}
        <Link to="/ledger" {...looks("ledger")}>
          {t("research.books.tab")}
        </Link>
      </TabBar>
      {children}
    </div>
  );
}
