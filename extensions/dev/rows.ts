/** The plan, the trace and the tools of the recorded runs, as the kernel would tell them. */

import type { Header, StepRow, ToolRow, TraceRow } from "../src/wire.ts";

const NOW = Date.now();
export const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

export const header: Header = {
  run: "7F2K",
  goal: "Weekly sales report",
  state: "running",
  text: "Run 7F2K running: 2 of 6 steps done. Next: top regions.",
  by: null,
  reason: "",
  fork: "",
  done: 2,
  total: 6,
  in_flight: 1,
  open_requests: 0,
  revision: 3,
  digest: "sha256:3c9a",
  seq: 14,
  elapsed_s: 41.4,
  usage: { usd: 0.03, calls: 3 },
  limits: { usd: 1 },
  error: null,
  at: ago(2),
  result: null,
  controls: {
    pause: "No step begins. Kept: 2 finished steps with the outputs. Resume goes on from here.",
    edit: "Pauses first. Kept: 2 finished steps with the outputs. 3 steps to come can be changed; the old plan stays as a revision.",
    stop: "Ends the run. Kept: 2 finished steps with the outputs. 3 steps will not happen; what is left can be a new run.",
  },
};

export const plain: StepRow = {
  id: "load",
  order: 0,
  title: "Load sales.csv",
  tool: "files.read_csv",
  effect: "read",
  risk: "read",
  state: "succeeded",
  needs: [],
  why: "",
  args: {},
  attempt: 1,
  estimate_s: 1,
  started: ago(40),
  duration_s: 0.21,
  summary: "",
  error: null,
  author: "planner builtin",
  one_way: false,
};

export const steps: readonly StepRow[] = [
  {
    ...plain,
    args: { path: "data/sales.csv" },
    summary: "1,204 rows, 6 columns: region, day, product, units, price, total",
  },
  {
    ...plain,
    id: "columns",
    order: 1,
    title: "Check columns",
    tool: "frames.check",
    effect: "pure",
    needs: ["load"],
    args: { frame: { $ref: "load", path: [] }, columns: ["region", "total"] },
    started: ago(39),
    duration_s: 0.01,
    summary: "ok",
  },
  {
    ...plain,
    id: "top",
    order: 2,
    title: "Top regions",
    tool: "frames.aggregate",
    effect: "pure",
    state: "running",
    needs: ["load", "columns"],
    why: "The report opens with the five regions that sold most.",
    args: { frame: { $ref: "load", path: [] }, by: "region", limit: 5 },
    started: ago(2),
    duration_s: null,
  },
  {
    ...plain,
    id: "chart",
    order: 3,
    title: "Draw the chart of the top regions",
    tool: "figures.bar",
    effect: "pure",
    state: "pending",
    needs: ["top"],
    args: { frame: { $ref: "top", path: [] }, x: "region", y: "total" },
    started: null,
    duration_s: null,
  },
  {
    ...plain,
    id: "report",
    order: 4,
    title: "Write the report",
    tool: "files.write",
    effect: "reversible",
    risk: "local",
    state: "pending",
    needs: ["top", "chart"],
    args: { path: "out/report.md", text: { $ref: "chart", path: ["markdown"] } },
    author: "person",
    started: null,
    duration_s: null,
  },
  {
    ...plain,
    id: "mail",
    order: 5,
    title: "Mail the report",
    tool: "mail.send",
    effect: "irreversible",
    risk: "public",
    state: "pending",
    needs: ["report"],
    why: "The goal asks for the report to reach the head of sales every Monday.",
    args: { to: "boss@example.org", subject: "Weekly sales", body: { $ref: "report", path: ["text"] } },
    estimate_s: 2,
    started: null,
    duration_s: null,
    one_way: true,
  },
];

export const trace: readonly TraceRow[] = [
  ["run.started", "started by you", null, "running", null, null],
  ["plan.accepted", "revision 3, 6 steps", null, "succeeded", null, null],
  ["call.succeeded", "1,204 rows", "load", "succeeded", "read", 0.21],
  ["call.succeeded", "ok", "columns", "succeeded", "pure", 0.01],
  ["call.started", "started", "top", "running", "pure", null],
].map(([kind, text, step, state, effect, duration_s], index) => ({
  seq: index + 1,
  at: ago(41 - index),
  kind: String(kind),
  text: String(text),
  step: step as string | null,
  tool: step === null ? null : "frames",
  state: String(state),
  effect: effect as string | null,
  duration_s: duration_s as number | null,
  detail: JSON.stringify({ event: kind, step, digest: "sha256:77d0", principal: "person" }, null, 2),
}));

const schema = (properties: ToolRow["schema"], required: readonly string[]): ToolRow["schema"] => ({
  type: "object",
  properties,
  required,
});

export const tools: readonly ToolRow[] = [
  {
    name: "files.write",
    description: "Write a text file.",
    effect: "reversible",
    risk: "local",
    schema: schema(
      {
        path: { type: "string", description: "relative to the notebook" },
        text: { type: "string" },
        overwrite: { type: "boolean", default: false },
      },
      ["path", "text"],
    ),
  },
  {
    name: "frames.aggregate",
    description: "Sum a frame by a column.",
    effect: "pure",
    risk: "read",
    schema: schema(
      { frame: {}, by: { type: "string" }, limit: { anyOf: [{ type: "integer" }, { type: "null" }] } },
      ["frame", "by"],
    ),
  },
  {
    name: "mail.send",
    description: "Send a mail.",
    effect: "irreversible",
    risk: "public",
    schema: schema({ to: { type: "string" }, subject: { type: "string" }, body: { type: "string" } }, [
      "to",
      "body",
    ]),
  },
];
