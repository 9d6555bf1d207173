// The messenger page: one state per portal and employee, asked for again as soon as it changes.

import { render } from "./bbcode.js";
import { $, ask, avatar, day, isWeb, language, link, make, texts, time, transliterate } from "./dom.js";
import { openApp } from "./frame.js";
import { drawPanel } from "./panel.js";

const here = new URL(location.href).searchParams;

let portals = [];
let member = here.get("portal") || "";
let userId = Number(here.get("user")) || 0;
let people = [];
let ticked = new Set();
let installing = false; // from the click until the portal's state says "installed"
let current = null; // the last state of the server
let watch = new AbortController();

// ---- talking to the simulator

const onPortal = (method, path, body) => ask(method, `/control/portals/${member}${path}`, body);

function complain(title, error) {
  $("toast-title").textContent = title;
  $("toast-text").textContent = error?.message ?? "";
  $("toast-body").hidden = !error?.body;
  $("toast-body").textContent = error?.body ? JSON.stringify(error.body, null, 2) : "";
  $("toast").hidden = false;
}

async function attempt(work, title = "") {
  try {
    return await work();
  } catch (error) {
    complain(title || error.message, title ? error : null);
    return null;
  }
}

// ---- the chat

function keyboard(message) {
  const box = make("div", { className: "keyboard" });
  let index = 0;
  for (const button of message.keyboard) {
    if (button.TYPE === "NEWLINE") {
      box.append(make("i"));
      continue;
    }
    const number = index++;
    const className = `key ${button.BG_COLOR_TOKEN === "primary" ? "main" : ""}`;
    if (button.LINK && isWeb(button.LINK)) {
      box.append(Object.assign(link(button.LINK, button.TEXT), { className }));
      continue;
    }
    const key = make("button", { className, textContent: button.TEXT, disabled: button.DISABLED === "Y" });
    key.onclick = () => press(message, number, button);
    box.append(key);
  }
  return box;
}

async function press(message, index, button) {
  if (button.ACTION === "PUT") {
    $("text").value = button.ACTION_VALUE;
    return $("text").focus();
  }
  return attempt(() => onPortal("POST", "/buttons", { message_id: message.id, index, user_id: userId }));
}

function like(message) {
  const on = (message.reactions.like ?? []).includes(userId);
  const button = make("button", { className: `like ${on ? "on" : ""}`, textContent: "👍", title: texts.like });
  button.setAttribute("aria-pressed", on);
  const body = { message_id: message.id, user_id: userId, action: on ? "delete" : "add" };
  button.onclick = () => attempt(() => onPortal("POST", "/reactions", body));
  return button;
}

function bubble(message, previous) {
  const box = make("div", { className: "bubble" });
  const quoted = current.messages.find((item) => item.id === message.reply_id);
  if (quoted) box.append(make("div", { className: "reply", textContent: quoted.text }));
  box.append(render(message.text));
  const meta = make("div", { className: "meta" });
  if (message.edited) meta.append(make("span", { textContent: texts.edited }));
  if (current.failed.has(message.id)) meta.append(make("span", { className: "failed", textContent: texts.not_delivered }));
  meta.append(make("time", { dateTime: message.at, textContent: time(message.at) }));
  box.append(meta);
  if (message.from_bot) box.append(like(message));
  const follows = previous?.author_id === message.author_id ? "next" : "";
  const element = make("div", { className: `message ${message.author_id === userId ? "mine" : ""} ${follows}` }, box);
  if (message.keyboard.length) element.append(keyboard(message));
  return element;
}

function typing() {
  const dots = make("div", { className: "dots" }, make("span"), make("span"), make("span"));
  return make("div", { className: "message" }, make("div", { className: "bubble" }, dots));
}

function empty(title, text, ...more) {
  const icon = make("img", { src: "/static/icon.svg", alt: "", width: 64, height: 64 });
  return make("div", { className: "empty" }, icon, make("h2", { textContent: title }), make("p", { textContent: text }), ...more);
}

function steps(now) {
  const list = make("ol", { className: "steps" });
  texts.steps.forEach(([title, text], number) => {
    const mark = make("span", { textContent: number < now ? "✓" : number + 1 });
    const words = make("div", {}, make("b", { textContent: title }), text);
    if (number === 0 && now === 0) words.append(make("div", {}, createButton()));
    list.append(make("li", { className: number < now ? "done" : number === now ? "now" : "" }, mark, words));
  });
  return make("div", { className: "empty" }, list);
}

function createButton() {
  const button = make("button", { className: "primary", textContent: texts.create_portal });
  button.onclick = () => $("portal-form").requestSubmit();
  return button;
}

