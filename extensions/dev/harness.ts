/** Shows recorded runs through the real loader and bundle, with a fake model in the kernel's place. No network but localhost. */

import type { Question } from "../src/past.ts";
import type { Batch } from "../src/wire.ts";
import { kin, pastOf, report, restored } from "./past.ts";
import * as recorded from "./recorded.ts";

type Listener = (message: unknown) => void;

const query = new URLSearchParams(location.search);
const name = query.get("state") ?? "running";
const runs = recorded as unknown as Record<string, Batch>;
const shown = runs[name] ?? recorded.running;
const rows = Number(query.get("rows") ?? shown.trace.length);
const run = { ...shown, trace: shown.trace.slice(0, rows) };
const sent: unknown[] = [];

const listeners = new Set<Listener>();
const told: unknown[] = [];
function tell(message: unknown): void {
  told.push(message);
  setTimeout(() => [...listeners].map((listener) => listener(message)), 5);
}
// For a person at the console, and for scripts: what was sent and told, and a way to go on with the story.
Object.assign(globalThis, { sent, told, run, say: tell });
const silent = query.has("silent");

interface Said {
  kind: string;
  id?: number;
  command?: { kind: string };
  ask?: Question;
}

const past = pastOf({
  family: [kin],
  undone: query.has("undone") ? [report] : [],
  restored: query.has("restored") ? restored : null,
});

async function send(message: Said): Promise<void> {
  sent.push(message);
  if (message.kind === "bundle") {
    const [text, css] = await Promise.all(["view.js", "view.css"].map(asset));
    tell({ kind: "bundle", digest: "dev", text, css });
  } else if (message.kind === "hello" || message.kind === "resync") {
    setTimeout(() => performance.mark("data"), 5);
    tell(run);
  } else if (message.kind === "ping" && !silent) {
    tell({ kind: "pong", n: 1 });
  } else if (message.kind === "ask" && message.ask) {
    tell({ kind: "told", id: message.id, answer: past(message.ask), error: null });
  } else if (message.kind === "command") {
    const refused = message.command?.kind === "edit" && query.has("refuse");
    tell({ kind: "reply", id: message.id, ok: !refused, error: refused ? query.get("refuse") : null });
  }
}

async function asset(file: string): Promise<string> {
  return (await fetch(`/workbench/static/${file}`)).text();
}

const model = {
  get: (key: string) => (key === "bundle_digest" ? "dev" : run.header),
  send,
  on: (_event: string, listener: Listener) => listeners.add(listener),
  off: (_event: string, listener: Listener) => listeners.delete(listener),
};
const el = document.createElement("div");
el.className = "jp-OutputArea-output";
document.body.append(el);
const loaderPath = "/workbench/static/loader.js";
const loader = await import(loaderPath);
await loader.default.render({ model, el, signal: new AbortController().signal });
