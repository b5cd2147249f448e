import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { Compass, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";

import { ApiProblem } from "@/api/problem";
import { useProblemText } from "@/api/words";
import { Button, buttonClass } from "@/ui/button";
import { Empty } from "@/ui/state";
import { Mark } from "./logo";
import { useTitle } from "./title";

/** In place of what crashed; the rest of the page goes on. */
export function CrashPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const { t } = useTranslation();
  const words = useProblemText();
  return (
    <div role="alert" className="mx-auto max-w-lg py-16">
      <Empty
        icon={TriangleAlert}
        title={t("error.title")}
        action={
          <div className="flex gap-2">
            <Button
              onClick={() => {
                reset();
                void router.invalidate(); // what was refused before is asked for again
              }}
            >{t("app.retry")}</Button>
            <Button variant="ghost" onClick={() => location.reload()}>
              {t("app.reload")}
            </Button>
          </div>
        }
      >
        {error instanceof ApiProblem ? words(error) : t("error.text")}
      </Empty>
    </div>
  );
}

export function NotFoundPage() {
  const { t } = useTranslation();
  useTitle([t("error.not_found")]);
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-2 p-6">
      <Link to="/" className="flex items-center gap-2.5 rounded-lg">
        <Mark className="size-8" />
        <span className="text-lg font-semibold tracking-[-0.02em]">{t("app.name")}</span>
      </Link>
      <Empty
        icon={Compass}
        title={t("error.not_found")}
        heading="h1"
        action={
          <Link to="/" className={buttonClass()}>
            {t("error.home")}
          </Link>
        }
      >
        {t("error.not_found_text")}
      </Empty>
    </main>
  );
}
