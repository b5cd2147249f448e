import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { BookOpenText, ChartNoAxesCombined, ShieldCheck } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useForm, type UseFormReturn } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { z } from "zod/mini";

import { problemOf } from "@/api/problem";
import { session } from "@/api/session";
import { useProblemText } from "@/api/words";
import { Mark } from "@/app/logo";
import { useTitle } from "@/app/title";
import { openBrowserSession, register as registerPerson } from "@/client";
import { chooseLanguage, currentLanguage, LANGUAGE_NAMES, LANGUAGES } from "@/i18n";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { showProblem } from "./problems";
import { type Asked, askedBy, PasskeyLogin, SecondStep } from "./second-step";

/** Messages are keys of `form`, so that they follow the language. */
const email = z.string().check(z.minLength(1, "required"), z.email("email"));
const loginSchema = z.object({ email, password: z.string().check(z.minLength(1, "required")) });
const registerSchema = z.object({
  email,
  full_name: z.string().check(z.maxLength(200, "too_long:200")),
  password: z.string().check(z.minLength(12, "too_short:12"), z.maxLength(128, "too_long:128")),
});
type LoginForm = z.infer<typeof loginSchema>;
type RegisterForm = z.infer<typeof registerSchema>;

const loginRoute = getRouteApi("/login");
const registerRoute = getRouteApi("/register");

/** What is wrong with a field: a key of ours, or what the server says. */
function useFieldError(): (message: string | undefined) => string | undefined {
  const { t } = useTranslation();
  return (message) => {
    if (!message) return undefined;
    const [name, count] = message.split(":");
    if (name === "required" || name === "email") return t(`form.${name}`);
    if ((name === "too_short" || name === "too_long") && count) return t(`form.${name}`, { count: Number(count) });
    return message;
  };
}

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
      if (problem.code === "email_taken") form.setError("email", { message: t("error.code.email_taken") }, { shouldFocus: true });
      else showProblem(problem, form, ["email", "password", "full_name"]);
    },
  });
  const { errors } = form.formState;
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
        <Field
          label={t("auth.password")}
          type="password"
          autoComplete="new-password"
          hint={t("auth.password_hint")}
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

/** What is wrong with the whole form, when no field of it is to blame. */
function FormProblem({ form, error }: { form: Pick<UseFormReturn, never> & { formState: { errors: { root?: { message?: string } } } }; error: unknown }) {
  const words = useProblemText();
  if (!error || form.formState.errors.root === undefined) return null;
  return (
    <p role="alert" className="rounded-lg bg-loss-wash px-3.5 py-2.5 font-medium text-loss">
      {words(problemOf(error))}
    </p>
  );
}

function Other({ question, children }: { question: string; children: ReactNode }) {
  return (
    <p className="mt-6 text-muted">
      {question} {children}
    </p>
  );
}

const PITCHES = [
  { Icon: ShieldCheck, key: "pitch_1" },
  { Icon: BookOpenText, key: "pitch_2" },
  { Icon: ChartNoAxesCombined, key: "pitch_3" },
] as const;

function AuthFrame({ title, subtitle, notice, children }: { title: string; subtitle: string; notice?: string | null; children: ReactNode }) {
  const { t } = useTranslation();
  useTitle([title]);
  return (
    <div className="grid min-h-dvh lg:grid-cols-[minmax(0,1fr)_minmax(0,1.1fr)]">
      <main className="flex flex-col px-5 py-6 sm:px-10">
        <div className="flex items-center gap-2.5">
          <Mark className="size-8" />
          <span className="text-lg font-semibold tracking-[-0.02em]">{t("app.name")}</span>
          <LanguageSwitch />
        </div>
        <div className="m-auto w-full max-w-96 py-10">
          {notice && <p role="status" className="mb-5 rounded-lg bg-warn-wash px-3.5 py-2.5 font-medium text-warn">{notice}</p>}
          <h1 className="text-2xl font-semibold tracking-[-0.02em]">{title}</h1>
          <p className="mt-1.5 mb-7 text-muted">{subtitle}</p>
          {children}
        </div>
      </main>
      <aside className="relative hidden overflow-hidden border-l border-line bg-surface lg:flex">
        <Wind />
        <ul className="relative m-auto grid max-w-md gap-6 px-10">
          {PITCHES.map(({ Icon, key }) => (
            <li key={key} className="flex items-center gap-4">
              <span className="flex size-11 shrink-0 items-center justify-center rounded-xl bg-accent-wash text-accent">
                <Icon className="size-5.5" strokeWidth={1.8} aria-hidden="true" />
              </span>
              <span className="text-lg leading-6 font-medium tracking-[-0.01em]">{t(`auth.${key}`)}</span>
            </li>
          ))}
        </ul>
      </aside>
    </div>
  );
}

function LanguageSwitch() {
  const { t } = useTranslation();
  const language = currentLanguage();
  return (
    <div role="group" aria-label={t("menu.language")} className="ml-auto flex gap-1">
      {LANGUAGES.map((each) => (
        <button
          key={each}
          type="button"
          lang={each}
          aria-pressed={each === language}
          onClick={() => void chooseLanguage(each)}
          className="h-8 rounded-lg px-2.5 text-sm text-muted hover:text-ink aria-pressed:bg-sunken aria-pressed:font-medium aria-pressed:text-ink"
        >
          {LANGUAGE_NAMES[each]}
        </button>
      ))}
    </div>
  );
}

/** Lines of wind across the panel. */
function Wind() {
  return (
    <svg viewBox="0 0 600 800" preserveAspectRatio="xMidYMid slice" className="absolute inset-0 size-full text-accent" aria-hidden="true">
      {Array.from({ length: 16 }, (_, line) => {
        const y = 20 + line * 52;
        const bend = 26 + ((line * 37) % 34);
        return (
          <path
            key={line}
            d={`M-40 ${y} C 120 ${y - bend}, 220 ${y + bend}, 340 ${y} S 540 ${y - bend}, 660 ${y + 8}`}
            fill="none"
            stroke="currentColor"
            strokeOpacity={line > 4 && line < 11 ? 0.05 : 0.13}
            strokeWidth="1.5"
          />
        );
      })}
    </svg>
  );
}
