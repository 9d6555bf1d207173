/** Bitrix24's BB codes as a tree of values: what the messenger shows formatted. What is no code of these stays text. */
export type Piece = string | Styled | Pointing;

export interface Styled {
  tag: "b" | "i" | "u" | "s";
  inside: Piece[];
}

/** Words that lead to an address (`url`), or that say or prepare a text when they are pressed (`send`, `put`). */
export interface Pointing {
  tag: "url" | "send" | "put";
  target: string;
  inside: Piece[];
}

interface Open {
  tag: string;
  target: string;
  written: string;
  inside: Piece[];
}

const TAG = /\[(\/?)(b|i|u|s|url|send|put|br)(?:=([^\]\n]*))?\]/gi;
const STYLES = new Set(["b", "i", "u", "s"]);
const DEEPEST = 20; // who writes a thousand brackets gets them back as text, not a page as deep

/** Read a text. Whatever is written in it, all that is not a whole pair of tags is in the answer as it was written. */
export function parsed(text: string): Piece[] {
  const open: Open[] = [{ tag: "", target: "", written: "", inside: [] }];
  let read = 0;
  for (const found of text.matchAll(TAG)) {
    const [written, slash, name = "", value] = found;
    add(open, text.slice(read, found.index));
    read = found.index + written.length;
    const tag = name.toLowerCase();
    if (tag === "br" && !slash && value === undefined) add(open, "\n");
    else if (slash) close(open, tag, written);
    else if (isOpening(tag, value) && open.length <= DEEPEST)
      open.push({ tag, target: value?.trim() ?? "", written, inside: [] });
    else add(open, written);
  }
  add(open, text.slice(read));
  while (open.length > 1) giveUp(open);
  return open[0]?.inside ?? [];
}

/** The words alone, as they are read aloud. */
export const wordsOf = (pieces: readonly Piece[]): string =>
  pieces.map((piece) => (typeof piece === "string" ? piece : wordsOf(piece.inside))).join("");

const isOpening = (tag: string, value: string | undefined) =>
  STYLES.has(tag) ? value === undefined : tag === "url" || (tag !== "br" && Boolean(value?.trim()));

function add(open: Open[], piece: Piece): void {
  const inside = open.at(-1)?.inside;
  const last = inside?.at(-1);
  if (!inside || piece === "") return;
  if (typeof piece === "string" && typeof last === "string") inside[inside.length - 1] = last + piece;
  else inside.push(piece);
}

/** End the innermost tag of that name; those within it that nobody ended were text. */
function close(open: Open[], tag: string, written: string): void {
  if (!open.some((one) => one.tag === tag)) {
    add(open, written);
    return;
  }
  while (open.at(-1)?.tag !== tag) giveUp(open);
  const ended = open.pop();
  if (ended) add(open, made(ended));
}

function giveUp(open: Open[]): void {
  const unended = open.pop();
  if (!unended) return;
  add(open, unended.written);
  unended.inside.forEach((piece) => add(open, piece));
}

function made({ tag, target, inside }: Open): Piece {
  if (tag === "url" || tag === "send" || tag === "put") return { tag, target: target || wordsOf(inside), inside };
  return { tag: tag as Styled["tag"], inside };
}
