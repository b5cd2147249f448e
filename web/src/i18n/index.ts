import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";
import { useMemo } from "react";

import { Formatter, type Language } from "@/format";
import type { en } from "./en";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof en };
  }
}

export const LANGUAGES: readonly Language[] = ["en", "ru"];
export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", ru: "Русский" };
const STORED = "tradewind.language";

const load: Record<Language, () => Promise<object>> = {
  en: async () => (await import("./en")).en,
  ru: async () => (await import("./ru")).ru,
};

export function isLanguage(tag: string | null | undefined): tag is Language {
  return tag === "en" || tag === "ru";
}

/** What the user chose here before; null when he never did. */
export function chosenLanguage(): Language | null {
  const stored = localStorage.getItem(STORED);
  return isLanguage(stored) ? stored : null;
}

/** Of the browser's languages the first that we have. */
export function browserLanguage(tags: readonly string[] = navigator.languages): Language {
  for (const tag of tags) {
    const code = tag.toLowerCase().split("-")[0];
    if (isLanguage(code)) return code;
  }
  return "en";
}

export function currentLanguage(): Language {
  return isLanguage(i18next.language) ? i18next.language : "en";
}

async function switchTo(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, "translation")) {
    i18next.addResourceBundle(language, "translation", await load[language]());
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}

export async function startLanguage(): Promise<void> {
  const language = chosenLanguage() ?? browserLanguage();
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: { [language]: { translation: await load[language]() } },
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  });
  document.documentElement.lang = language;
}

/** The user chose a language; it is kept on this device. */
export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(STORED, language);
  await switchTo(language);
}

/** The language of the user's account, for those who never chose one on this device. */
export async function adoptLanguage(locale: string): Promise<void> {
  const code = locale.toLowerCase().split("-")[0];
  if (chosenLanguage() === null && isLanguage(code) && code !== currentLanguage()) await switchTo(code);
}

/** Numbers and times in the language of the page and the time zone of the user. */
export function useFormat(): Formatter {
  const { i18n } = useTranslation();
  const language = isLanguage(i18n.language) ? i18n.language : "en";
  return useMemo(() => new Formatter(language), [language]);
}
