// Builds the scripts that digest serves, with their licences and a manifest of what went in.
// `npm ci --ignore-scripts && npm run build` gives the same bytes everywhere.

import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const OUT = "../digest/web/static/vendor";
mkdirSync(OUT, { recursive: true });

const { metafile } = await build({
  entryPoints: ["editor.js"],
  outfile: `${OUT}/editor.js`,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "none",
  metafile: true,
});
copyFileSync("node_modules/htmx.org/dist/htmx.min.js", `${OUT}/htmx.js`);

const packageOf = (path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1];
const names = [...new Set([...Object.keys(metafile.inputs).map(packageOf).filter(Boolean), "htmx.org"])].sort();
const locked = JSON.parse(readFileSync("package-lock.json", "utf8")).packages;

function licence(name) {
  const folder = `node_modules/${name}`;
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  return `${name} ${locked[folder].version} (${locked[folder].license})\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
}

const digestOf = (file) => createHash("sha512").update(readFileSync(`${OUT}/${file}`)).digest("hex");

writeFileSync(`${OUT}/LICENSES.txt`, names.map(licence).join(`\n${"-".repeat(72)}\n\n`));
writeFileSync(`${OUT}/manifest.json`, `${JSON.stringify({
  packages: names.map((name) => ({ name, version: locked[`node_modules/${name}`].version, integrity: locked[`node_modules/${name}`].integrity })),
  files: Object.fromEntries(["editor.js", "htmx.js"].map((file) => [file, digestOf(file)])),
}, null, 1)}\n`);
