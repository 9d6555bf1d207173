import { expect, test } from "vitest";

import { placesFor } from "@/console/features/search/queries";
import { bytes, duration } from "@/console/formats";
import { chosen, parseSearch, stringifySearch } from "@/console/search";

test("filters stand in the address as they are written, and the empty ones not at all", () => {
  const address = stringifySearch({ state: "dead", portal_id: "0123", cursor: undefined, reason: "" });

  expect(address).toBe("?state=dead&portal_id=0123");
  expect(parseSearch(address)).toEqual({ state: "dead", portal_id: "0123" });
  expect(stringifySearch({})).toBe("");
});

test("of an address the API gets what its route knows", () => {
  expect(chosen({ tab: "outbox", state: "dead", since: "" }, ["state", "since"])).toEqual({ state: "dead" });
});

test.each([
  ["01a21ae883fb74ca837edfdae8067636", ["trace", "portals"]],
  ["ab0d2c3c-3c85-5b93-8d47-fa352c95abba", ["portals", "dialog", "message", "outbox", "inbound_event"]],
  ["1042", ["messages_by_number", "portals"]],
  ["romashka.bitrix24.ru", ["portals"]],
])("%s is looked for where it can be", (wanted, places) => {
  expect(placesFor(wanted)).toEqual(places);
});

test.each([
  [0, "0 sec"],
  [59, "59 sec"],
  [90, "1.5 min"],
  [7200, "2 hr"],
  [259_200, "3 days"],
])("%i seconds read as %s", (seconds, text) => {
  expect(duration(seconds, "en")).toBe(text);
});

test.each([
  [0, "0 byte"],
  [4213, "4.2 kB"],
  [2_147_483_648, "2.1 GB"],
  [5e15, "5,000,000 GB"],
])("%i bytes read as %s", (size, text) => {
  expect(bytes(size, "en")).toBe(text);
});
