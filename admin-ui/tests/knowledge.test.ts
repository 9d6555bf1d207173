// @vitest-environment node
import { expect, test } from "vitest";

import type { Answer } from "@/portal/api";
import { isQuoted } from "@/portal/features/knowledge/asking";
import { kindOf, momentText, sizeText } from "@/portal/features/knowledge/formats";
import { blocksOf } from "@/portal/features/knowledge/marks";
import { readingOf, settled } from "@/portal/features/knowledge/states";
import {
  changed,
  due,
  isUnderWay,
  LARGEST,
  mayRepeat,
  type Upload,
  uploadOf,
} from "@/portal/features/knowledge/uploads";
import { Problem } from "@/shared/problem";

const MB = 1024 * 1024;
const file = (name: string, size = 10): File => ({ name, size }) as File;
const queued = (...names: string[]): readonly Upload[] => names.map((name, key) => uploadOf(key, file(name), false));
const states = (uploads: readonly Upload[]) => uploads.map(({ state }) => state);

test("two files are sent at once, the others wait for their turn in the order that they were chosen in", () => {
  let uploads = queued("a", "b", "c");
  expect(due(uploads).map(({ key }) => key)).toEqual([0, 1]);

  for (const { key } of due(uploads)) uploads = changed(uploads, { type: "begun", key });
  expect(due(uploads)).toEqual([]);
  uploads = changed(uploads, { type: "stored", key: 1 });

  expect(uploads.map(({ key }) => key)).toEqual([0, 2]); // what was stored is a document now
  expect(due(uploads).map(({ key }) => key)).toEqual([2]);
});

test.each<[string, File, boolean]>([
  ["too_large", file("big.pdf", LARGEST + 1), false],
  ["empty", file("none.txt", 0), false],
  ["folder", file("Documents", 4096), true],
])(
  "what cannot be taken (%s) is refused before it is sent, and sending it again is not offered",
  (code, it, folder) => {
    const upload = uploadOf(1, it, folder);

    expect([upload.state, upload.problem?.code]).toEqual(["refused", code]);
    expect(due([upload])).toEqual([]);
    expect(mayRepeat(upload)).toBe(false);
  },
);

test("a file of the most that is taken is taken", () => {
  expect(uploadOf(1, file("just.zip", LARGEST), false).state).toBe("waiting");
});

test.each<[Problem, boolean]>([
  [new Problem("network", ""), true],
  [new Problem("unavailable", "", 503), true],
  [new Problem("knowledge_limit_reached", "", 409), true], // others may have been deleted
  [new Problem("document_too_large", "", 413), false],
])("a refusal (%s) offers another try only where that may help", (problem, may) => {
  const [refused] = changed(queued("a"), { type: "refused", key: 0, problem });

  expect(refused && mayRepeat(refused)).toBe(may);
});

test("another try begins anew, and the page is not left while a file is under way", () => {
  const begun = changed(queued("a"), { type: "begun", key: 0 });
  const moved = changed(begun, { type: "moved", key: 0, share: 0.5 });
  const refused = changed(moved, { type: "refused", key: 0, problem: new Problem("network", "") });
  const again = changed(refused, { type: "again", key: 0 });
  const there = changed(again, { type: "there", key: 0, name: "first.md" });

  expect([begun, moved, refused, again, there].map(isUnderWay)).toEqual([true, true, false, true, false]);
  expect(again[0]).toMatchObject({ state: "waiting", share: 0, problem: null });
  expect([states(there), there[0]?.keptAs]).toEqual([["there"], "first.md"]);
});

test("news is what was being read and is not any more", () => {
  const document = (id: string, state: string) => ({ id, state }) as Parameters<typeof settled>[1][number];
  const before = readingOf([document("a", "extracting"), document("b", "indexing"), document("c", "ready")]);
  const now = [document("a", "ready"), document("b", "failed"), document("c", "ready"), document("d", "ready")];

  expect(settled(before, now).map(({ id }) => id)).toEqual(["a", "b"]);
});

test.each([
  [16, "en", "16 bytes"],
  [16, "ru", "16 байт"],
  [1023, "en", "1,023 bytes"],
  [1536, "en", "1.5 kB"],
  [1024 * MB - 1, "en", "1 GB"],
  [100 * MB, "ru", "100 МБ"],
])("%i bytes are in %s: %s", (bytes, language, text) => {
  expect(sizeText(bytes, language)).toBe(text.replaceAll(" ", "\u00a0"));
});

test("a moment of another year names the year", () => {
  const now = new Date("2026-09-21T12:00:00");

  expect(momentText("2026-09-20T08:05:00", "en", now)).not.toContain("2026");
  expect(momentText("2025-09-20T08:05:00", "en", now)).toContain("2025");
});

test.each([
  ["report.final.docx", "DOCX"],
  ["ПРАВИЛА.pdf", "PDF"],
  ["README", ""],
  ["a.longending", ""],
])("the kind of %s is %j", (name, kind) => {
  expect(kindOf(name)).toBe(kind);
});

test("headings of a passage are shown as such, and marks of lists and of weight do not get in the way", () => {
  expect(blocksOf("# Leave #\n\nIt is **28 days**:\n- by the portal\n  * in person\n## Moved\n")).toEqual([
    { kind: "heading", text: "Leave" },
    { kind: "text", text: "It is 28 days:\n• by the portal\n  • in person" },
    { kind: "heading", text: "Moved" },
  ]);
  expect(blocksOf("2 * 3 ** 4 and #5 and a_b__c")).toEqual([{ kind: "text", text: "2 * 3 ** 4 and #5 and a_b__c" }]);
});

test("an answer that is nothing but its quotes is not said twice", () => {
  const location = { heading: [], page: null, starts: 0, ends: 1 };
  const citation = (quote: string) => ({ document_id: "d", filename: "f", quote, location });
  const answer = (text: string, ...quotes: string[]): Answer => ({
    answer: text,
    answered: true,
    citations: quotes.map(citation),
  });

  expect(isQuoted(answer("One.\n\nTwo.", "One.", "Two."))).toBe(true);
  expect(isQuoted(answer("One, said differently.", "One."))).toBe(false);
  expect(isQuoted(answer("There is none."))).toBe(false);
});
