import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { TabBar, tabClass } from "@/ui/tabs";

const TABS = [
  { to: "/strategies", name: "builtin" },
  { to: "/strategies/own", name: "own" },
  { to: "/research", name: "runs" },
] as const;

/** From strategies to one's own to what was tested, and back. */
export function ResearchTabs({ current }: { current: (typeof TABS)[number]["name"] }) {
  const { t } = useTranslation();
  return (
    <div className="pb-4">
      <TabBar label={t("research.tabs.label")}>
        {TABS.map(({ to, name }) => (
          <Link key={to} to={to} aria-current={name === current ? "page" : undefined} className={tabClass(name === current)}>
            {t(`research.tabs.${name}`)}
          </Link>
        ))}
      </TabBar>
    </div>
  );
}
