// @vitest-environment node
import { expect, test } from "vitest";

import { coversOf, matching, pathOf, rowsOf } from "@/portal/features/access/departments";

const department = (id: number, name: string, parent_id: number | null = null) => ({ id, name, parent_id });

const TREE = rowsOf([
  department(1, "Ромашка"),
  department(2, "Продажи", 1),
  department(5, "Отдел тёплых звонков", 2),
  department(3, "Склад", 1),
]);

test("departments become rows as deep as they are within others", () => {
  expect(TREE.map(({ name, depth }) => [name, depth])).toEqual([
    ["Ромашка", 0],
    ["Продажи", 1],
    ["Отдел тёплых звонков", 2],
    ["Склад", 1],
  ]);
  expect(TREE.map(pathOf)).toEqual([[], ["Ромашка"], ["Ромашка", "Продажи"], ["Ромашка"]]);
});

test("a ring of parents and a parent that is unknown end at the top, each department once", () => {
  const rows = rowsOf([department(7, "A", 8), department(8, "B", 7), department(9, "C", 404), department(9, "C", 404)]);

  expect(rows.map(({ id, depth }) => [id, depth])).toEqual([
    [7, 0],
    [8, 1],
    [9, 0],
  ]);
});

test.each([
  ["тепл", [5]],
  ["СКЛАД", [3]],
  ["", [1, 2, 5, 3]],
  ["нет такого", []],
])("a search for %j finds %j", (query, ids) => {
  expect(matching(TREE, query).map(({ id }) => id)).toEqual(ids);
});

test("what is within a chosen department is included by the nearest one, whatever else is chosen", () => {
  const covers = coversOf(TREE, new Set([1, 2]));

  expect([...covers].map(([id, { name }]) => [id, name])).toEqual([
    [2, "Ромашка"],
    [5, "Продажи"],
    [3, "Ромашка"],
  ]);
  expect(coversOf(TREE, new Set([3, 404])).size).toBe(0);
});

test("five thousand departments in one branch are laid out at once", () => {
  const deep = Array.from({ length: 5000 }, (_, place) => department(place + 1, `${place}`, place || null));

  const rows = rowsOf(deep);

  expect(rows.at(-1)?.depth).toBe(4999);
  expect(coversOf(rows, new Set([1])).size).toBe(4999);
});
