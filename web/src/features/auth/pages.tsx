import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useForm, useWatch } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { z } from "zod/mini";

import { problemOf } from "@/api/problem";
import { session } from "@/api/session";
import { openBrowserSession, register as registerPerson } from "@/client";
import { currentLanguage } from "@/i18n";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { AuthFrame, FormProblem, Other, useFieldError } from "./frame";
import { NewPassword, newPassword } from "./password";
import { showProblem } from "./problems";
import { type Asked, askedBy, PasskeyLogin, SecondStep } from "./second-step";

/** Messages are keys of `form`, so that they follow the language. */
const email = z.string().check(z.minLength(1, "required"), z.email("email"));
const loginSchema = z.object({ email, password: z.string().check(z.minLength(1, "required")) });
const registerSchema = z.object({
  email,
  full_name: z.string().check(z.maxLength(200, "too_long:200")),
  password: newPassword,
});
type LoginForm = z.infer<typeof loginSchema>;
type RegisterForm = z.infer<typeof registerSchema>;

const loginRoute = getRouteApi("/login");
const registerRoute = getRouteApi("/register");

async function logIn(form: LoginForm): Promise<void> {
  const { data } = await openBrowserSession({ body: form });
  session.begin(data.csrf_token);
}

export function LoginPage() {
  const { t } = useTranslation();
  const { next, ended } = loginRoute.useSearch();
  const navigate = useNavigate();
  const fieldError = useFieldError();
  const form = useForm<LoginForm>({
    resolver: zodResolver(loginSchema),
    defaultValues: { email: "", password: "" },
  });
  const [asked, setAsked] = useState<Asked | null>(null);
  const enter = () => void navigate({ to: next ?? "/", replace: true });
  const login = useMutation({
    mutationFn: logIn,
    onSuccess: enter,
    onError: (error, credentials) => {
      const more = askedBy(error, credentials);
      if (more) setAsked(more);
      else showProblem(problemOf(error), form, ["email", "password"]);
    },
  });
  const { errors } = form.formState;
  if (asked) {
    return (
      <AuthFrame title={t("factors.second_step")} subtitle={t("factors.second_step_sub")}>
        <SecondStep asked={asked} onDone={enter} onBack={() => setAsked(null)} />
      </AuthFrame>
    );
  }
  return (
    <AuthFrame title={t("auth.welcome")} subtitle={t("auth.welcome_sub")} notice={ended ? t("auth.session_ended") : null}>
      <form noValidate onSubmit={(event) => void form.handleSubmit((values) => login.mutate(values))(event)} className="grid gap-4">
        <FormProblem form={form} error={login.error} />
        <Field
          label={t("auth.email")}
          type="email"
          autoComplete="username"
          inputMode="email"
          autoFocus
          error={fieldError(errors.email?.message)}
          {...form.register("email")}
        />
        <Field
          label={t("auth.password")}
          type="password"
          autoComplete="current-password"
          error={fieldError(errors.password?.message)}
          {...form.register("password")}
        />
        <Link to="/forgot-password" className="-mt-2 justify-self-end text-xs font-medium text-accent hover:underline">
          {t("auth.forgot")}
        </Link>
        <Button type="submit" variant="primary" size="lg" busy={login.isPending} className="mt-1">
          {login.isPending ? t("auth.logging_in") : t("auth.log_in")}
        </Button>
      </form>
      <PasskeyLogin onDone={enter} />
      <Other question={t("auth.no_account")}>
        <Link to="/register" search={{ next }} className="font-medium text-accent hover:underline">
          {t("auth.register")}
        </Link>
      </Other>
    </AuthFrame>
  );
}

export function RegisterPage() {
  const { t } = useTranslation();
  const { next } = registerRoute.useSearch();
  const navigate = useNavigate();
  const fieldError = useFieldError();
  const form = useForm<RegisterForm>({
    resolver: zodResolver(registerSchema),
    defaultValues: { email: "", password: "", full_name: "" },
  });
  const create = useMutation({
    mutationFn: async ({ full_name, ...rest }: RegisterForm) => {
      await registerPerson({ body: { ...rest, full_name: full_name.trim() || null, locale: currentLanguage() } });
      await logIn(rest);
    },
    onSuccess: () => navigate({ to: next ?? "/", replace: true }),
    onError: (error) => {
      const problem = problemOf(error);
      // The account was asked for, but this password does not open it: the address had one before.
      if (problem.code === "invalid_credentials") form.setError("email", { message: t("auth.maybe_taken") }, { shouldFocus: true });
      else showProblem(problem, form, ["email", "password", "full_name"]);
    },
  });
  const { errors } = form.formState;
  const password = useWatch({ control: form.control, name: "password" });
  return (
    <AuthFrame title={t("auth.create")} subtitle={t("auth.create_sub")}>
      <form noValidate onSubmit={(event) => void form.handleSubmit((values) => create.mutate(values))(event)} className="grid gap-4">
        <FormProblem form={form} error={create.error} />
        <Field
          label={t("auth.email")}
          type="email"
          autoComplete="username"
          inputMode="email"
          autoFocus
          error={fieldError(errors.email?.message)}
          {...form.register("email")}
        />
        <Field
          label={t("auth.full_name")}
          optional
          autoComplete="name"
          error={fieldError(errors.full_name?.message)}
          {...form.register("full_name")}
        />
        <NewPassword
          label={t("auth.password")}
          value={password}
          error={fieldError(errors.password?.message)}
          {...form.register("password")}
        />
        <Button type="submit" variant="primary" size="lg" busy={create.isPending} className="mt-1">
          {create.isPending ? t("auth.registering") : t("auth.register")}
        </Button>
      </form>
      <Other question={t("auth.have_account")}>
        <Link to="/login" search={{ next }} className="font-medium text-accent hover:underline">
          {t("auth.log_in")}
        </Link>
      </Other>
    </AuthFrame>
  );
}
