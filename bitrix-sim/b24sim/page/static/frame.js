// The app in its frame, as the portal shows it: the page POST of contract 1.3, and the far side of BX24.

import { $, ask, avatar, language, make, texts } from "./dom.js";

const INSTALL = "/v1/bitrix/install";
const MAIN = "/v1/bitrix/handler";

let opened = null; // { member, user, page, product, install, onInstalled }

// ---- opening

export async function openApp({ member, user, installed, onInstalled }) {
  const install = !installed;
  const body = { user_id: user.id, placement: "DEFAULT" };
  const page = await ask("POST", `/control/portals/${member}/open`, body);
  opened = { member, user, page, install, onInstalled };
  $("frame-user").replaceChildren(avatar(user), user.name);
  $("frame-title").textContent = texts.app;
  $("app").showModal();
  if (install && !user.admin) return notice(texts.not_finished);
  return load(page, install ? INSTALL : MAIN);
}

function notice(text) {
  $("frame-box").replaceChildren(make("p", { className: "notice", textContent: text }));
}

function load(page, path) {
  const { DOMAIN, PROTOCOL, APP_SID } = page.query;
  const name = `${DOMAIN}|${PROTOCOL}|${APP_SID}`; // the platform's library reads it (contract 6.2)
  const frame = make("iframe", { id: "frame", name, title: texts.app });
  const action = `${page.product_url}${path}?${new URLSearchParams(page.query)}`;
  const form = make("form", { method: "post", action, target: name, hidden: true });
  for (const [field, value] of Object.entries(page.form)) {
    form.append(make("input", { type: "hidden", name: field, value }));
  }
  $("frame-box").replaceChildren(frame, form);
  form.submit();
  form.remove();
}

// ---- what the page in the frame asks for

const auth = (page) => ({
  access_token: page.form.AUTH_ID,
  refresh_token: page.form.REFRESH_ID,
  expires_in: Math.floor(Date.now() / 1000) + Number(page.form.AUTH_EXPIRES), // a moment (contract 6.4)
  domain: page.query.DOMAIN,
  member_id: page.form.member_id,
});

async function again() {
  const body = { user_id: opened.user.id, placement: "DEFAULT" };
  opened.page = await ask("POST", `/control/portals/${opened.member}/open`, body);
  return opened.page;
}

const COMMANDS = {
  init: () => ({
    auth: auth(opened.page),
    is_admin: opened.user.admin,
    lang: language,
    domain: opened.page.query.DOMAIN,
    install: opened.install,
    placement: opened.page.form.PLACEMENT,
    placement_options: JSON.parse(opened.page.form.PLACEMENT_OPTIONS),
  }),
  refreshAuth: async () => auth(await again()),
  installFinish: async () => {
    await ask("POST", `/control/portals/${opened.member}/install-finish`);
    opened.install = false;
    opened.onInstalled();
    load(await again(), MAIN);
  },
  reloadWindow: async () => load(await again(), opened.install ? INSTALL : MAIN),
  resizeWindow: ({ height }) => {
    $("frame").style.height = `${Math.max(200, Number(height) || 0)}px`;
    return { height };
  },
  setTitle: ({ title }) => ($("frame-title").textContent = String(title)),
  openPath: ({ path }) => ({ result: "error", errorCode: "PATH_NOT_AVAILABLE", path }),
  closeApplication: () => $("app").close(),
  selectUsers: ({ single }) => pick(Boolean(single)),
};

window.addEventListener("message", async ({ source, data }) => {
  const frame = $("frame");
  if (!frame || source !== frame.contentWindow || !data?.bx24) return;
  const { id, command, params } = data.bx24;
  const result = COMMANDS[command] ? await COMMANDS[command](params ?? {}) : null;
  source.postMessage({ bx24: { id, result } }, "*"); // whoever we loaded: nothing here is a secret of a real portal
});

// ---- the portal's dialog to choose employees

async function pick(single) {
  const users = (await ask("GET", `/control/portals/${opened.member}`)).users;
  const people = users.filter((user) => user.active && !user.extranet);
  const chosen = new Set();
  const draw = () => {
    const needle = $("picker-search").value.trim().toLowerCase();
    const found = people.filter((user) => `${user.name} ${user.position}`.toLowerCase().includes(needle)).slice(0, 200);
    $("picker-list").replaceChildren(...found.map(line));
    $("picker-done").textContent = `${texts.choose} · ${chosen.size}`;
    $("picker-done").disabled = !chosen.size;
  };
  const line = (user) => {
    const box = make("input", { type: single ? "radio" : "checkbox", name: "picked", checked: chosen.has(user.id) });
    box.onchange = () => {
      if (single) chosen.clear();
      if (box.checked) chosen.add(user.id);
      else chosen.delete(user.id);
      $("picker-done").textContent = `${texts.choose} · ${chosen.size}`;
      $("picker-done").disabled = !chosen.size;
    };
    const words = make("span", {}, make("b", { textContent: user.name }), make("small", { textContent: user.position }));
    return make("li", {}, make("label", { className: "person" }, box, avatar(user), words));
  };
  $("picker-search").value = "";
  $("picker-search").oninput = draw;
  draw();
  $("picker").showModal();
  await new Promise((resolve) => $("picker").addEventListener("close", resolve, { once: true }));
  if ($("picker").returnValue !== "done") return [];
  $("picker").returnValue = "";
  const picked = people.filter((user) => chosen.has(user.id));
  return picked.map((user) => ({ id: String(user.id), name: user.name, position: user.position, photo: "", url: "" }));
}

$("app-close").onclick = () => $("app").close();
$("app").addEventListener("close", () => {
  $("frame-box").replaceChildren();
  opened = null;
});
