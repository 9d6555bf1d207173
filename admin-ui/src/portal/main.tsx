import "@/portal/styles";

import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { I18nextProvider } from "react-i18next";

import { App } from "@/portal/app";
import { readBoot } from "@/portal/boot";
import { Portal } from "@/portal/bx24";
import { SurroundingsContext } from "@/portal/context";
import { keepFitting } from "@/portal/fit";
import en from "@/portal/locales/en.json";
import ru from "@/portal/locales/ru.json";
import { queryClient } from "@/shared/queries";
import { Session } from "@/portal/session";
import { languageFor, translator } from "@/shared/i18n";
import { adoptTheme, systemScheme, theme } from "@/shared/theme";

const boot = readBoot(document.getElementById("boot")?.textContent);
const language = languageFor(boot.lang || navigator.language);
const i18n = translator(language, { en: { translation: en }, ru: { translation: ru } });
const portal = new Portal();
const root = document.getElementById("root");
if (!root) throw new Error("no #root in the page");

document.documentElement.lang = language;
adoptTheme();
keepFitting(root, portal);
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={systemScheme}
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <I18nextProvider i18n={i18n}>
        <QueryClientProvider client={queryClient()}>
          <SurroundingsContext value={{ boot, portal, session: new Session(portal) }}>
            <App />
          </SurroundingsContext>
        </QueryClientProvider>
      </I18nextProvider>
    </MantineProvider>
  </StrictMode>,
);
