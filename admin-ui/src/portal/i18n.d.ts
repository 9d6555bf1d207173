import "i18next";

import type answers from "@/portal/locales/answers.en.json";
import type en from "@/portal/locales/en.json";
import type knowledge from "@/portal/locales/knowledge.en.json";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en & typeof knowledge & typeof answers };
  }
}
