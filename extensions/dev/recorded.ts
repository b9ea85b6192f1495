/** Runs as the kernel would tell them: for the screenshots, and as the material of the tests. */

import type { Batch, Header, RequestRow, StepRow, ToolRow, TraceRow } from "../src/wire.ts";

const NOW = Date.now();
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

const header: Header = {
  run: "7F2K",
  goal: "Weekly sales report",
  state: "running",
  text: "Run 7F2K running: 2 of 6 steps done. Next: top regions.",
  by: null,
  reason: "",
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
};

const plain: StepRow = {
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

const steps: readonly StepRow[] = [
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

const trace: readonly TraceRow[] = [
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

const tools: readonly ToolRow[] = [
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

const mailRequest: RequestRow = {
  id: "q1",
  token: "t-1",
  step: "mail",
  kind: "permission",
  title: "Send a mail to boss@example.org",
  tool: "mail.send",
  effect: "irreversible",
  risk: "public",
  reversibility: "cannot be undone",
  arguments: [
    ["to", "boss@example.org"],
    ["subject", "Weekly sales"],
  ],
  args: {
    to: "boss@example.org",
    subject: "Weekly sales",
    body: "Dear Ms Okafor,\nthe report of the week is below.",
  },
  cost: "",
  why: "Step 6 of the plan: the goal asks for the report to reach the head of sales.",
  preview:
    "To: boss@example.org\nSubject: Weekly sales\n\nDear Ms Okafor,\nthe report of the week is below.\n\nNorth  412,300\nWest   388,120\nSouth  301,044\n",
  evidence: null,
  if_refused: "The run ends with the report written; nothing is sent.",
  verb: "Send once",
  choices: [],
  opened: ago(20),
  expires: ago(-600),
  gate: { form: "diff", shown_s: 1.5, delay_s: 0, value: "yes" },
  armed: null,
  objects: [],
  count: "1 call; the tool does not list what it is done to",
};

const ONE_PRESS: RequestRow["gate"] = { form: "notice", shown_s: 0, delay_s: 0, value: "" };

const diffRequest: RequestRow = {
  ...mailRequest,
  id: "q2",
  token: "t-2",
  step: "report",
  title: "Overwrite out/report.md",
  tool: "files.write",
  effect: "reversible",
  risk: "local",
  reversibility: "can be undone",
  arguments: [["path", "out/report.md"]],
  args: { path: "out/report.md", text: "# Weekly sales\n\nNorth leads.\n" },
  why: "",
  preview: "@@ -1,3 +1,3 @@\n # Weekly sales\n-West leads.\n+North leads.\n \n",
  if_refused: "The old report stays.",
  verb: "Overwrite once",
  opened: ago(10),
  expires: null,
  gate: ONE_PRESS,
};

const doubtRequest: RequestRow = {
  ...mailRequest,
  id: "q3",
  token: "t-3",
  kind: "doubt",
  title: "Was the mail to boss@example.org sent?",
  preview: null,
  evidence:
    "The kernel stopped 0.4 s after the mail was handed to the server; the server has no record to ask.",
  why: "Sending it again could deliver it twice.",
  if_refused: "",
  choices: [
    { value: "happened", label: "It was sent" },
    { value: "again", label: "Send it again" },
  ],
  expires: null,
};

const questionRequest: RequestRow = {
  ...mailRequest,
  id: "q4",
  token: "t-4",
  step: null,
  kind: "question",
  title: "Which quarter should the report cover?",
  tool: "planner",
  effect: null,
  risk: "read",
  reversibility: "",
  arguments: [],
  args: null,
  preview: null,
  why: "The goal names none.",
  if_refused: "The current quarter is used.",
  choices: [],
  expires: null,
};

const withState = (states: Readonly<Record<string, Partial<StepRow>>>) =>
  steps.map((step) => ({ ...step, ...states[step.id] }));
const done = (at: number, seconds: number): Partial<StepRow> => ({
  state: "succeeded",
  started: ago(at),
  duration_s: seconds,
});
const almost = { top: done(30, 0.04), chart: done(28, 1.3), report: done(25, 0.02) };

function batch(part: Partial<Batch>): Batch {
  return {
    kind: "batch",
    n: 1,
    full: true,
    header,
    steps,
    trace,
    requests: [],
    removed_steps: [],
    tools,
    ...part,
  };
}

export const running = batch({});

export const paused = batch({
  header: {
    ...header,
    state: "paused",
    by: "person",
    reason: "Look at the top regions first.",
    text: "Run 7F2K paused by you: 2 of 6 steps done, 1 call finishing. Next: chart.",
  },
});

export const waiting = batch({
  header: {
    ...header,
    state: "waiting",
    done: 5,
    in_flight: 0,
    open_requests: 1,
    text: "Run 7F2K waits for you: 5 of 6 steps done, 1 request open (send a mail).",
  },
  steps: withState({ ...almost, mail: { state: "asking" } }),
  requests: [mailRequest],
});

export const manyRequests = batch({
  header: { ...header, state: "waiting", in_flight: 0, open_requests: 3 },
  steps: withState({
    top: done(30, 0.04),
    chart: done(28, 1.3),
    report: { state: "asking" },
    mail: { state: "asking" },
  }),
  requests: [
    mailRequest,
    diffRequest,
    questionRequest,
    {
      ...questionRequest,
      id: "q5",
      token: "t-5",
      title: "Buy the price list?",
      kind: "budget",
      risk: "costly",
      cost: "$12.40",
      verb: "Spend $12.40",
      opened: ago(3),
      gate: { form: "type", shown_s: 1.5, delay_s: 0, value: "12.40" },
    },
  ],
});

/** A final step, before and after its first of two steps; and four writes that are alike. */
const finalRequest: RequestRow = {
  ...mailRequest,
  id: "q6",
  token: "t-6",
  title: "Delete 3 customers",
  tool: "shop.delete",
  risk: "irreversible",
  verb: "Delete once",
  preview: null,
  gate: { form: "two_step", shown_s: 1.5, delay_s: 3, value: "" },
  objects: ["Ada", "Bob", "Eve"],
  count: "3 objects",
};
export const twoSteps = batch({ header: manyRequests.header, requests: [finalRequest] });
export const armed = batch({ header: manyRequests.header, requests: [{ ...finalRequest, armed: ago(0) }] });
export const alike = batch({
  header: manyRequests.header,
  requests: [
    mailRequest,
    ...["a", "b", "c", "d"].map((step) => ({
      ...diffRequest,
      id: `w${step}`,
      token: `w-${step}`,
      step: `write-${step}`,
      title: `Write ${step}.md`,
      arguments: [["path", `${step}.md`]] as const,
    })),
  ],
});

export const inDoubt = batch({
  header: { ...header, state: "waiting", done: 5, in_flight: 0, open_requests: 1 },
  steps: withState({ ...almost, mail: { state: "in_doubt", started: ago(22) } }),
  requests: [doubtRequest],
});

export const failed = batch({
  header: {
    ...header,
    state: "failed",
    done: 2,
    in_flight: 0,
    error:
      "Top regions failed after 3 attempts: column 'region' is missing. Edit the step or start again with another file.",
  },
  steps: withState({
    top: {
      state: "failed",
      attempt: 3,
      duration_s: 0.4,
      error: "KeyError: 'region'\n  in frames.aggregate, line 41",
    },
    chart: { state: "stopped" },
    report: { state: "skipped" },
    mail: { state: "denied" },
  }),
});

export const finished = batch({
  header: {
    ...header,
    state: "succeeded",
    done: 6,
    in_flight: 0,
    result: "The report of 1,204 sales is in out/report.md and was mailed to boss@example.org.",
  },
  steps: withState({ ...almost, mail: done(3, 0.6) }),
});

export const long = batch({
  header: { ...header, goal: "Import 12,000 measurements, one by one", total: 900, done: 700 },
  steps: Array.from({ length: 900 }, (_, index) => ({
    ...plain,
    id: `s${index}`,
    order: index,
    title: `Import block ${index + 1}`,
    state: index < 700 ? ("succeeded" as const) : ("pending" as const),
  })),
  trace: Array.from({ length: 12_000 }, (_, index) => ({
    seq: index,
    at: ago((12_000 - index) / 10),
    step: `s${Math.floor(index / 14)}`,
    kind: "call.succeeded",
    text: `row ${index} stored`,
    tool: "sql.insert",
    effect: "reversible",
    state: "succeeded",
    duration_s: 0.02,
    detail: "{}",
  })),
});

/** Every text a person might be shown, replaced by one that would do harm if it were read as HTML. */
export function hostile(text: string): Batch {
  let n = 0;
  const poison = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value), (key, v) =>
      KEPT.has(key) || typeof v !== "string" ? v : `${text}${n++}`,
    );
  const source = { ...manyRequests, requests: [...manyRequests.requests, doubtRequest] };
  const steps = source.steps.map((step, index) => ({ ...poison(step), id: `s${index}` }));
  const requests = source.requests.map((one, index) => ({ ...poison(one), id: `q${index}` }));
  return { ...poison(source), steps, requests };
}

/** Fields with a fixed set of values, and times. */
const KEPT = new Set([
  "kind",
  "state",
  "effect",
  "risk",
  "at",
  "opened",
  "expires",
  "started",
  "type",
  "form",
]);
