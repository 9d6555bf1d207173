import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The portal app: `dist/portal/portal.html` is a template that the gateway fills, `dist/portal/assets` is served as /assets. */
export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": here("src") } },
  build: {
    outDir: "dist/portal",
    manifest: "manifest.json",
    target: ["chrome111", "firefox114", "safari16.4"],
    chunkSizeWarningLimit: 700, // scripts/size.mjs weighs what counts
    assetsInlineLimit: 0, // nothing as data: in the policy's way
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: here("portal.html"),
      // The libraries change less often than we do: who comes back after a release loads an eighth of it again.
      output: { codeSplitting: { groups: [{ name: "vendor", test: /node_modules/ }] } },
    },
  },
});
