/** Answers about a run's past, as a kernel gives them. */

import type { Question } from "../src/past.ts";
import { ago } from "./rows.ts";

const mark = (seq: number, name: string, step: string | null, kind: string) => ({
  seq,
  name,
  step,
  kind,
  at: ago(60 - seq),
  undone: false,
});

export const places = {
  seq: 14,
  places: [
    mark(1, "start", null, "start"),
    mark(6, "after load", "load", "step"),
    mark(9, "after columns", "columns", "step"),
    mark(11, "before the mail", null, "named"),
  ],
  family: [],
  undone: [],
  restored: null,
};

export const kin = {
  run: "run-9k2m",
  key: "fork-1",
  goal: "Weekly sales report",
  state: "paused",
  done: 2,
  total: 6,
  created: ago(5),
  kin: "fork",
};

export const place = {
  seq: 9,
  variables: [
    { name: "sales", type: "DataFrame", summary: "1,204 rows × 6 columns", size: 52_000 },
    { name: "limit", type: "int", summary: "5", size: 0 },
  ],
  not_captured: [["connection", "it holds an open socket"]],
  never: "names that begin with _, modules, functions",
  captured_at: 9,
  passed_over: false,
  outputs: [
    { step: "load", text: "1,204 rows", json: null },
    { step: "columns", text: "ok", json: '"ok"' },
  ],
  usage: { usd: 0.03 },
  limits: { usd: 1 },
  requests: [],
  effects_since: 3,
};

const row = (step: string, outcome: string, words: string, why = "", told: string[] = []) => ({
  step,
  tool: `tools.${step}`,
  what: `{"path": "out/${step}.md"}`,
  outcome,
  words,
  why,
  told,
});

export const preview = {
  to: 9,
  preview: true,
  rows: [
    row("mail", "not_undoable", "cannot be undone: it stays", "mail.send declared no undo"),
    row("invite", "undone_with_traces", "will be undone, leaves traces", "", ["ada", "grace"]),
    row("report", "undone", "will be undone"),
  ],
  counts: { undone: 1, undone_with_traces: 1, not_undoable: 1 },
  undo: "",
  state: "",
  open: [],
  shared: [],
  told_known: true,
};

export const report = {
  ...preview,
  preview: false,
  undo: "run-undo1",
  state: "succeeded",
  rows: [
    row("mail", "not_undoable", "not undone: it stays", "mail.send declared no undo"),
    row("invite", "undone_with_traces", "undone, with traces", "", ["ada", "grace"]),
    row("report", "undone", "undone"),
  ],
};

const side = (run: string, state: string, result: string) => ({
  run,
  goal: "Weekly sales report",
  state,
  done: 6,
  total: 6,
  usage: { usd: 0.03 },
  seconds: 41,
  own_effects: ["report"],
  shared_effects: [],
  result,
});
const pair = (step: string, output: string, a: string, b: string, shared = false) => ({
  step,
  plan: "same",
  output,
  state_a: "succeeded",
  state_b: "succeeded",
  output_a: a,
  output_b: b,
  shared,
});

export const comparison = {
  a: side("7F2K", "succeeded", "12 lines"),
  b: side("run-9k2m", "succeeded", "14 lines"),
  prefix: "run-9k2m is a fork of 7F2K: they share events 1 to 9",
  different: 1,
  steps: [
    pair("load", "equal", "1,204 rows", "1,204 rows", true),
    pair("top", "different", "North", "South"),
  ],
};

export const restored = {
  to: 9,
  at: ago(2),
  restored: ["sales"],
  removed: ["draft"],
  by_hand: ["limit", "colours"],
  left: [["connection", "it holds an open socket"]],
};

export const changes = {
  number: 3,
  author: "planner builtin",
  reason: "the person wants fewer regions, and no mail",
  moved: false,
  at: ago(4),
  steps: [
    {
      step: "chart",
      title: "Draw the chart",
      how: "added",
      fields: [{ name: "tool", before: null, after: "draw_chart" }],
    },
    {
      step: "top",
      title: "Top regions",
      how: "changed",
      fields: [
        { name: "n", before: 5, after: 3 },
        { name: "table", before: { $ref: "load", path: [] }, after: { $ref: "columns", path: ["rows"] } },
      ],
    },
    { step: "mail", title: "Mail the report", how: "removed", fields: [] },
  ],
};

export const terms = {
  autonomy: "risk",
  limits: [
    { unit: "usd", limit: 1, used: 0.03 },
    { unit: "calls", limit: 50, used: 7 },
  ],
  rights: [
    {
      id: "grant-1",
      text: "send_mail (to: ends with @example.org), 3 times",
      used: 1,
      revoked: "",
      taken: false,
    },
    { id: "grant-2", text: "write_file", used: 0, revoked: "person: not needed", taken: false },
  ],
  decisions: [
    { by: "person", subject: "year", choice: "2007", why: "the last whole one", at: ago(50), against: false },
    { by: "planner builtin", subject: "year", choice: "2008", why: "", at: ago(20), against: true },
  ],
  notes: [{ by: "person", step: "top", text: "three regions are enough", at: ago(30) }],
};

/** Answers every question; `undone` and `family` as they are wanted. */
export function pastOf(part: object = {}): (question: Question) => unknown {
  return (question) => {
    if (question.about === "places") return { ...places, ...part };
    if (question.about === "changes") return { ...changes, number: question.number };
    if (question.about === "terms") return terms;
    if (question.about === "place") return { ...place, seq: question.seq };
    return question.about === "undo" ? { ...preview, to: question.seq } : comparison;
  };
}
