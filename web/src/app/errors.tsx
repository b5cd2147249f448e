import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { Compass, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";

import { ApiProblem } from "@/api/problem";
import { useProblemText } from "@/api/words";
import { Button, buttonClass } from "@/ui/button";
import { Empty } from "@/ui/state";

/** In place of what crashed; the rest of the page goes on. */
export function CrashPage({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const words = useProblemText();
  return (
    <main role="alert" className="mx-auto max-w-lg py-16">
      <Empty
        icon={TriangleAlert}
        title={t("error.title")}
        action={
          <div className="flex gap-2">
            <Button onClick={reset}>{t("app.retry")}</Button>
            <Button variant="ghost" onClick={() => location.reload()}>
              {t("app.reload")}
            </Button>
          </div>
        }
      >
        {error instanceof ApiProblem ? words(error) : t("error.text")}
      </Empty>
    </main>
  );
}

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <main className="mx-auto max-w-lg py-16">
      <Empty
        icon={Compass}
        title={t("error.not_found")}
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
