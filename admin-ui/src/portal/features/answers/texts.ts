/** The texts of this part come with its files: they are not part of the first load. */
import { getI18n } from "react-i18next";

import en from "@/portal/locales/answers.en.json";
import ru from "@/portal/locales/answers.ru.json";

/** Put them beside the texts that are there. Safe to repeat. */
export function addTexts(): void {
  for (const [language, texts] of Object.entries({ en, ru })) {
    getI18n().addResourceBundle(language, "translation", texts, true);
  }
}