function suggestions() {
  const box = make("div", { className: "suggestions" });
  for (const text of texts.suggestions) {
    const key = make("button", { className: "key", textContent: text });
    key.onclick = () => say(text);
    box.append(key);
  }
  return box;
}

function ready() {
  return current?.portal.installed && current.portal.bots.length > 0;
}

function drawChat() {
  const log = $("log");
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const talking = ready() && userId;
  $("chat-head").hidden = $("composer").hidden = !talking;
  if (!current) return log.replaceChildren(steps(0));
  if (!ready()) return log.replaceChildren(steps(1));
  if (!userId) return log.replaceChildren(empty(...texts.pick));
  drawHead();
  const drawn = [];
  let previous = null;
  for (const message of current.messages) {
    if (!previous || day(previous.at) !== day(message.at)) {
      drawn.push(make("div", { className: "day", textContent: day(message.at) }));
      previous = null;
    }
    drawn.push(bubble(message, previous));
    previous = message;
  }
  if (!drawn.length) drawn.push(empty(...texts.empty, suggestions()));
  if (current.typing) drawn.push(typing());
  log.replaceChildren(...drawn);
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function drawHead() {
  const bot = current.portal.bots[0];
  const user = people.find((item) => item.id === userId);
  $("bot-name").textContent = bot.name;
  const code = (current.typing?.code ?? "").replace("IMBOT_AGENT_ACTION_", "");
  const state = current.typing ? `${texts.typing[code] ?? texts.typing[""]}…` : `${bot.position || texts.bot} · ${texts.online}`;
  $("bot-state").textContent = state;
  $("bot-state").className = current.typing ? "busy" : "";
  $("as").replaceChildren(...(user ? [avatar(user), user.name] : []));
}

async function say(text) {
  const travel = document.querySelector("input[name=delivery]:checked").value;
  const extra = { once: {}, duplicate: { duplicate: true }, drop: { drop: true }, late: { delay_ms: 3000 }, reorder: { reorder: true } }[travel];
  $("log").scrollTop = $("log").scrollHeight;
  return attempt(() => onPortal("POST", "/messages", { user_id: userId, text, ...extra }));
}

// ---- portals and people

function remember() {
  const query = new URLSearchParams({ lang: language, portal: member, user: userId || "" });
  history.replaceState(null, "", `/?${query}`);
  query.set("lang", language === "ru" ? "en" : "ru");
  $("language").href = `/?${query}`;
}

async function loadPortals() {
  portals = (await ask("GET", "/control/portals")).items;
  const options = portals.map((item) => make("option", { value: item.member_id, textContent: item.domain }));
  $("portals").replaceChildren(...options);
  if (!portals.some((item) => item.member_id === member)) member = portals.at(-1)?.member_id ?? "";
  $("portals").value = member;
  showForm(!portals.length);
}

function showForm(shown) {
  $("portal-form").hidden = !shown;
  $("portal-row").hidden = !portals.length;
  $("portal-cancel").hidden = !portals.length;
  if (shown) $("portal-name").focus();
}

async function choosePortal(next) {
  watch.abort();
  member = next;
  current = null;
  installing = false;
  $("portal-status").hidden = true; // until its state says which page the app opens with
  people = member ? (await ask("GET", `/control/portals/${member}`)).users.filter((user) => user.active) : [];
  ticked = new Set(people.map((user) => user.id));
  if (!people.some((user) => user.id === userId)) userId = 0;
  $("people").hidden = $("panel").hidden = !member;
  drawPeople();
  drawChat();
  follow();
}

async function createPortal(event) {
  event.preventDefault();
  const words = transliterate($("portal-name").value.trim().toLowerCase());
  const asked = words ? { domain: words.includes(".") ? words : `${words}.bitrix24.ru` } : {};
  const made = await attempt(() => ask("POST", "/control/portals", asked));
  if (!made) return;
  $("portal-name").value = "";
  member = made.member_id;
  await loadPortals();
  await choosePortal(member);
  $("install").focus();
}

function drawPeople() {
  const choosing = current && !current.portal.installed;
  const needle = $("search").value.trim().toLowerCase();
  const found = people.filter((user) => `${user.name} ${user.position}`.toLowerCase().includes(needle)).slice(0, 200);
  $("employees").replaceChildren(...found.map((user) => person(user, choosing)));
  $("nobody").hidden = found.length > 0;
  $("all-row").hidden = $("install-row").hidden = !choosing;
  $("all").checked = ticked.size === people.length;
  $("install").textContent = installing ? texts.installing : `${texts.install} · ${ticked.size}`;
  $("all").disabled = installing;
  $("install").disabled = installing || !ticked.size;
}

function person(user, choosing) {
  const name = make("b", { textContent: user.name });
  if (user.admin) name.append(make("em", { textContent: texts.admin }));
  const words = make("span", {}, name, make("small", { textContent: user.position }));
  const button = make("button", { className: "person", disabled: installing }, avatar(user), words);
  button.setAttribute("aria-pressed", user.id === userId);
  const item = make("li", { className: user.id === userId ? "chosen" : "" });
  if (choosing) {
    const box = make("input", { type: "checkbox", checked: ticked.has(user.id), disabled: installing });
    box.setAttribute("aria-label", user.name);
    box.onchange = () => tick(user.id, box.checked);
    button.onclick = () => tick(user.id, !ticked.has(user.id));
    item.append(box);
  } else {
    button.onclick = () => choosePerson(user.id);
  }
  item.append(button);
  return item;
}

function tick(id, on) {
  if (on) ticked.add(id);
  else ticked.delete(id);
  const focused = [...$("employees").querySelectorAll("button, input")].indexOf(document.activeElement);
  drawPeople();
  $("employees").querySelectorAll("button, input")[focused]?.focus();
}

async function choosePerson(id) {
  userId = id;
  if (ready()) await attempt(() => onPortal("POST", "/dialogs", { user_id: id }));
  drawPeople();
  follow();
  $("text").focus();
}

async function install() {
  installing = true;
  drawPeople();
  if (await attempt(() => onPortal("POST", "/install", { user_ids: [...ticked] }), texts.product_error)) return;
  installing = false;
  drawPeople();
}

async function app() {
  const user = people.find((item) => item.id === userId) ?? people.find((item) => item.admin);
  const { installed } = current.portal;
  await attempt(() => openApp({ member, user, installed, onInstalled: follow }));
}

async function remove() {
  if (confirm(texts.remove_sure)) await attempt(() => onPortal("POST", "/uninstall", { clean: true }));
}

// ---- the tester's panel

function setFaults() {
  const chosen = [...$("faults").querySelectorAll("input:checked")].map((box) => box.value);
  const faults = chosen.map((kind) => ({ kind, delay_ms: kind === "slow" ? 3000 : 0 }));
  return attempt(() => onPortal("PUT", "/faults", faults));
}

// ---- the loop: one request waits for the next state

async function follow() {
  watch.abort();
  watch = new AbortController();
  const { signal } = watch;
  remember();
  let version = "";
  while (member && !signal.aborted) {
    try {
      const query = new URLSearchParams({ user_id: userId, version });
      const next = await ask("GET", `/page/state/${member}?${query}`, undefined, signal);
      const installed = current?.portal.installed;
      if (next.version !== version || next.typing || current?.typing) show(next, installed);
      version = next.version;
    } catch (error) {
      if (signal.aborted) return;
      complain(texts.away);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      version = "";
    }
  }
}

function show(next, wasInstalled) {
  current = next;
  const lost = next.deliveries.filter((line) => !(line.status >= 200 && line.status < 300));
  current.failed = new Set(lost.map((line) => line.message_id));
  if ($("toast-title").textContent === texts.away) $("toast").hidden = true;
  const { portal } = next;
  $("portal-status").hidden = false;
  $("portal-state").textContent = portal.installed ? texts.installed : texts.not_installed;
  $("portal-status").querySelector(".dot").classList.toggle("on", portal.installed);
  $("remove").hidden = !portal.installed;
  if (portal.installed) installing = false;
  if (wasInstalled !== portal.installed) drawPeople();
  drawChat();
  drawPanel(next);
}

// ---- wiring

$("portals").onchange = (event) => choosePortal(event.target.value);
$("portal-new").onclick = () => showForm(true);
$("portal-cancel").onclick = () => showForm(false);
$("portal-form").onsubmit = createPortal;
$("search").oninput = drawPeople;
$("all").onchange = (event) => {
  ticked = new Set(event.target.checked ? people.map((user) => user.id) : []);
  drawPeople();
};
$("install").onclick = install;
$("open-app").onclick = app;
$("remove").onclick = remove;
$("faults").onchange = setFaults;
$("limits").onchange = (event) => onPortal("PUT", "/limits", event.target.checked ? {} : "off");
$("toast-close").onclick = () => ($("toast").hidden = true);
$("composer").onsubmit = (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text) return;
  Object.assign($("text"), { value: "", style: "" });
  say(text);
};
$("text").onkeydown = (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("composer").requestSubmit();
};
$("text").oninput = (event) => {
  event.target.style.height = "auto";
  event.target.style.height = `${event.target.scrollHeight}px`;
};

await loadPortals();
await choosePortal(member);
