import { useMutation } from "@tanstack/react-query";
import { MailWarning } from "lucide-react";
import { useTranslation } from "react-i18next";

import { problemOf } from "@/api/problem";
import { useProblemText } from "@/api/words";
import { useMe } from "@/app/services";
import { resendVerification } from "@/client";
import { Spinner } from "@/ui/button";

/** Over every page until the address is proven. Paper trading does not wait for it. */
export function UnverifiedBanner() {
  const { t } = useTranslation();
  const words = useProblemText();
  const { user } = useMe();
  const resend = useMutation({ mutationFn: () => resendVerification() });
  if (user.email_verified) return null;
  return (
    <section
      aria-label={t("verify.label")}
      className="flex flex-wrap items-center justify-center gap-x-3 gap-y-1 border-b border-line bg-warn-wash px-4 py-2 text-center text-xs text-ink"
    >
      <MailWarning className="size-4 shrink-0 text-warn" aria-hidden="true" />
      <span>{t("verify.text", { email: user.email })}</span>
      <span role="status" className="font-medium">
        {resend.isSuccess ? (
          t("verify.sent")
        ) : (
          <button
            type="button"
            className="inline-flex items-center gap-1.5 rounded-md font-medium text-accent underline-offset-2 hover:underline disabled:opacity-60"
            disabled={resend.isPending}
            onClick={() => resend.mutate()}
          >
            {resend.isPending && <Spinner className="size-3" />}
            {t("verify.resend")}
          </button>
        )}
        {resend.error && <span className="ml-2 text-loss">{words(problemOf(resend.error))}</span>}
      </span>
    </section>
  );
}
