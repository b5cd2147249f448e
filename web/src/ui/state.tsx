import { clsx } from "clsx";
import { CloudOff, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { problemOf } from "@/api/problem";
import { useProblemText } from "@/api/words";
import { Button } from "./button";

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden="true" className={clsx("animate-pulse-soft rounded-md bg-sunken", className)} />;
}

/** Rows that stand for what is being loaded; screen readers hear one word. */
export function SkeletonRows({ rows = 4, className = "h-14" }: { rows?: number; className?: string }) {
  const { t } = useTranslation();
  return (
    <div role="status" className="grid gap-2.5">
      <span className="sr-only">{t("app.loading")}</span>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} className={className} />
      ))}
    </div>
  );
}

export function Empty({
  icon: Icon,
  title,
  heading: Title = "p",
  children,
  action,
}: {
  icon: LucideIcon;
  title: string;
  /** Where it is all that the page has. */
  heading?: "p" | "h1";
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-10 text-center">
      <span className="mb-1 flex size-11 items-center justify-center rounded-full bg-sunken text-muted">
        <Icon className="size-5" aria-hidden="true" />
      </span>
      <Title className="font-medium">{title}</Title>
      {children !== undefined && <p className="max-w-sm text-muted">{children}</p>}
      {action !== undefined && <div className="pt-2">{action}</div>}
    </div>
  );
}

/** Something could not be loaded, and what to do about it. */
export function LoadProblem({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const words = useProblemText();
  const problem = problemOf(error);
  return (
    <div role="alert">
      <Empty
        icon={CloudOff}
        title={t("error.load")}
        action={retry && <Button onClick={retry}>{t("app.retry")}</Button>}
      >
        {words(problem)}
        {problem.requestId && (
          <span className="mt-1 block text-xs">{t("error.request_id", { id: problem.requestId })}</span>
        )}
      </Empty>
    </div>
  );
}
