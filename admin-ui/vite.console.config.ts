import { defineConfig } from "vite";

import { entry } from "./vite.entry.ts";

/** The vendor's console: `dist/console/console.html` answers every page under /admin, its assets are /admin/assets. */
export default defineConfig(entry("console", "/admin/"));
