import { expect, test } from "vitest";

import { joined, numbered } from "@/console/features/logs/queries";

const line = (at: string, event: string) => ({
  at: `2026-11-27T12:00:${at}+00:00`,
  service: "gateway",
  level: "info",
  event,
  trace_id: null,
  portal_id: null,
  fields: {},
});
const page = (lines: ReturnType<typeof line>[]) => ({ items: numbered(lines), next_cursor: null, readAt: 0 });

test("a line that was written late finds its place, and none is shown twice", () => {
  const known = page([line("05.000002", "newer"), line("05.000001", "same"), line("03.000001", "older")]);
  const fresh = page([line("06.000001", "newest"), line("05.000002", "newer"), line("05.000001", "same")]);
  const late = page([line("06.000001", "newest"), line("05.500000", "late"), line("05.000002", "newer")]);
  const from = Date.parse("2026-11-27T12:00:05Z");

  expect(joined(fresh, known, from).items.map(({ event }) => event)).toEqual(["newest", "newer", "same", "older"]);
  expect(joined(late, known, from).items.map(({ event }) => event)).toEqual(["newest", "late", "newer", "older"]);
});

test("the same words at the same moment are lines of their own, whose ids stay when newer ones come", () => {
  const before = numbered([line("05.000001", "again"), line("05.000001", "again")]);
  const after = numbered([line("06.000001", "newest"), line("05.000001", "again"), line("05.000001", "again")]);

  expect(new Set(before.map(({ id }) => id)).size).toBe(2);
  expect(after.slice(1).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
});
