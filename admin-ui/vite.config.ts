import { defineConfig, mergeConfig } from "vite";

import { entry } from "./vite.entry.ts";

/** The portal app: `dist/portal/portal.html` is a template that the gateway fills, `dist/portal/assets` is served as /assets. */
export default defineConfig(
  mergeConfig(entry("portal", "/"), {
    // The libraries change less often than we do: who comes back after a release loads an eighth of it again.
    build: { rolldownOptions: { output: { codeSplitting: { groups: [{ name: "vendor", test: /node_modules/ }] } } } },
  }),
);
