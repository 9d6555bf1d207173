// BB codes of the messenger (contract 4.7): the known ones become elements, everything else stays text.

import { isWeb, link, make } from "./dom.js";

const PAIRS = { b: "strong", i: "em", u: "u", s: "s", url: "a", code: "code", user: "span" };
const TAG = /\[(\/?)(b|i|u|s|url|code|user|br)(?:=([^\]\n]*))?\]/gi;
const ADDRESS = /https?:\/\/[^\s<>"'\[\]]+[^\s<>"'\[\].,;:!?)]/g;

function appendText(parent, text) {
  let from = 0;
  for (const found of parent.closest?.("a, code") ? [] : text.matchAll(ADDRESS)) {
    parent.append(text.slice(from, found.index), link(found[0], found[0]));
    from = found.index + found[0].length;
  }
  parent.append(text.slice(from));
}

function closes(text, from, name) {
  return text.toLowerCase().indexOf(`[/${name}]`, from) >= 0;
}

function appendLine(root, text) {
  const open = [root];
  let from = 0;
  for (const found of text.matchAll(TAG)) {
    const [whole, slash, rawName, value] = found;
    const name = rawName.toLowerCase();
    const top = open[open.length - 1];
    const inCode = top.dataset?.bb === "code";
    const end = found.index + whole.length;
    const known = slash ? top.dataset?.bb === name : name === "br" || closes(text, end, name);
    if (!known || (inCode && !(slash && name === "code"))) continue;
    appendText(top, text.slice(from, found.index));
    from = end;
    if (slash) finish(open.pop());
    else if (name === "br") top.append("\n");
    else open.push(begin(top, name, value));
  }
  appendText(open[open.length - 1], text.slice(from));
}

function begin(parent, name, value) {
  const element = make(PAIRS[name]);
  element.dataset.bb = name;
  if (name === "user") element.className = "mention";
  if (name === "url" && value && isWeb(value)) element.href = value;
  parent.append(element);
  return element;
}

function finish(element) {
  if (element.dataset.bb !== "url") return;
  if (!element.href && isWeb(element.textContent)) element.href = element.textContent;
  if (element.href) Object.assign(element, { target: "_blank", rel: "noopener noreferrer" });
}

export function render(text) {
  const root = make("div", { className: "text" });
  const blocks = text.split(/^-{54}$/m); // odd pieces are quotes
  blocks.forEach((block, number) => {
    if (number % 2 && number < blocks.length - 1) return appendLine(root.appendChild(make("blockquote")), block.trim());
    let plain = [];
    const flush = () => plain.length && appendLine(root, plain.join("\n"));
    for (const line of block.replace(/^\n|\n$/g, "").split("\n")) {
      if (!line.startsWith(">>")) plain.push(line);
      else {
        flush();
        plain = [];
        appendLine(root.appendChild(make("blockquote")), line.slice(2).trim());
      }
    }
    flush();
  });
  return root;
}
