// What the first load of each entry weighs, gzipped (issue 9).
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMITS = { portal: 200 * 1000, console: 350 * 1000 };

/** A chunk with everything that it loads at once; what it loads later does not count. */
function files(manifest, name, seen = new Set()) {
  if (seen.has(name)) return [];
  seen.add(name);
  const { file, css = [], imports = [] } = manifest[name];
  return [file, ...css, ...imports.flatMap((other) => files(manifest, other, seen))];
}

for (const [entry, limit] of Object.entries(LIMITS)) {
  const dist = new URL(`../dist/${entry}/`, import.meta.url);
  const manifest = JSON.parse(readFileSync(new URL("manifest.json", dist), "utf8"));
  const loaded = [`${entry}.html`, ...files(manifest, `${entry}.html`)];
  const weight = loaded.reduce(
    (sum, file) => sum + gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length,
    0,
  );
  console.log(`${entry}: ${(weight / 1000).toFixed(1)} of ${limit / 1000} KB gzipped on first load`);
  if (weight > limit) process.exitCode = 1;
}
