// @vitest-environment node
import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { readBoot } from "@/portal/boot";

test.each([
  ['{"page":"install","lang":"ru","placement":"DEFAULT"}', { page: "install", lang: "ru", placement: "DEFAULT" }],
  ["{}", { page: "main", lang: "", placement: "DEFAULT" }],
  ["not json", { page: "main", lang: "", placement: "DEFAULT" }],
  ["[1]", { page: "main", lang: "", placement: "DEFAULT" }],
  ['{"page":7,"lang":null}', { page: "main", lang: "", placement: "DEFAULT" }],
  [null, { page: "main", lang: "", placement: "DEFAULT" }],
])("the boot block %j is read as far as it makes sense", (text, boot) => {
  expect(readBoot(text)).toEqual(boot);
});

test("the page has the two places that the gateway fills, letter by letter", () => {
  const page = readFileSync("portal.html", "utf8");

  for (const place of ['<script type="application/json" id="boot">{}</script>', 'src="__BX24_URL__"']) {
    expect(page.split(place)).toHaveLength(2);
  }
});
