/** What a person chose for this browser: language here, light or dark by the library. Never anything of a session. */
import { localStorageColorSchemeManager } from "@mantine/core";
import { readLocalStorageValue, useLocalStorage } from "@mantine/hooks";

import { type Language, languageFor } from "@/shared/i18n";

const LANGUAGE = "teachbase-language";

export const schemeManager = localStorageColorSchemeManager({ key: "teachbase-scheme" });

export const preferredLanguage = (): Language =>
  languageFor(readLocalStorageValue<string>({ key: LANGUAGE }) ?? navigator.language);

export const useRememberLanguage = () =>
  useLocalStorage<Language>({ key: LANGUAGE, defaultValue: preferredLanguage(), getInitialValueInEffect: false })[1];
