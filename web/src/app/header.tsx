import { clsx } from "clsx";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import {
  BookOpen,
  CircleUserRound,
  Languages,
  LogOut,
  Monitor,
  Moon,
  Radio,
  ShieldCheck,
  Sun,
  TestTubeDiagonal,
  WifiOff,
} from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { session } from "@/api/session";
import { logout } from "@/client";
import type { Language } from "@/format";
import { ActivityButton } from "@/features/activity/button";
import { PlanLine } from "@/features/plan/card";
import { chooseLanguage, currentLanguage, LANGUAGE_NAMES, LANGUAGES, useFormat } from "@/i18n";
import { activityLog } from "@/realtime/activity";
import { useConnection } from "@/realtime/live";
import { board, useMarketNow } from "@/realtime/prices";
import { IconButton } from "@/ui/button";
import { Menu, MenuChoice, MenuItem, MenuLink, MenuSeparator } from "@/ui/menu";
import { chooseTheme, type ThemeChoice, useThemeChoice } from "@/ui/theme";
import { Mark } from "./logo";
import { useLive, useMarketStatus, useMe } from "./services";

export function Header() {
  return (
    <header className="sticky top-0 z-30 border-b border-line bg-surface">
      <div className="flex h-13 items-center gap-1 pr-2 pl-4 sm:pr-4 sm:pl-6">
        <div className="mr-auto flex items-center gap-3.5 lg:hidden">
          <Mark className="size-7" />
          <MarketClock />
          <ConnectionState compact />
        </div>
        <div className="mr-auto hidden min-w-0 items-center gap-4 lg:flex">
          <MarketBanner />
        </div>
        <div className="mr-2 hidden items-center gap-4 lg:flex">
          <MarketClock />
          <ConnectionState />
        </div>
        <ActivityButton />
        <div className="hidden sm:contents">
          <LanguageMenu />
          <ThemeMenu />
        </div>
        <UserMenu />
      </div>
      <div className="flex h-8 items-center justify-center border-t border-line px-4 text-xs sm:px-6 lg:hidden">
        <MarketBanner />
      </div>
      <LostBanner />
    </header>
  );
}

/** A short break is nobody's business. */
const SAID_AFTER_MS = 2_000;

/** Says how old the figures are while the line is broken. */
function LostBanner() {
  const { t } = useTranslation();
  const format = useFormat();
  const lost = useConnection(useLive()) !== "live";
  const [said, setSaid] = useState(false);
  useEffect(() => {
    if (!lost) return;
    const timer = setTimeout(() => setSaid(true), SAID_AFTER_MS);
    return () => {
      clearTimeout(timer);
      setSaid(false);
    };
  }, [lost]);
  const asOf = board.now;
  return (
    <div role="status">
      {lost && said && (
        <p className="flex items-center justify-center gap-2 border-t border-line bg-warn-wash px-4 py-2 text-center text-xs font-medium text-warn">
          <WifiOff className="size-3.5 shrink-0" aria-hidden="true" />
          {asOf === null ? t("connection.banner") : t("connection.banner_as_of", { at: format.clock(asOf) })}
        </p>
      )}
    </div>
  );
}

function useBanner(): { text: string; real: boolean } | null {
  const { t } = useTranslation();
  const format = useFormat();
  const status = useMarketStatus();
  if (!status) return null;
  if (status.source === "live") {
    return { text: t("market_banner.live", { venue: status.venue ?? "" }), real: true };
  }
  const { speed, source } = status;
  if (!speed) return { text: t(`market_banner.${source}_plain`), real: false };
  const pace =
    speed === "max" ? t("market_banner.max_speed") : t("market_banner.speed", { speed: format.plain(speed) });
  return { text: t(`market_banner.${source}`, { speed: pace }), real: false };
}

function MarketBanner() {
  const banner = useBanner();
  if (!banner) return null;
  const Icon = banner.real ? Radio : TestTubeDiagonal;
  return (
    <p
      className={clsx(
        "flex min-w-0 items-center gap-1.5 font-medium lg:h-7 lg:rounded-full lg:px-3 lg:text-xs",
        banner.real ? "text-gain lg:bg-gain-wash" : "text-warn lg:bg-warn-wash",
      )}
    >
      <Icon className="size-3.5 shrink-0" aria-hidden="true" />
      <span className="truncate" title={banner.text}>
        {banner.text}
      </span>
    </p>
  );
}

