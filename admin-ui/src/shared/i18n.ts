/** Two languages, both in the bundle: a few kilobytes are cheaper than a second request. */
import i18next, { type i18n, type Resource } from "i18next";
import { initReactI18next } from "react-i18next";

export const LANGUAGES = ["ru", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

// Codes of Bitrix24 whose readers are served best by Russian (contract 6.5); everybody else gets English.
const RUSSIAN = new Set(["ru", "kz", "by", "uz"]);

/** The language for a `LANG` of Bitrix24. */
export const languageFor = (code: string): Language => (RUSSIAN.has(code.toLowerCase().slice(0, 2)) ? "ru" : "en");

/** The translator, ready at once. */
export function translator(language: Language, resources: Resource): i18n {
  const made = i18next.createInstance();
  void made.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources,
    initAsync: false,
    interpolation: { escapeValue: false }, // React escapes
  });
  return made;
}
