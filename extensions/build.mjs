// Builds what Python ships: view.js and view.css (the view with React inside), loader.js (the tiny `_esm`), and the
// licences of what is inside.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

if (process.argv.includes("--harness")) {
  await build({ ...shared, minify: false, entryPoints: { harness: "dev/harness.ts" }, outdir: "dev/build" });
} else if (process.argv.includes("--watch")) {
  for (const target of targets) await (await context(target)).watch();
} else {
  const built = await Promise.all(targets.map((target) => build({ ...target, metafile: true })));
  writeFileSync(`${OUT}LICENSES.txt`, licences(built.flatMap((one) => Object.keys(one.metafile.inputs))));
  await buildLab(`${OUT}labextension/`);
  report(["view.js", "view.css", "loader.js"]);
}

// The extension of JupyterLab, prebuilt: our own container around it, and the same view beside it.
async function buildLab(out) {
  const external = ["@jupyterlab/*", "@lumino/*"];
  const { outputFiles, metafile } = await build({
    ...shared,
    format: "cjs",
    external,
    entryPoints: ["src/lab/index.ts"],
    define: { ...shared.define, VIEW_DIGEST: JSON.stringify(digest(["view.js", "view.css"].map(readBuilt))) },
    write: false,
    metafile: true,
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const names = [
    ...new Set(imports.filter((one) => one.external && one.path.startsWith("@")).map((one) => one.path)),
  ];
  const text = readFileSync("lab/container.js", "utf8")
    .replace("__NAMES__", () => JSON.stringify(names))
    .replace("__EXTENSION__", () => outputFiles[0].text);
  // JupyterLab lets a browser keep these files for a year, so another content needs another address.
  const entry = `static/remoteEntry.${digest([text])}.js`;
  const schemas = `${out}schemas/jupyter-agent-workbench/`;
  rmSync(`${out}static/`, { recursive: true, force: true });
  for (const folder of [`${out}static/`, schemas]) mkdirSync(folder, { recursive: true });
  writeFileSync(out + entry, text);
  for (const name of ["view.js", "view.css", "LICENSES.txt"])
    copyFileSync(OUT + name, `${out}static/${name}`);
  const said = JSON.parse(readFileSync("lab/package.json", "utf8"));
  said.jupyterlab._build.load = entry;
  writeFileSync(`${out}package.json`, `${JSON.stringify(said, null, 2)}\n`);
  copyFileSync("lab/install.json", `${out}install.json`);
  copyFileSync("lab/package.json", `${schemas}package.json.orig`);
  copyFileSync("lab/schema/plugin.json", `${schemas}plugin.json`);
}

/** What every package that went into the view wants to be told with it. */
function licences(inputs) {
  const folders = inputs.flatMap((path) => path.match(/.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0] ?? []);
  const texts = [...new Set(folders)].sort().map((folder) => {
    const name = folder.split("node_modules/").at(-1);
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    if (!file) throw new Error(`${name} has no licence file; say in build.mjs under which it is.`);
    return `${name}\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
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

function readBuilt(name) {
  return readFileSync(OUT + name);
}

function digest(parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 16);
}

function kb(bytes) {
  return `${(bytes / 1024).toFixed(1).padStart(7)} KB`;
}
