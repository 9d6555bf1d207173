/** What a person chose for this browser: language here, light or dark by the library. Never anything of a session. */
import { localStorageColorSchemeManager } from "@mantine/core";
import { readLocalStorageValue, useLocalStorage } from "@mantine/hooks";

import { type Language, languageFor } from "@/shared/i18n";

const LANGUAGE = "teachbase-language";

export const schemeManager = localStorageColorSchemeManager({ key: "teachbase-scheme" });

export const preferredLanguage = (): Language =>
  languageFor(readLocalStorageValue<string>({ key: LANGUAGE }) ?? navigator.language);

/** Which columns of a list are not to be seen, by the names that the API has for them. */
export const useHiddenColumns = (list: string) =>
  useLocalStorage<string[]>({
    key: `teachbase-hidden-columns-${list}`,
    defaultValue: [],
    getInitialValueInEffect: false,
  });

export const useRememberLanguage = () =>
  useLocalStorage<Language>({ key: LANGUAGE, defaultValue: preferredLanguage(), getInitialValueInEffect: false })[1];
