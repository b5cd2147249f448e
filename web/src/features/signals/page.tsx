import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, Outlet, useNavigate } from "@tanstack/react-router";
import { Radar } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { byCursor } from "@/api/queries";
import { SIGNALS_STATUSES } from "@/app/search";
import { useMarketStatus, useMe } from "@/app/services";
import { useTitle } from "@/app/title";
import type { SignalItem } from "@/client";
import { listSignalsInfiniteOptions, listStrategiesOptions } from "@/client/@tanstack/react-query.gen";
import { SignalsUsed } from "@/features/plan/card";
import { useFormat } from "@/i18n";
import { Button, buttonClass } from "@/ui/button";
import { Select } from "@/ui/field";
import { Empty, LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, PageHeader } from "@/ui/surface";
import { useSteady } from "@/ui/steady";
import { TabBar, tabClass } from "@/ui/tabs";
import { LockedCard, SignalCard } from "./card";
import { ExecuteDialog } from "./execute";

const route = getRouteApi("/inside/signals");

export function SignalsPage() {
  const { t } = useTranslation();
  useTitle([t("signals.title")]);
  const format = useFormat();
  const { plan } = useMe();
  const [executing, setExecuting] = useState<SignalItem | null>(null);
  const search = route.useSearch();
  const { status = "active", symbol, strategy } = search;
  const list = useInfiniteQuery({
    ...listSignalsInfiniteOptions({ query: { status, symbol, strategy, limit: 30 } }),
    ...byCursor,
  });
  const { items: signals, handlers } = useSteady(
    list.data?.pages.flatMap((page) => page.items) ?? [],
    [status, symbol, strategy].join(),
  );
  const firstLocked = signals.find((signal) => signal.locked);
  const total = list.data?.pages[0]?.total;
  const filtered = symbol !== undefined || strategy !== undefined;
  const full = plan.max_signals_per_day !== null && plan.signals_used_today >= plan.max_signals_per_day;
  return (
    <>
      <PageHeader title={t("signals.title")}>
        <SignalsUsed />
      </PageHeader>
      <div className="flex flex-wrap items-center gap-3 pb-4">
        <TabBar label={t("signals.filter")}>
          {SIGNALS_STATUSES.map((each) => (
            <Link
              key={each}
              to="/signals"
              search={{ ...search, status: each === "active" ? undefined : each }}
              aria-current={each === status ? "page" : undefined}
              className={tabClass(each === status)}
            >
              {t(`signals.tab.${each}`)}
            </Link>
          ))}
        </TabBar>
        <Filters />
        {total !== undefined && (
          <p className="ml-auto text-muted">{t("signals.count", { count: total, shown: format.integer(total) })}</p>
        )}
      </div>
      {full && (
        <p className="mb-4 rounded-lg bg-warn-wash px-3.5 py-2.5 text-warn">
          {t("signals.limit_reached", { limit: format.integer(plan.max_signals_per_day ?? 0) })}
        </p>
      )}
      <Card aria-label={t("signals.title")} className="overflow-hidden">
        {list.error && !list.data ? (
          <LoadProblem error={list.error} retry={() => void list.refetch()} />
        ) : list.isPending ? (
          <div className="p-5">
            <SkeletonRows rows={5} className="h-20" />
          </div>
        ) : signals.length ? (
          <ul className="divide-y divide-line" {...handlers}>
            {signals.map((signal) =>
              signal.locked ? (
                <LockedCard key={signal.id} signal={signal} explain={signal === firstLocked} />
              ) : (
                <SignalCard key={signal.id} signal={signal} search={search} onExecute={setExecuting} />
              ),
            )}
          </ul>
        ) : (
          <Empty
            icon={Radar}
            title={t("signals.empty")}
            action={
              filtered && (
                <Link to="/signals" search={{ status: search.status }} className={buttonClass()}>
                  {t("signals.clear")}
                </Link>
              )
            }
          >
            {filtered ? t("signals.empty_filtered") : status === "closed" ? t("signals.empty_closed") : t("signals.empty_active")}
          </Empty>
        )}
      </Card>
      {list.hasNextPage && (
        <p className="pt-4 text-center">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t("app.more")}
          </Button>
        </p>
      )}
      <Outlet />
      {executing && <ExecuteDialog signal={executing} onClose={() => setExecuting(null)} />}
    </>
  );
}

function Filters() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const search = route.useSearch();
  const status = useMarketStatus();
  const strategies = useQuery({ ...listStrategiesOptions(), staleTime: 300_000 }).data;
  const choose = (change: { symbol?: string | undefined; strategy?: string | undefined }) =>
    void navigate({ to: "/signals", search: { ...search, ...change } });
  return (
    <div className="flex min-w-0 gap-2 max-sm:w-full">
      <Select
        label={t("signals.symbol")}
        className="min-w-0 max-sm:flex-1"
        value={search.symbol ?? ""}
        onChange={(event) => choose({ symbol: event.target.value || undefined })}
      >
        <option value="">{t("signals.any_symbol")}</option>
        {status?.symbols.map((symbol) => <option key={symbol}>{symbol}</option>)}
      </Select>
      <Select
        label={t("signals.strategy")}
        className="min-w-0 max-sm:flex-1"
        value={search.strategy ?? ""}
        onChange={(event) => choose({ strategy: event.target.value || undefined })}
      >
        <option value="">{t("signals.any_strategy")}</option>
        {strategies?.items.map((strategy) => (
          <option key={strategy.name} value={strategy.name}>
            {strategy.title}
          </option>
        ))}
      </Select>
    </div>
  );
}
