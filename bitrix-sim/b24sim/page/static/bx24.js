// BX24 for pages in our frame: the same functions as the platform's library, talking to the simulator's page.
// A page loads it from `{simulator}/api/v1/` where it would load //api.bitrix24.tech/api/v1/ (contract 6.4).

(() => {
  const parentOrigin = new URL(document.currentScript.src).origin;
  const waiting = new Map();
  let number = 0;
  let auth = null;
  let about = null;
  const readers = [];

  const ask = (command, params, callback) => {
    const id = ++number;
    waiting.set(id, callback ?? (() => {}));
    window.parent.postMessage({ bx24: { id, command, params } }, parentOrigin);
  };

  window.addEventListener("message", ({ origin, source, data }) => {
    if (origin !== parentOrigin || source !== window.parent || !data?.bx24) return;
    const callback = waiting.get(data.bx24.id);
    waiting.delete(data.bx24.id);
    callback?.(data.bx24.result);
  });

  const live = () => (auth && auth.expires_in * 1000 > Date.now() ? { ...auth } : false);
  const height = () => Math.max(document.body.scrollHeight, document.body.offsetHeight);

  window.BX24 = {
    init(callback) {
      if (about) return callback?.();
      readers.push(callback);
      if (readers.length > 1) return undefined;
      return ask("init", {}, (answer) => {
        ({ auth, ...about } = answer);
        for (const reader of readers.splice(0)) reader?.();
      });
    },
    getAuth: live,
    refreshAuth: (callback) => ask("refreshAuth", {}, (fresh) => callback?.((auth = fresh))),
    isAdmin: () => about.is_admin,
    getLang: () => about.lang,
    getDomain: () => about.domain,
    install: (callback) => about.install && callback?.(),
    installFinish: () => ask("installFinish"),
    selectUser: (title, callback) => ask("selectUsers", { single: true }, (users) => (callback ?? title)?.(users[0])),
    selectUsers: (title, callback) => ask("selectUsers", {}, callback ?? title),
    fitWindow: (callback) => ask("resizeWindow", { height: height() }, callback),
    resizeWindow: (width, wanted, callback) => ask("resizeWindow", { width, height: wanted }, callback),
    getScrollSize: () => ({ scrollWidth: document.body.scrollWidth, scrollHeight: height() }),
    setTitle: (title, callback) => ask("setTitle", { title }, callback),
    openPath: (path, callback) => ask("openPath", { path }, callback),
    reloadWindow: () => ask("reloadWindow"),
    closeApplication: () => ask("closeApplication"),
    ready: (callback) =>
      document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", callback) : callback(),
    placement: { info: () => ({ placement: about.placement, options: about.placement_options }) },
  };
})();
