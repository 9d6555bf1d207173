import "i18next";

import type consoleBilling from "@/console/locales/billing.en.json";
import type console from "@/console/locales/en.json";
import type consoleOperations from "@/console/locales/operations.en.json";
import type consolePages from "@/console/locales/pages.en.json";
import type answers from "@/portal/locales/answers.en.json";
import type en from "@/portal/locales/en.json";
import type knowledge from "@/portal/locales/knowledge.en.json";

/** The texts of the portal app, and those of the console, which have a namespace of their own. */
declare module "i18next" {
  interface CustomTypeOptions {
    resources: {
      translation: typeof en & typeof knowledge & typeof answers;
      console: typeof console & typeof consolePages & typeof consoleBilling & typeof consoleOperations;
    };
  }
}
