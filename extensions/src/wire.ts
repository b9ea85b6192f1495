/** The messages between page and kernel. Mirrors the Python side; every message from Python passes `readMessage`. */

import {
  dict,
  flag,
  isObject,
  type Json,
  type JsonObject,
  jsonObject,
  list,
  maybe,
  number,
  type Of,
  object,
  oneOf,
  pair,
  ShapeError,
  text,
} from "./shape.ts";

const effect = oneOf("pure", "read", "reversible", "compensable", "irreversible");
const risk = oneOf("read", "local", "shared", "costly", "public", "irreversible");
const runState = oneOf(
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
);
const stepState = oneOf(
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
);

const header = object({
  run: text,
  goal: text,
  state: runState,
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
  /** What each control would do now, and what it keeps; null: there is none. */
  controls: object({ pause: maybe(text), edit: maybe(text), stop: maybe(text) }),
});

const stepRow = object({
  id: text,
  order: number,
  title: text,
  tool: text,
  effect,
  risk,
  state: stepState,
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

const traceRow = object({
  seq: number,
  at: text,
  step: maybe(text),
  kind: text,
  text: text,
  tool: maybe(text),
  effect: maybe(text),
  state: text,
  duration_s: maybe(number),
  detail: text,
});

const requestRow = object({
  id: text,
  token: text,
  step: maybe(text),
  kind: oneOf("permission", "question", "doubt", "budget", "duplicate", "drift", "conflict", "elicitation"),
  title: text,
  tool: text,
  effect: maybe(effect),
  risk,
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
  choices: list(object({ value: text, label: text })),
  opened: text,
  expires: maybe(text),
  gate: object({
    form: oneOf("none", "notice", "click", "diff", "type", "two_step"),
    shown_s: number,
    delay_s: number,
    /** What must travel with an approval as `confirm`; empty: nothing. */
    value: text,
  }),
  /** When the first of two steps was taken. */
  armed: maybe(text),
  objects: list(text),
  /** How many things it is done to, in words. */
  count: text,
});

/** What a person should know before a step that is still to come; of the whole plan where `step` is null. */
const remarkRow = object({ step: maybe(text), text: text });

const toolRow = object({ name: text, description: text, effect, risk, schema: jsonObject, on_pause: text });

/** What a tool that the run holds could do at worst, before anything has begun. */
const worstRow = object({
  tool: text,
  effect: text,
  risk,
  decision: oneOf("allowed", "asked", "refused"),
  why: text,
  score: number,
  zone: oneOf("red", "amber", "green"),
});
const capRow = object({ name: text, left: number, limit: number });

const batch = object({
  kind: oneOf("batch"),
  n: number,
  full: flag,
  header,
  steps: list(stepRow),
  trace: list(traceRow),
  requests: list(requestRow),
  remarks: list(remarkRow),
  removed_steps: list(text),
  /** Only in a full batch. */
  tools: list(toolRow),
  worst: list(worstRow),
  caps: list(capRow),
});
const reply = object({ kind: oneOf("reply"), id: number, ok: flag, error: maybe(text) });
/** `n`, where given, is the last batch sent: so the page notices when the last one of a burst was lost. */
/** `driven`, where the server says it: whether anybody would carry an order out now. */
const pong = object({ kind: oneOf("pong"), n: maybe(number), driven: maybe(flag) });

export type Effect = Of<typeof effect>;
export type Risk = Of<typeof risk>;
export type RunStateName = Of<typeof runState>;
export type StepStateName = Of<typeof stepState>;
export type Header = Of<typeof header>;
export type StepRow = Of<typeof stepRow>;
export type TraceRow = Of<typeof traceRow>;
export type WorstRow = Of<typeof worstRow>;
export type CapRow = Of<typeof capRow>;
export type RequestRow = Of<typeof requestRow>;
export type RemarkRow = Of<typeof remarkRow>;
export type ToolRow = Of<typeof toolRow>;
export type Batch = Of<typeof batch>;
export type Reply = Of<typeof reply>;
export type FromPython = Batch | Reply | Of<typeof pong>;

const messages = { batch, reply, pong } as const;

/** Reads one message; null for a kind that is not the view's (the loader's `bundle`, or one from a newer kernel). */
export function readMessage(message: unknown): FromPython | null {
  if (!isObject(message)) throw new ShapeError("", "an object", message);
  const shape = Object.entries(messages).find(([kind]) => kind === message.kind)?.[1];
  return shape ? shape(message, "") : null;
}

/** The `snapshot` trait: the last header, or null where there is none that fits. */
export function readSnapshot(value: unknown): Header | null {
  try {
    return header(value, "snapshot");
  } catch {
    return null;
  }
}

export interface NewStep {
  readonly id: string;
  readonly tool: string;
  readonly args: JsonObject;
  readonly after: readonly string[];
  readonly title: string;
}
export interface StepChanges {
  readonly args?: JsonObject;
  readonly after?: readonly string[];
  readonly title?: string;
}
export type Edit =
  | { readonly op: "add"; readonly step: NewStep; readonly before: string | null }
  | { readonly op: "remove" | "skip"; readonly step: string }
  | { readonly op: "change"; readonly step: string; readonly changes: StepChanges }
  | { readonly op: "move"; readonly step: string; readonly after: readonly string[] }
  | { readonly op: "move"; readonly step: string; readonly before: string };

export type Scope = "once" | "step" | "run" | "always";
export type Then = "continue" | "replan" | "freeze" | "stop";

export interface Answer {
  readonly kind: "answer";
  readonly request: string;
  readonly token: string;
  readonly verdict: "approve" | "deny" | "choose";
  readonly args: JsonObject | null;
  readonly scope: Scope;
  readonly confirm: string;
  readonly reason: string;
  readonly then: Then;
  readonly choice: string | null;
}
export type Command =
  | { readonly kind: "pause" | "stop" | "abandon"; readonly reason: string }
  | { readonly kind: "resume" }
  | { readonly kind: "checkpoint"; readonly name: string }
  | { readonly kind: "edit"; readonly base: string; readonly reason: string; readonly edits: readonly Edit[] }
  | { readonly kind: "arm"; readonly request: string; readonly token: string }
  | Answer;

export type ToPython =
  | { readonly kind: "hello" | "resync" | "bundle" | "ping" }
  | { readonly kind: "command"; readonly id: number; readonly command: Command }
  | { readonly kind: "select"; readonly step: string | null };

export type { Json, JsonObject };
