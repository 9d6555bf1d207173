// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import enBilling from "@/console/locales/billing.en.json";
import ruBilling from "@/console/locales/billing.ru.json";
import enConsole from "@/console/locales/en.json";
import enOperations from "@/console/locales/operations.en.json";
import ruOperations from "@/console/locales/operations.ru.json";
import enPages from "@/console/locales/pages.en.json";
import ruPages from "@/console/locales/pages.ru.json";
import ruConsole from "@/console/locales/ru.json";
import enAnswers from "@/portal/locales/answers.en.json";
import ruAnswers from "@/portal/locales/answers.ru.json";
import enFirst from "@/portal/locales/en.json";
import enKnowledge from "@/portal/locales/knowledge.en.json";
import ruKnowledge from "@/portal/locales/knowledge.ru.json";
import ruFirst from "@/portal/locales/ru.json";
import { languageFor, translator } from "@/shared/i18n";

const PLURAL = /_(zero|one|two|few|many|other)$/;
const DICTIONARIES = {
  portal: { en: { ...enFirst, ...enKnowledge, ...enAnswers }, ru: { ...ruFirst, ...ruKnowledge, ...ruAnswers } },
  console: {
    en: { ...enConsole, ...enPages, ...enBilling, ...enOperations },
    ru: { ...ruConsole, ...ruPages, ...ruBilling, ...ruOperations },
  },
};
const ENTRIES = Object.entries(DICTIONARIES);
const TREES = ENTRIES.flatMap(([entry, both]) =>
  Object.entries<object>(both).map(([language, tree]) => ({ entry, language, tree })),
);

/** Every text of a dictionary by its path. */
function texts(tree: object, path = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]: [string, unknown]) =>
    typeof value === "object" && value !== null ? texts(value, `${path}${key}.`) : [[path + key, String(value)]],
  );
}

const bases = (tree: object) => [...new Set(texts(tree).map(([key]) => key.replace(PLURAL, "")))].sort();
const placeholders = (text: string) => [...new Set(text.match(/{{\w+}}|<\/?\w+>/g))].sort();

test.each(ENTRIES)("%s: both languages have the same texts", (_, { en, ru }) => {
  expect(bases(ru)).toEqual(bases(en));
});

test.each(TREES)("$entry in $language: every plural has all its forms, and nothing is empty", ({ language, tree }) => {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  const found = new Map(texts(tree));
  for (const [key, text] of found) {
    expect(text.trim(), key).not.toBe("");
    if (!PLURAL.test(key)) continue;
    for (const form of forms) expect(found.has(key.replace(PLURAL, `_${form}`)), `${key} for ${form}`).toBe(true);
  }
});

test.each(ENTRIES)("%s: a text names the same values in both languages", (_, { en, ru }) => {
  const russian = new Map(texts(ru).map(([key, text]) => [key.replace(/_(few|many)$/, "_other"), placeholders(text)]));
  for (const [key, text] of texts(en)) expect(russian.get(key), key).toEqual(placeholders(text));
});

test.each(ENTRIES)("%s: every text is used, and every text used is there", (entry, { en }) => {
  const source = sources(`src/${entry}`).join("\n");
  const keys = bases(en);
  const used = [...source.matchAll(/(?:\bt\(|i18nKey=|\? |: )"([a-z_]+\.[a-z_.]+)"/g)].map((match) => match[1] ?? "");
  const built = [...source.matchAll(/`([a-z_.]+\.)\$\{/g)].map((match) => match[1] ?? "");
  const unused = keys.filter((key) => !source.includes(`"${key}"`) && !built.some((start) => key.startsWith(start)));

  expect(used.filter((key) => !keys.includes(key) && /^[a-z]+\.[a-z_.]+$/.test(key))).toEqual([]);
  expect(unused).toEqual([]);
});

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => readFileSync(join(folder, name), "utf8"));
}

test("numbers take the form that Russian wants", () => {
  const { t } = translator("ru", { ru: { translation: DICTIONARIES.portal.ru } });

  const counted = [1, 3, 12, 21].map((count) => t("people.count", { count }));

  expect(counted).toEqual(["1 сотрудник", "3 сотрудника", "12 сотрудников", "21 сотрудник"]);
});

test.each([
  ["ru", "ru"],
  ["kz", "ru"],
  ["ru-RU", "ru"],
  ["en", "en"],
  ["la", "en"],
  ["", "en"],
])("the language for %j is %s", (code, language) => {
  expect(languageFor(code)).toBe(language);
});
