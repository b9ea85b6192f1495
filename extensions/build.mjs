// Builds what Python ships: view.js and view.css (the view with React inside), loader.js (the tiny `_esm`).
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build, context } from "esbuild";

const OUT = new URL("../workbench/static/", import.meta.url).pathname;
const LIMIT_KB = 300;

const shared = {
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "none",
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
};
const targets = [
  { ...shared, entryPoints: { view: "src/hosts/anywidget.ts" }, outdir: OUT },
  { ...shared, entryPoints: { loader: "src/loader.ts" }, outdir: OUT },
];

if (process.argv.includes("--dev")) {
  await build({ ...shared, minify: false, entryPoints: { harness: "dev/harness.ts" }, outdir: "dev/build" });
}
if (process.argv.includes("--watch")) {
  for (const target of targets) await (await context(target)).watch();
} else {
  await Promise.all(targets.map((target) => build(target)));
  report(["view.js", "view.css", "loader.js"]);
}

function report(names) {
  let total = 0;
  for (const name of names) {
    const bytes = readFileSync(OUT + name);
    const zipped = gzipSync(bytes).length;
    total += zipped;
    process.stdout.write(`${name.padEnd(10)} ${kb(bytes.length)} raw ${kb(zipped)} gz\n`);
  }
  if (total > LIMIT_KB * 1024) {
    process.stderr.write(
      `The bundle is ${kb(total)} gzipped, the limit is ${LIMIT_KB} KB. Remove a dependency.\n`,
    );
    process.exitCode = 1;
  }
}

function kb(bytes) {
  return `${(bytes / 1024).toFixed(1).padStart(7)} KB`;
}