function MarketClock() {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useMarketNow();
  if (now === null) return null;
  const title = `${t("market_banner.clock_zone", { zone: format.zone(now) })}: ${format.exact(now)}`;
  return (
    <time dateTime={new Date(now).toISOString()} title={title} className="tnum flex items-baseline gap-1.5 text-xs">
      <span className="hidden text-muted xl:inline">{t("market_banner.clock")}</span>
      <span className="text-soft">{format.date(now)}</span>
      <span className="min-w-14 font-semibold">{format.clock(now)}</span>
      <span className="hidden text-muted md:inline">{format.zone(now)}</span>
    </time>
  );
}

function ConnectionState({ compact = false }: { compact?: boolean }) {
  const { t } = useTranslation();
  const state = useConnection(useLive());
  const live = state === "live";
  return (
    <span
      role="status"
      title={live ? t("connection.live_hint") : t("connection.lost_hint")}
      className={clsx("flex items-center gap-1.5 text-xs font-medium", live ? "text-gain" : "text-warn")}
    >
      <span className={clsx("size-2 rounded-full bg-current", !live && "animate-pulse-soft")} aria-hidden="true" />
      <span className={clsx(compact && "sr-only")}>{t(`connection.${state}`)}</span>
    </span>
  );
}

function useLanguageChoice() {
  const queries = useQueryClient();
  return (language: Language) => {
    // The server answers in the language of the request, too.
    void chooseLanguage(language).then(() => queries.invalidateQueries());
  };
}

const LANGUAGE_OPTIONS = LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }));

function LanguageMenu() {
  const { t } = useTranslation();
  const choose = useLanguageChoice();
  return (
    <Menu
      trigger={
        <IconButton label={t("menu.language")}>
          <Languages className="size-4.5" aria-hidden="true" />
        </IconButton>
      }
    >
      <MenuChoice label={t("menu.language")} value={currentLanguage()} options={LANGUAGE_OPTIONS} onChange={choose} />
    </Menu>
  );
}

const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon };

function useThemeOptions() {
  const { t } = useTranslation();
  return (["system", "light", "dark"] as const).map((value: ThemeChoice) => {
    const Icon = THEME_ICONS[value];
    return {
      value,
      label: (
        <>
          <Icon className="size-4" aria-hidden="true" />
          {t(`menu.theme_${value}`)}
        </>
      ),
    };
  });
}

function ThemeMenu() {
  const { t } = useTranslation();
  const choice = useThemeChoice();
  const Icon = THEME_ICONS[choice];
  return (
    <Menu
      trigger={
        <IconButton label={t("menu.theme")}>
          <Icon className="size-4.5" aria-hidden="true" />
        </IconButton>
      }
    >
      <MenuChoice label={t("menu.theme")} value={choice} options={useThemeOptions()} onChange={chooseTheme} />
    </Menu>
  );
}

function UserMenu() {
  const { t } = useTranslation();
  const { user } = useMe();
  const live = useLive();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const chooseTongue = useLanguageChoice();
  const theme = useThemeChoice();
  const themes = useThemeOptions();

  const leave = async () => {
    await logout().catch(() => undefined); // the cookie is void sooner or later; leave in any case
    session.forget();
    live.stop();
    board.clear();
    activityLog.clear();
    await navigate({ to: "/login" });
    queries.clear();
  };

  return (
    <Menu
      trigger={
        <IconButton label={t("menu.account")}>
          <CircleUserRound className="size-5" strokeWidth={1.8} aria-hidden="true" />
        </IconButton>
      }
    >
      <div className="px-2.5 pt-1.5 pb-2">
        {user.full_name && <p className="font-medium">{user.full_name}</p>}
        <p className="max-w-60 truncate text-xs text-muted">{user.email}</p>
        <PlanLine />
      </div>
      <MenuSeparator />
      <div className="sm:hidden">
        <MenuChoice
          label={t("menu.language")}
          value={currentLanguage()}
          options={LANGUAGE_OPTIONS}
          onChange={chooseTongue}
        />
        <MenuChoice label={t("menu.theme")} value={theme} options={themes} onChange={chooseTheme} />
        <MenuSeparator />
      </div>
      <MenuItem onSelect={() => void navigate({ to: "/settings/security" })}>
        <ShieldCheck className="size-4" aria-hidden="true" />
        {t("menu.security")}
      </MenuItem>
      <MenuLink href="/api/docs">
        <BookOpen className="size-4" aria-hidden="true" />
        {t("menu.api_docs")}
      </MenuLink>
      <MenuItem onSelect={() => void leave()}>
        <LogOut className="size-4" aria-hidden="true" />
        {t("menu.log_out")}
      </MenuItem>
    </Menu>
  );
}
