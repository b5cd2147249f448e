import { BookOpenText, ChartNoAxesCombined, ShieldCheck } from "lucide-react";
import type { ReactNode } from "react";
import type { UseFormReturn } from "react-hook-form";
import { useTranslation } from "react-i18next";

import { problemOf } from "@/api/problem";
import { useProblemText } from "@/api/words";
import { Mark } from "@/app/logo";
import { useTitle } from "@/app/title";
import { chooseLanguage, currentLanguage, LANGUAGE_NAMES, LANGUAGES } from "@/i18n";

/** What is wrong with a field: a key of ours, or what the server says. */
export function useFieldError(): (message: string | undefined) => string | undefined {
  const { t } = useTranslation();
  return (message) => {
    if (!message) return undefined;
    const [name, count] = message.split(":");
    if (name === "required" || name === "email") return t(`form.${name}`);
    if ((name === "too_short" || name === "too_long") && count) return t(`form.${name}`, { count: Number(count) });
    return message;
  };
}

/** What is wrong with the whole form, when no field of it is to blame. */
export function FormProblem({ form, error }: { form: Pick<UseFormReturn, never> & { formState: { errors: { root?: { message?: string } } } }; error: unknown }) {
  const words = useProblemText();
  if (!error || form.formState.errors.root === undefined) return null;
  return (
    <p role="alert" className="rounded-lg bg-loss-wash px-3.5 py-2.5 font-medium text-loss">
      {words(problemOf(error))}
    </p>
  );
}

export function Other({ question, children }: { question: string; children: ReactNode }) {
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

export function AuthFrame({ title, subtitle, notice, children }: { title: string; subtitle: string; notice?: string | null; children: ReactNode }) {
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
