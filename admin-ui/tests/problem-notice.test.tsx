import { MantineProvider } from "@mantine/core";
import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { I18nextProvider } from "react-i18next";
import { afterEach, expect, test, vi } from "vitest";

import { ProblemNotice } from "@/portal/components/problem-notice";
import en from "@/portal/locales/en.json";
import ru from "@/portal/locales/ru.json";
import { type Language, translator } from "@/shared/i18n";
import { Problem } from "@/shared/problem";
import { theme } from "@/shared/theme";

function show(problem: unknown, { language = "en", onRetry }: { language?: Language; onRetry?: () => void } = {}) {
  const i18n = translator(language, { en: { translation: en }, ru: { translation: ru } });
  render(
    <MantineProvider theme={theme}>
      <I18nextProvider i18n={i18n}>
        <ProblemNotice problem={problem} {...(onRetry && { onRetry })} />
      </I18nextProvider>
    </MantineProvider>,
  );
}

afterEach(() => vi.useRealTimers());

const CODES = [
  "not_an_admin",
  "install_not_verified",
  "rights_unknown",
  "too_many_attempts",
  "oauth_unavailable",
] as const;

test.each(CODES.flatMap((code) => [["en", code] as const, ["ru", code] as const]))(
  "%s: %s has a sentence of its own",
  (language, code) => {
    show(new Problem(code, "Server's words.", 403, "01J0TRACE"), { language });

    const said = { en, ru }[language].problems[code];
    expect(screen.getByRole("alert")).toHaveTextContent(said);
    expect(screen.getByRole("alert")).toHaveTextContent("01J0TRACE");
  },
);

test("an unknown refusal is told in the server's words, an unknown failure in ours", () => {
  show(new Problem("strange", "The list is too long.", 400));
  show(new Problem("strange", "KeyError: 7", 500));

  const [refusal, failure] = screen.getAllByRole("alert");
  expect(refusal).toHaveTextContent("The list is too long.");
  expect(failure).toHaveTextContent(en.problems.unknown);
});

test("a repetition waits as long as the server asked", () => {
  vi.useFakeTimers();
  show(new Problem("too_many_attempts", "", 429, "t", 2), { onRetry: () => undefined });

  expect(screen.getByRole("button", { name: "Try again in 2 seconds" })).toBeDisabled();
  act(() => void vi.advanceTimersByTime(1000));
  expect(screen.getByRole("button", { name: "Try again in 1 second" })).toBeDisabled();
  act(() => void vi.advanceTimersByTime(1000));
  expect(screen.getByRole("button", { name: "Try again" })).toBeEnabled();
});

test("the reference is copied with one press", async () => {
  const user = userEvent.setup();
  show(new Problem("unavailable", "", 503, "01J0TRACE"));

  await user.click(screen.getByRole("button", { name: "Copy" }));

  expect(screen.getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await navigator.clipboard.readText()).toBe("01J0TRACE");
});
