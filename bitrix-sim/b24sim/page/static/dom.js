// Small builders (text never becomes HTML), words, and one request.

export const texts = JSON.parse(document.getElementById("texts").textContent);
export const language = document.documentElement.lang;
export const $ = (id) => document.getElementById(id);
export const isWeb = (address) => /^https?:\/\//i.test(address);

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export function avatar(user) {
  const letters = user.name.split(" ").map((word) => word[0]).slice(0, 2).join("");
  const element = make("span", { className: `avatar tone${user.id % 8}`, textContent: letters });
  element.setAttribute("aria-hidden", "true");
  return element;
}

export const time = (at) => new Date(at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });

export function day(at) {
  const date = new Date(at);
  if (date.toDateString() === new Date().toDateString()) return texts.today;
  return date.toLocaleDateString(language, { day: "numeric", month: "long" });
}

export function link(address, label) {
  return make("a", { href: address, textContent: label, target: "_blank", rel: "noopener noreferrer" });
}

export async function ask(method, path, body, signal) {
  const answer = await fetch(path, {
    method,
    signal,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const data = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw Object.assign(new Error(data.error.message), data.error);
  return data;
}

const LATIN = ["a", "b", "v", "g", "d", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u",
  "f", "h", "ts", "ch", "sh", "sch", "", "y", "", "e", "yu", "ya"];

export function transliterate(name) {
  const latin = name.replace(/[а-я]/g, (letter) => LATIN[letter.charCodeAt(0) - 1072]).replace(/ё/g, "e");
  return latin.replace(/[^a-z0-9.-]+/g, "-").replace(/^-+|-+$/g, "");
}
