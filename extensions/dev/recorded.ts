/** Runs as the kernel would tell them: for the screenshots, and as the material of the tests. */

import type { Batch, StepRow } from "../src/wire.ts";
import {
  askedRequest,
  diffRequest,
  doubtRequest,
  finalRequest,
  mailRequest,
  questionRequest,
} from "./requests.ts";
import { ago, header, plain, steps, tools, trace } from "./rows.ts";

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
    settled: [],
    remarks: [],
    frozen: [],
    removed_steps: [],
    tools,
    worst: [],
    caps: [],
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

/** A run that is held, because its planner has revised the plan and the person wants to look at it first. */
export const held4you = batch({
  header: {
    ...header,
    state: "paused",
    by: "planner builtin",
    held: true,
    reason: "look at the plan first, then resume",
    in_flight: 0,
    text: "Run 7F2K paused by planner builtin: 2 of 6 steps done. Next: top regions.",
  },
});

/** A plan whose mail may go out before the report that it does not wait for. */
export const warned = batch({
  remarks: [
    {
      step: "mail",
      text: "cannot be undone, and may be done before report, which can still fail and does not need it; the proposal puts it behind: mail after report",
    },
    {
      step: null,
      text: "what mail will spend depends on outputs that are not there yet: the limits (usd) can only be held when the call is due, and ask then",
    },
  ],
});

/** A run of which nothing has begun: what its tools could do at worst, and what the caps leave. */
export const held = batch({
  header: { ...header, state: "waiting", text: "Run 7F2K waits for you: 0 of 6 steps done." },
  steps: steps.map((step) => ({ ...step, state: "pending", started: null, duration_s: null })),
  trace: [],
  worst: [
    {
      tool: "send_mail",
      effect: "irreversible",
      risk: "irreversible",
      decision: "allowed",
      why: "rule allow send_mail",
      score: 15,
      zone: "red",
    },
    {
      tool: "write_file",
      effect: "reversible",
      risk: "local",
      decision: "asked",
      why: "it changes something",
      score: 1,
      zone: "green",
    },
  ],
  caps: [{ name: "3000 orders_usd per day", left: 2500, limit: 3000 }],
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

/** A question of a server, in the middle of its call. */
export const asked = batch({ header: manyRequests.header, requests: [askedRequest] });

/** A final step, before and after its first of two steps; and four writes that are alike. */
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

/** 500 steps in blocks: each loads, works on eight parts beside each other, and gathers. */
export const branched = batch({
  header: { ...header, goal: "Clean fifty files", total: 500, done: 123 },
  steps: Array.from({ length: 500 }, (_, index) => {
    const [block, at] = [Math.floor(index / 10) * 10, index % 10];
    const parts = Array.from({ length: 8 }, (_part, part) => `b${block + 1 + part}`);
    const needs = at === 0 ? (block === 0 ? [] : [`b${block - 1}`]) : at === 9 ? parts : [`b${block}`];
    return {
      ...plain,
      id: `b${index}`,
      order: index,
      title: at === 0 ? `Load file ${block / 10 + 1}` : at === 9 ? "Gather the parts" : `Clean part ${at}`,
      tool: at === 0 ? "files.read_csv" : at === 9 ? "frames.concat" : "frames.clean",
      state: index < 123 ? ("succeeded" as const) : index < 125 ? ("running" as const) : ("pending" as const),
      needs,
      args: at === 9 ? { parts: parts.map(($ref) => ({ $ref, path: [] })) } : {},
      duration_s: index < 123 ? 0.4 : null,
    };
  }),
});

/** Every text a person might be shown, replaced by one that would do harm if it were read as HTML. */
export function hostile(text: string): Batch {
  let n = 0;
  const poison = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value), (key, v) =>
      KEPT.has(key) || typeof v !== "string" ? v : `${text}${n++}`,
    );
  const source = {
    ...manyRequests,
    remarks: warned.remarks,
    requests: [...manyRequests.requests, doubtRequest],
  };
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
