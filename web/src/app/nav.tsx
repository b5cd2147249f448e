import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { BellRing, CandlestickChart, FlaskConical, Gauge, History, Layers, PieChart, Radar } from "lucide-react";
import { useTranslation } from "react-i18next";

import { getStatsOptions } from "@/client/@tanstack/react-query.gen";

const PAGES = [
  { to: "/", name: "overview", Icon: Gauge },
  { to: "/signals", name: "signals", Icon: Radar },
  { to: "/positions", name: "positions", Icon: Layers },
  { to: "/portfolio", name: "portfolio", Icon: PieChart },
  { to: "/market", name: "market", Icon: CandlestickChart },
  { to: "/alerts", name: "alerts", Icon: BellRing },
  { to: "/strategies", name: "strategies", Icon: FlaskConical },
  { to: "/research", name: "research", Icon: History },
] as const;

/** Back-tests stand beside strategies there, and on a narrow screen seven are enough. */
const ON_PHONES = PAGES.filter(({ name }) => name !== "research");

function OpenCount() {
  const { data } = useQuery(getStatsOptions());
  const { t } = useTranslation();
  if (!data?.open_positions) return null;
  return (
    <span className="tnum ml-auto rounded-md bg-sunken px-1.5 text-xs leading-5 font-medium text-soft group-aria-[current=page]:bg-chip group-aria-[current=page]:text-ink">
      {data.open_positions}
      <span className="sr-only"> {t("overview.open_positions")}</span>
    </span>
  );
}

export function SideNav() {
  const { t } = useTranslation();
  return (
    <nav aria-label={t("nav.label")} className="grid gap-0.5">
      {PAGES.map(({ to, name, Icon }) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact: to === "/", includeSearch: false }}
          className="group flex h-10 items-center gap-3 rounded-lg px-2.5 font-medium text-soft hover:bg-hover hover:text-ink aria-[current=page]:bg-accent-wash aria-[current=page]:text-accent"
        >
          <Icon className="size-4.5" strokeWidth={1.9} aria-hidden="true" />
          {t(`nav.${name}`)}
          {name === "positions" && <OpenCount />}
        </Link>
      ))}
    </nav>
  );
}

export function BottomNav() {
  const { t } = useTranslation();
  return (
    <nav
      aria-label={t("nav.label")}
      className="fixed inset-x-0 bottom-0 z-30 grid auto-cols-fr grid-flow-col border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] lg:hidden"
    >
      {ON_PHONES.map(({ to, name, Icon }) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact: to === "/", includeSearch: false }}
          className="flex h-15 min-w-0 flex-col items-center justify-center gap-1 px-0.5 text-2xs font-medium text-muted aria-[current=page]:text-accent"
        >
          <Icon className="size-5" strokeWidth={1.8} aria-hidden="true" />
          <span className="max-w-full truncate">{t(`nav.${name}`)}</span>
        </Link>
      ))}
    </nav>
  );
}
