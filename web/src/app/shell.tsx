import { Outlet } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

import { StepUpPrompt } from "@/features/security/step-up";
import { UnverifiedBanner } from "@/features/auth/unverified";
import { PlanCard } from "@/features/plan/card";
import { Toaster } from "@/features/activity/toaster";
import { board } from "@/realtime/prices";
import { Header } from "./header";
import { loadAhead } from "./loading";
import { Mark } from "./logo";
import { BottomNav, SideNav } from "./nav";
import { useLive, useMarketStatus, useMe } from "./services";

/** The frame around every page inside, and the live line for as long as somebody is in. */
export function Shell() {
  const { t } = useTranslation();
  const live = useLive();
  const { user } = useMe();
  const status = useMarketStatus();

  useEffect(() => {
    live.start(user.id);
    return () => live.stop();
  }, [live, user.id]);

  useEffect(loadAhead, []);

  useEffect(() => {
    if (status?.market_time) board.put(status.market_time, status.prices);
  }, [status]);

  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[14.5rem_minmax(0,1fr)]">
      <a
        href="#content"
        className="sr-only z-50 rounded-lg bg-accent px-4 py-2 text-accent-ink focus:not-sr-only focus:fixed focus:top-3 focus:left-3"
      >
        {t("app.skip")}
      </a>
      <aside className="sticky top-0 hidden h-dvh flex-col border-r border-line bg-surface px-3 pt-4 pb-3 lg:flex">
        <div className="flex items-center gap-2.5 px-2.5 pb-5">
          <Mark className="size-7" />
          <span className="text-base font-semibold tracking-[-0.02em]">{t("app.name")}</span>
        </div>
        <SideNav />
        <PlanCard className="mt-auto" />
      </aside>
      <div className="min-w-0">
        <Header />
        <UnverifiedBanner />
        <main
          id="content"
          tabIndex={-1}
          className="mx-auto max-w-[96rem] px-4 pt-4 pb-28 outline-none sm:px-6 sm:pt-6 lg:pb-10"
        >
          <Outlet />
        </main>
      </div>
      <BottomNav />
      <Toaster />
      <StepUpPrompt />
    </div>
  );
}
