import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { browserLanguage } from "@/i18n";
import { en } from "@/i18n/en";
import { ru } from "@/i18n/ru";

interface Tree {
  [key: string]: string | Tree;
}

function leaves(tree: Tree, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    const name = path ? `${path}.${key}` : key;
    if (typeof value === "string") found.set(name, value);
    else for (const [inner, words] of leaves(value, name)) found.set(inner, words);
  }
  return found;
}

const PLURAL = /_(zero|one|two|few|many|other)$/;
const english = leaves(en);
const russian = leaves(ru as unknown as Tree);
/** A key without its plural form. */
const base = (key: string) => key.replace(PLURAL, "");
const bases = (words: Map<string, string>) => [...new Set([...words.keys()].map(base))].sort();
const placeholders = (words: string) => [...words.matchAll(/{{(\w+)}}/g)].map((match) => match[1]).sort();

describe("English and Russian", () => {
  it("say the same things", () => {
    expect(bases(russian)).toEqual(bases(english));
  });

  it.each([
    ["en", english],
    ["ru", russian],
  ])("%s has every plural form that its language has, for words that are counted", (language, words) => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const counted = new Set([...words.keys()].filter((key) => PLURAL.test(key) && words.get(key)?.includes("{{shown}}")).map(base));
    expect(counted.size).toBeGreaterThan(0);
    for (const key of counted) for (const form of forms) expect(words.has(`${key}_${form}`), `${key}_${form}`).toBe(true);
  });

  it("leave the same places for numbers and names", () => {
    for (const [key, words] of russian) {
      const counterpart = english.get(key) ?? english.get(`${base(key)}_other`) ?? english.get(base(key));
      expect(counterpart, key).toBeDefined();
      expect(placeholders(words), key).toEqual(placeholders(counterpart ?? ""));
    }
  });

  it("leave nothing empty, and nothing in the other language", () => {
    for (const [key, words] of [...english, ...russian]) expect(words.trim(), key).not.toBe("");
    for (const [key, words] of english) expect(words, key).not.toMatch(/[а-яё]/i);
    const latin = [...russian].filter(([, words]) => /[a-z]{2}/i.test(words.replace(/{{\w+}}/g, "")) && !/[а-яё]/i.test(words));
    const names = new Set(["app.name", "plan.name.STARTER", "plan.name.PRO", "plan.name.ENTERPRISE", "positions.pnl"]);
    expect(latin.map(([key]) => key).filter((key) => !names.has(key) && !key.startsWith("chart.line_target"))).toEqual([]);
  });

  it("hold nothing that no page says", () => {
    const folder = join(import.meta.dirname, "..", "src");
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name) && !name.startsWith("i18n") && !name.startsWith("client"))
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("\n");
    const prefixes = [...sources.matchAll(/`([\w.]+[._])\$\{/g)].map((match) => match[1] ?? "");
    const unsaid = bases(english).filter(
      (key) => !sources.includes(`"${key}"`) && !prefixes.some((prefix) => key.startsWith(prefix) && !key.slice(prefix.length).includes(".")),
    );
    expect(unsaid).toEqual([]);
  });
});

describe("the language of strangers", () => {
  it("is the first of their browser's that we speak", () => {
    expect(browserLanguage(["de-DE", "ru", "en"])).toBe("ru");
    expect(browserLanguage(["ru-RU"])).toBe("ru");
    expect(browserLanguage(["de", "fr"])).toBe("en");
    expect(browserLanguage([])).toBe("en");
  });
});
