import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link, Outlet } from "@tanstack/react-router";
import { Layers } from "lucide-react";
import { useTranslation } from "react-i18next";

import { byCursor } from "@/api/queries";
import { useMe } from "@/app/services";
import { useTitle } from "@/app/title";
import { listPositionsInfiniteOptions } from "@/client/@tanstack/react-query.gen";
import { Exports } from "@/features/history/exports";
import { SlotsUsed } from "@/features/plan/card";
import { useFormat } from "@/i18n";
import { TotalPnl } from "@/trading/live";
import { Button, buttonClass } from "@/ui/button";
import { Empty, LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, PageHeader } from "@/ui/surface";
import { PositionRows } from "./rows";
import { PositionTabs } from "./tabs";

const route = getRouteApi("/inside/positions");

export function PositionsPage() {
  const { t } = useTranslation();
  useTitle([t("positions.title")]);
  const format = useFormat();
  const { plan } = useMe();
  const { status = "open" } = route.useSearch();
  const list = useInfiniteQuery({
    ...listPositionsInfiniteOptions({ query: { status, limit: 50 } }),
    ...byCursor,
  });
  const positions = list.data?.pages.flatMap((page) => page.items) ?? [];
  const held = positions.filter((position) => position.status !== "closed");
  const full = plan.max_active_positions !== null && plan.slots_used >= plan.max_active_positions;
  return (
    <>
      <PageHeader title={t("positions.title")}>
        <SlotsUsed />
      </PageHeader>
      <PositionTabs current={status}>
        {status === "open" && held.length > 0 && (
          <p className="flex items-baseline gap-2">
            <span className="text-muted">{t("positions.total_open")}</span>
            <TotalPnl positions={held} className="text-lg font-semibold" />
          </p>
        )}
      </PositionTabs>
      {full && status === "open" && (
        <p className="mb-4 rounded-lg bg-warn-wash px-3.5 py-2.5 text-warn">
          {t("positions.slots_full", { limit: format.integer(plan.max_active_positions ?? 0) })}
        </p>
      )}
      <Card aria-label={t("positions.title")} className="overflow-hidden">
        {list.error && !list.data ? (
          <LoadProblem error={list.error} retry={() => void list.refetch()} />
        ) : list.isPending ? (
          <div className="p-5">
            <SkeletonRows rows={5} />
          </div>
        ) : positions.length ? (
          <PositionRows positions={positions} status={status} />
        ) : status === "closed" ? (
          <Empty icon={Layers} title={t("positions.empty_closed")}>
            {t("positions.empty_closed_text")}
          </Empty>
        ) : (
          <Empty
            icon={Layers}
            title={t("positions.empty_open")}
            action={
              <Link to="/signals" className={buttonClass("secondary")}>
                {t("positions.see_signals")}
              </Link>
            }
          >
            {t("positions.empty_open_text")}
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
      {status === "closed" && <Exports />}
      <Outlet />
    </>
  );
}
