// @vitest-environment node
import { expect, test } from "vitest";

import { bodyOf, type Draft, draftOf, isWhole, outcome, same } from "@/portal/features/access/draft";
import type { Chosen } from "@/portal/features/access/people";

const people = (...ids: number[]): Chosen =>
  new Map(ids.map((id) => [id, { id, name: "A", last_name: "B", position: "" }]));

const SAVED = draftOf({ mode: "list", user_ids: [1, 2], department_ids: [7] });

test("what was saved is what is edited, and an unknown mode is a list", () => {
  expect(bodyOf(SAVED)).toEqual({ mode: "list", user_ids: [1, 2], department_ids: [7] });
  expect(draftOf({ mode: "", user_ids: [], department_ids: [] }).mode).toBe("list");
});

test.each<[Partial<Draft>, object]>([
  [{ mode: "list" }, { mode: "list", user_ids: [1, 2, 3], department_ids: [7] }],
  [{ mode: "departments" }, { mode: "departments", user_ids: [1, 2], department_ids: [8] }],
  [{ mode: "all" }, { mode: "all", user_ids: [1, 2], department_ids: [7] }],
])("a save of %j takes along nothing that was chosen in another mode: nobody is welcomed by it", (mode, body) => {
  const draft = { ...SAVED, people: people(1, 2, 3), departments: new Set([8]), ...mode };

  expect(bodyOf(outcome(SAVED, draft))).toEqual(body);
});

test("only what would be saved counts as a change", () => {
  const all: Draft = { ...SAVED, mode: "all" };

  expect(same(all, outcome(all, { ...all, people: people(9), departments: new Set([9]) }))).toBe(true);
  expect(same(all, outcome(all, { ...all, mode: "list" }))).toBe(false);
  expect(same(SAVED, outcome(SAVED, { ...SAVED, people: people(1, 3) }))).toBe(false);
});

test("departments without one of them cannot be saved, an empty list and everybody can", () => {
  const none: Draft = { mode: "departments", people: people(), departments: new Set() };

  expect(isWhole(none)).toBe(false);
  expect(isWhole({ ...none, departments: new Set([1]) })).toBe(true);
  expect(isWhole({ ...none, mode: "list" })).toBe(true);
  expect(isWhole({ ...none, mode: "all" })).toBe(true);
});
