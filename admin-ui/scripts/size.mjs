// What the first load of the portal app weighs, gzipped: no more than 200 KB (issue 9).
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 200 * 1000;
const dist = new URL("../dist/portal/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("manifest.json", dist), "utf8"));

/** A chunk with everything that it loads at once; what it loads later does not count. */
function files(name, seen = new Set()) {
  if (seen.has(name)) return [];
  seen.add(name);
  const { file, css = [], imports = [] } = manifest[name];
  return [file, ...css, ...imports.flatMap((other) => files(other, seen))];
}

const loaded = ["portal.html", ...files("portal.html")];
const weight = loaded.reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length, 0);
console.log(`portal: ${(weight / 1000).toFixed(1)} of ${LIMIT / 1000} KB gzipped on first load`);
if (weight > LIMIT) process.exit(1);
