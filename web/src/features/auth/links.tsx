import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { CircleCheck, MailCheck } from "lucide-react";
import type { ReactNode } from "react";
import { useForm, useWatch } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { z } from "zod/mini";

import { problemOf } from "@/api/problem";
import { session } from "@/api/session";
import { useProblemText } from "@/api/words";
import { confirmEmailChange, forgotPassword, resetPassword, undoEmailChange, verifyEmail } from "@/client";
import { Button, buttonClass } from "@/ui/button";
import { Field } from "@/ui/field";
import { AuthFrame, FormProblem, Other, useFieldError } from "./frame";
import { NewPassword, newPassword } from "./password";
import { showProblem } from "./problems";

/** The token of a mailed link. It stands behind the #, so that it is in no server's log. */
function useToken(): string {
  return useLocation().hash;
}

function Done({ icon: Icon = CircleCheck, children }: { icon?: typeof CircleCheck; children: ReactNode }) {
  return (
    <div role="status" className="flex gap-3 rounded-xl bg-gain-wash px-4 py-3.5">
      <Icon className="mt-0.5 size-5 shrink-0 text-gain" aria-hidden="true" />
      <p className="min-w-0 text-ink">{children}</p>
    </div>
  );
}

function Refused({ error }: { error: unknown }) {
  const words = useProblemText();
  if (!error) return null;
  return (
    <p role="alert" className="rounded-lg bg-loss-wash px-3.5 py-2.5 font-medium text-loss">
      {words(problemOf(error))}
    </p>
  );
}

function Onwards() {
  const { t } = useTranslation();
  return (
    <Link to={session.likely ? "/" : "/login"} className={buttonClass("primary", "lg", "mt-5 w-full")}>
      {session.likely ? t("error.home") : t("auth.log_in")}
    </Link>
  );
}

const ACTIONS = {
  verify: (token: string) => verifyEmail({ body: { token } }),
  confirm: (token: string) => confirmEmailChange({ body: { token } }),
  undo: (token: string) => undoEmailChange({ body: { token } }),
} as const;

/** What a mailed link does, once a person says so: programs that look into mails open links, too. */
function LinkPage({ what }: { what: keyof typeof ACTIONS }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const token = useToken();
  const act = useMutation({
    mutationFn: () => ACTIONS[what](token),
    onSuccess: async () => {
      if (what !== "undo") return queries.invalidateQueries();
      session.forget(); // it has ended with all others
      queries.clear();
    },
  });
  return (
    <AuthFrame title={t(`link.title.${what}`)} subtitle={t(`link.text.${what}`)}>
      {act.isSuccess ? (
        <>
          <Done>{t(`link.done.${what}`)}</Done>
          <Onwards />
        </>
      ) : (
        <div className="grid gap-4">
          {token ? <Refused error={act.error} /> : <Refused error={problemOf({ code: "invalid_link" }, new Response(null, { status: 400 }))} />}
          <Button
            variant={what === "undo" ? "danger" : "primary"}
            size="lg"
            busy={act.isPending}
            disabled={!token}
            onClick={() => act.mutate()}
          >
            {t(`link.button.${what}`)}
          </Button>
        </div>
      )}
    </AuthFrame>
  );
}

export const VerifyEmailPage = () => <LinkPage what="verify" />;
export const ConfirmEmailPage = () => <LinkPage what="confirm" />;
export const UndoEmailPage = () => <LinkPage what="undo" />;

const forgotSchema = z.object({ email: z.string().check(z.minLength(1, "required"), z.email("email")) });
type ForgotForm = z.infer<typeof forgotSchema>;

export function ForgotPasswordPage() {
  const { t } = useTranslation();
  const fieldError = useFieldError();
  const form = useForm<ForgotForm>({ resolver: zodResolver(forgotSchema), defaultValues: { email: "" } });
  const ask = useMutation({
    mutationFn: (values: ForgotForm) => forgotPassword({ body: values }),
    onError: (error) => showProblem(problemOf(error), form, ["email"]),
  });
  return (
    <AuthFrame title={t("auth.forgot_title")} subtitle={t("auth.forgot_sub")}>
      {ask.isSuccess ? (
        <Done icon={MailCheck}>{t("auth.forgot_done", { email: form.getValues("email") })}</Done>
      ) : (
        <form noValidate onSubmit={(event) => void form.handleSubmit((values) => ask.mutate(values))(event)} className="grid gap-4">
          <FormProblem form={form} error={ask.error} />
          <Field
            label={t("auth.email")}
            type="email"
            autoComplete="username"
            inputMode="email"
            autoFocus
            error={fieldError(form.formState.errors.email?.message)}
            {...form.register("email")}
          />
          <Button type="submit" variant="primary" size="lg" busy={ask.isPending} className="mt-1">
            {t("auth.forgot_send")}
          </Button>
        </form>
      )}
      <Other question={t("auth.remembered")}>
        <Link to="/login" className="font-medium text-accent hover:underline">
          {t("auth.log_in")}
        </Link>
      </Other>
    </AuthFrame>
  );
}

const resetSchema = z.object({ password: newPassword });
type ResetForm = z.infer<typeof resetSchema>;

export function ResetPasswordPage() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const token = useToken();
  const fieldError = useFieldError();
  const form = useForm<ResetForm>({ resolver: zodResolver(resetSchema), defaultValues: { password: "" } });
  const reset = useMutation({
    mutationFn: (values: ResetForm) => resetPassword({ body: { token, ...values } }),
    onSuccess: () => {
      session.forget(); // all sessions have ended
      queries.clear();
    },
    onError: (error) => showProblem(problemOf(error), form, ["password"]),
  });
  const password = useWatch({ control: form.control, name: "password" });
  return (
    <AuthFrame title={t("auth.reset_title")} subtitle={t("auth.reset_sub")}>
      {reset.isSuccess ? (
        <>
          <Done>{t("auth.reset_done")}</Done>
          <Onwards />
        </>
      ) : (
        <form noValidate onSubmit={(event) => void form.handleSubmit((values) => reset.mutate(values))(event)} className="grid gap-4">
          <FormProblem form={form} error={reset.error} />
          <NewPassword
            label={t("auth.new_password")}
            autoFocus
            value={password}
            error={fieldError(form.formState.errors.password?.message)}
            {...form.register("password")}
          />
          <Button type="submit" variant="primary" size="lg" busy={reset.isPending} className="mt-1">
            {t("auth.reset_save")}
          </Button>
          {reset.error && problemOf(reset.error).code === "invalid_link" && (
            <Link to="/forgot-password" className="text-center font-medium text-accent hover:underline">
              {t("auth.forgot_again")}
            </Link>
          )}
        </form>
      )}
    </AuthFrame>
  );
}
