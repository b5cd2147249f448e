import { Outlet } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { Skeleton } from "@/ui/state";

export function Root() {
  return <Outlet />;
}

/** While a page's code is on its way. */
export function PageSkeleton() {
  const { t } = useTranslation();
  return (
    <div role="status" className="grid gap-4">
      <span className="sr-only">{t("app.loading")}</span>
      <Skeleton className="h-8 w-40" />
      <Skeleton className="h-56" />
      <Skeleton className="h-40" />
    </div>
  );
}
