import { expect, test } from "vitest";

import ru from "@/console/locales/said.ru.json";
import { translation } from "@/console/sentences";

const said = translation(ru);

test.each([
  ["The portal does not answer.", "Портал не отвечает."],
  ["portal does not answer.", "portal не отвечает."],
  ["12 wait, the oldest for 340 s.", "Ждут: 12, старейшее — 340 с."],
  ["Scopes are missing: im, placement.", "Не хватает прав: im, placement."],
  [
    "Portal 7f has no live token: an administrator of it must open the app.",
    "У портала 7f нет действующего токена: его администратор должен открыть приложение.",
  ],
])("%s is said in Russian with its values", (english, russian) => {
  expect(said(english)).toBe(russian);
});

test("a sentence within a sentence is said too", () => {
  const paused = "The queue delivery was paused for this portal by op@x.test: until the box is mended";

  expect(said(`${paused} Resume the queue: what waits is kept, and then sent.`)).toBe(
    "Очередь delivery для этого портала поставлена на паузу (op@x.test): until the box is mended " +
      "Возобновите очередь: то, что ждёт, сохранено и будет отправлено.",
  );
  expect(said("Try now what waits. If it is held up again: The app must be installed again on the portal.")).toBe(
    "Попробовать сейчас отправить то, что ждёт. Если снова застрянет: Приложение нужно заново установить на портале.",
  );
});

test("a code stays, and what was said with it is said in Russian", () => {
  expect(said("PORTAL_DELETED: The portal does not answer.")).toBe("PORTAL_DELETED: Портал не отвечает.");
  expect(said("http_502: HTTP 502, not an answer of REST")).toBe("http_502: HTTP 502, это не ответ REST");
});

test.each(["ACCESS_DENIED: Access denied", "rate_budget_used_up", "Something newer than the dictionary.", ""])(
  "%j, which nobody knows, stays as it is",
  (sentence) => {
    expect(said(sentence)).toBe(sentence);
  },
);

test("a value that looks like a place of the translation is a value", () => {
  expect(said("Loki answers {status}.")).toBe("Loki отвечает {status}.");
});
