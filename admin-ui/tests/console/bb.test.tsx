import { MantineProvider } from "@mantine/core";
import { render } from "@testing-library/react";
import { expect, test } from "vitest";

import { parsed, wordsOf } from "@/console/bb";
import { BbText } from "@/console/components/bb-text";

const html = (text: string) => {
  const { container } = render(
    <MantineProvider>
      <p>
        <BbText text={text} />
      </p>
    </MantineProvider>,
  );
  return container.querySelector("p");
};

test("what the messenger shows bold and slanted is a tree", () => {
  expect(parsed("Hello, [b]Anna [I]First[/I][/b]![br]Bye")).toEqual([
    "Hello, ",
    { tag: "b", inside: ["Anna ", { tag: "i", inside: ["First"] }] },
    "!\nBye",
  ]);
});

test("a link and a command keep where they lead", () => {
  expect(parsed("[url=https://x.test/?a=1]the site[/url] [send=/help]Help[/send] [url]https://y.test[/url]")).toEqual([
    { tag: "url", target: "https://x.test/?a=1", inside: ["the site"] },
    " ",
    { tag: "send", target: "/help", inside: ["Help"] },
    " ",
    { tag: "url", target: "https://y.test", inside: ["https://y.test"] },
  ]);
});

test.each([
  "[b]never ended",
  "ended [/b] only",
  "[b]crossed [i]over",
  "an array[i] and a[0]",
  "[user=1]Anna[/user]",
  "[b=1]no such[/b]",
  "[send]nothing to say[/send]",
  "[\u2060b]broken on purpose[\u2060/b]",
  "[/br][br=1]",
])("%j is text to the letter", (text) => {
  expect(parsed(text)).toEqual([text]);
});

test("a tag that was not ended within another is text there", () => {
  expect(parsed("[b]one [i]two[/b] three[/i]")).toEqual([{ tag: "b", inside: ["one [i]two"] }, " three[/i]"]);
});

test("a thousand brackets are read at once, and no deeper than a page may be", () => {
  const text = "[b]".repeat(20_000) + "x" + "[/b]".repeat(20_000);
  const depth = (pieces: ReturnType<typeof parsed>): number =>
    Math.max(0, ...pieces.map((piece) => (typeof piece === "string" ? 0 : 1 + depth(piece.inside))));

  const found = parsed(text);

  expect(depth(found)).toBeLessThanOrEqual(20);
  expect(wordsOf(found).match(/x/g)).toHaveLength(1);
});

test("nothing that is written becomes an element or a link", () => {
  const shown = html('<img src=x onerror="alert(1)">[url=javascript:alert(1)]press[/url][b]<script>1</script>[/b]');

  expect(shown?.querySelectorAll("a, img, script")).toHaveLength(0);
  expect(shown?.textContent).toBe('<img src=x onerror="alert(1)">press javascript:alert(1)<script>1</script>');
  expect(shown?.querySelector("strong")?.textContent).toBe("<script>1</script>");
});

test("an address that is its own words is shown once", () => {
  expect(html("[url=https://x.test]https://x.test[/url]")?.textContent).toBe("https://x.test");
});
