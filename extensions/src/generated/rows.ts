/** Written by scripts/make_types.py from workbench/report/wire.py: don't edit it, call `make types`. */

import { dict, flag, jsonObject, list, maybe, number, object, oneOf, pair, text, type Of } from "../shape.ts";

/** What each control would do now, and what it keeps; null: there is none. */
export const controlsRow = object({
  pause: maybe(text),
  edit: maybe(text),
  stop: maybe(text),
});
export type ControlsRow = Of<typeof controlsRow>;

/** The line that says it all. */
export const header = object({
  run: text,
  goal: text,
  state: oneOf(
    "queued",
    "planning",
    "running",
    "paused",
    "waiting",
    "stopping",
    "succeeded",
    "failed",
    "stopped",
    "abandoned",
  ),
  /** One plain sentence that says it all; the text fallback. */
  text: text,
  /** Who paused or stopped it. */
  by: maybe(text),
  reason: text,
  /** Of what it is a fork, and what it shares; empty: it is none. */
  fork: text,
  done: number,
  total: number,
  in_flight: number,
  open_requests: number,
  revision: number,
  digest: text,
  seq: number,
  elapsed_s: number,
  usage: dict(number),
  limits: dict(number),
  error: maybe(text),
  at: text,
  result: maybe(text),
  controls: controlsRow,
  /** It is paused for a person to look at the newest revision; null: nobody has said. */
  held: maybe(flag),
});
export type Header = Of<typeof header>;

/** One step of the current plan. */
export const stepRow = object({
  id: text,
  order: number,
  title: text,
  tool: text,
  effect: oneOf("pure", "read", "reversible", "compensable", "irreversible"),
  risk: oneOf("read", "local", "shared", "costly", "public", "irreversible"),
  state: oneOf(
    "pending",
    "ready",
    "asking",
    "running",
    "in_doubt",
    "succeeded",
    "failed",
    "skipped",
    "denied",
    "stopped",
    "undone",
    "undo_failed",
  ),
  needs: list(text),
  why: text,
  args: jsonObject,
  attempt: number,
  estimate_s: maybe(number),
  started: maybe(text),
  duration_s: maybe(number),
  summary: text,
  error: maybe(text),
  author: text,
  /** Nothing after this step can be taken back. */
  one_way: flag,
});
export type StepRow = Of<typeof stepRow>;

/** One line of the journal. */
export const traceRow = object({
  seq: number,
  at: text,
  step: maybe(text),
  /** Of the event; a newer kernel may send one that the page does not know. */
  kind: text,
  text: text,
  tool: maybe(text),
  effect: maybe(text),
  /** One of a step or a run, or a word of its own. */
  state: text,
  duration_s: maybe(number),
  detail: text,
});
export type TraceRow = Of<typeof traceRow>;

/** One answer that can be chosen. */
export const choice = object({
  value: text,
  label: text,
});
export type Choice = Of<typeof choice>;

/** What an approval takes. */
export const gateRow = object({
  form: oneOf("none", "notice", "click", "diff", "type", "two_step"),
  shown_s: number,
  delay_s: number,
  /** What must travel with an approval as `confirm`; empty: nothing. */
  value: text,
});
export type GateRow = Of<typeof gateRow>;

/** All that a person must know before answering. */
export const requestRow = object({
  id: text,
  token: text,
  step: maybe(text),
  kind: oneOf(
    "permission",
    "budget",
    "doubt",
    "question",
    "duplicate",
    "drift",
    "conflict",
    "elicitation",
    "proposal",
  ),
  title: text,
  tool: text,
  effect: maybe(oneOf("pure", "read", "reversible", "compensable", "irreversible")),
  risk: oneOf("read", "local", "shared", "costly", "public", "irreversible"),
  reversibility: text,
  arguments: list(pair(text, text)),
  args: maybe(jsonObject),
  /** Of the answer that somebody wants during a call; null: not asked for, or a plain yes. */
  schema: maybe(jsonObject),
  cost: text,
  why: text,
  preview: maybe(text),
  evidence: maybe(text),
  if_refused: text,
  verb: text,
  choices: list(choice),
  opened: text,
  expires: maybe(text),
  gate: gateRow,
  /** When the first of two steps was taken. */
  armed: maybe(text),
  objects: list(text),
  /** How many things it is done to, in words. */
  count: text,
});
export type RequestRow = Of<typeof requestRow>;

/** A request that is not open any more, and how it came to that. */
export const settledRow = object({
  id: text,
  title: text,
  how: oneOf("answered", "expired", "voided"),
  by: text,
  /** Through which door the answer came; empty: it was not answered. */
  surface: text,
  verdict: text,
  at: text,
});
export type SettledRow = Of<typeof settledRow>;

/** What a person should know before a step that is still to come. */
export const remarkRow = object({
  /** Null: of the whole plan. */
  step: maybe(text),
  text: text,
});
export type RemarkRow = Of<typeof remarkRow>;

/** A freeze in force: it holds every run of the journal. */
export const freezeRow = object({
  id: text,
  what: oneOf("writes", "deletes", "tool", "everything"),
  /** Its name, where one is frozen. */
  tool: text,
  why: text,
  by: text,
  at: text,
});
export type FreezeRow = Of<typeof freezeRow>;

/** What the forms need to know of a tool. */
export const toolRow = object({
  name: text,
  description: text,
  effect: oneOf("pure", "read", "reversible", "compensable", "irreversible"),
  risk: oneOf("read", "local", "shared", "costly", "public", "irreversible"),
  schema: jsonObject,
  /** What a pause does to its calls. */
  on_pause: text,
});
export type ToolRow = Of<typeof toolRow>;

/** What a tool that the run holds could do at worst, before anything has begun. */
export const worstRow = object({
  tool: text,
  effect: text,
  risk: oneOf("read", "local", "shared", "costly", "public", "irreversible"),
  decision: oneOf("allowed", "asked", "refused"),
  why: text,
  score: number,
  zone: oneOf("red", "amber", "green"),
});
export type WorstRow = Of<typeof worstRow>;

/** What a limit over all runs leaves. */
export const capRow = object({
  name: text,
  left: number,
  limit: number,
});
export type CapRow = Of<typeof capRow>;

/** What has changed since the last batch; a full one replaces all that a page knows. */
export const batch = object({
  kind: oneOf("batch"),
  n: number,
  full: flag,
  header: header,
  steps: list(stepRow),
  trace: list(traceRow),
  requests: list(requestRow),
  /** Requests that were settled lately; a full batch has the newest only. */
  settled: list(settledRow),
  remarks: list(remarkRow),
  /** Freezes in force, the oldest first. */
  frozen: list(freezeRow),
  removed_steps: list(text),
  /** Only in a full batch, as the next two. */
  tools: list(toolRow),
  worst: list(worstRow),
  caps: list(capRow),
});
export type Batch = Of<typeof batch>;

/** A sign of life. */
export const pong = object({
  kind: oneOf("pong"),
  /** The last batch sent: so the page notices when the last one of a burst was lost. */
  n: maybe(number),
  /** Where the server says it: whether anybody would carry an order out now. */
  driven: maybe(flag),
});
export type Pong = Of<typeof pong>;

/** What became of an order. */
export const reply = object({
  kind: oneOf("reply"),
  id: number,
  ok: flag,
  error: maybe(text),
});
export type Reply = Of<typeof reply>;
