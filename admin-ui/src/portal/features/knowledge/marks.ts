/** Passages are Markdown. Headings and list marks are what people trip over; the rest reads well as it is. */

export interface Block {
  kind: "heading" | "text";
  text: string;
}

const HEADING = /^#{1,6}[ \t]+(.*?)[ \t#]*$/;

/** The headings of a text, and what stands between them. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  for (const line of markdown.split("\n")) {
    const heading = HEADING.exec(line)?.[1];
    const last = blocks.at(-1);
    if (heading !== undefined) blocks.push({ kind: "heading", text: plain(heading) });
    else if (last?.kind === "text") last.text += `\n${plain(line)}`;
    else blocks.push({ kind: "text", text: plain(line) });
  }
  return blocks.map(({ kind, text }) => ({ kind, text: text.trim() })).filter(({ text }) => text !== "");
}

const plain = (line: string): string =>
  line.replace(/^(\s*)[-*+][ \t]+/, "$1• ").replace(/(\*\*|__)(\S.*?\S|\S)\1/g, "$2");
