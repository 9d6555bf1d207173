import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import type { UserConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** How every entry is built: `<name>.html` into `dist/<name>`, whose assets are served under `base`. */
export function entry(name: string, base: string): UserConfig {
  return {
    base,
    logLevel: "warn",
    plugins: [react()],
    resolve: { alias: { "@": here("src") } },
    build: {
      outDir: `dist/${name}`,
      manifest: "manifest.json",
      target: ["chrome111", "firefox114", "safari16.4"],
      chunkSizeWarningLimit: 700, // scripts/size.mjs weighs what counts
      assetsInlineLimit: 0, // nothing as data: in the policy's way
      modulePreload: { polyfill: false },
      rolldownOptions: { input: here(`${name}.html`) },
    },
  };
}
