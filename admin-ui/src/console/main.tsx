import "@/console/styles";

import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { I18nextProvider } from "react-i18next";

import { App } from "@/console/app";
import billingEn from "@/console/locales/billing.en.json";
import billingRu from "@/console/locales/billing.ru.json";
import en from "@/console/locales/en.json";
import operationsEn from "@/console/locales/operations.en.json";
import operationsRu from "@/console/locales/operations.ru.json";
import pagesEn from "@/console/locales/pages.en.json";
import pagesRu from "@/console/locales/pages.ru.json";
import ru from "@/console/locales/ru.json";
import { preferredLanguage, schemeManager } from "@/console/preferences";
import { translator } from "@/shared/i18n";
import { queryClient } from "@/shared/queries";
import { adoptTheme, theme } from "@/shared/theme";

const language = preferredLanguage();
const i18n = translator(language, {
  en: { console: { ...en, ...pagesEn, ...billingEn, ...operationsEn } },
  ru: { console: { ...ru, ...pagesRu, ...billingRu, ...operationsRu } },
});
const root = document.getElementById("root");
if (!root) throw new Error("no #root in the page");

document.documentElement.lang = language;
i18n.on("languageChanged", (chosen) => (document.documentElement.lang = chosen));
adoptTheme();
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={schemeManager}
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <I18nextProvider i18n={i18n}>
        <QueryClientProvider client={queryClient()}>
          <App />
        </QueryClientProvider>
      </I18nextProvider>
    </MantineProvider>
  </StrictMode>,
);
