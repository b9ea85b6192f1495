/** What can be asked of a run's past, and the answers, checked where they come in. */

import { dict, flag, json, list, maybe, number, type Of, object, oneOf, pair, text } from "./shape.ts";

export type Question =
  | { readonly about: "places" }
  | { readonly about: "terms" }
  | { readonly about: "changes"; readonly number: number }
  | { readonly about: "place" | "undo"; readonly seq: number }
  | { readonly about: "compare"; readonly other: string };

/** Where the server answers the question, below the run's own address. */
export function pathOfQuestion(question: Question): string {
  if (question.about === "places" || question.about === "terms") return `/${question.about}`;
  if (question.about === "changes") return `/changes/${question.number}`;
  if (question.about === "compare") return `/compare/${encodeURIComponent(question.other)}`;
  return `/places/${question.seq}${question.about === "undo" ? "/undo" : ""}`;
}

const outcome = oneOf("undone", "undone_with_traces", "not_undoable", "unknown");

const undo = object({
  to: number,
  preview: flag,
  rows: list(
    object({ step: text, tool: text, what: text, outcome, words: text, why: text, told: list(text) }),
  ),
  counts: dict(number),
  /** The run that undoes; empty: nothing had to be called. */
  undo: text,
  state: text,
  /** What of it waits for a person. */
  open: list(text),
  shared: list(text),
  /** Whether the tools could be asked who would be told again. */
  told_known: flag,
});

const placeItem = object({
  seq: number,
  name: text,
  at: text,
  step: maybe(text),
  kind: oneOf("start", "step", "named"),
  undone: flag,
});
const kin = object({
  run: text,
  key: text,
  goal: text,
  state: text,
  done: number,
  total: number,
  created: text,
  kin: oneOf("origin", "fork"),
});
const restored = object({
  to: number,
  at: text,
  restored: list(text),
  removed: list(text),
  /** Changed by hand since, and so left as they are. */
  by_hand: list(text),
  left: list(pair(text, text)),
});
const places = object({
  seq: number,
  places: list(placeItem),
  family: list(kin),
  undone: list(undo),
  restored: maybe(restored),
});

const place = object({
  seq: number,
  variables: list(object({ name: text, type: text, summary: text, size: number })),
  not_captured: list(pair(text, text)),
  never: text,
  /** Place of the capture that its variables are of; 0: none. */
  captured_at: number,
  passed_over: flag,
  outputs: list(object({ step: text, text: text, json: maybe(text) })),
  usage: dict(number),
  limits: dict(number),
  requests: list(text),
  effects_since: number,
});

const side = object({
  run: text,
  state: text,
  done: number,
  total: number,
  usage: dict(number),
  seconds: maybe(number),
  own_effects: list(text),
  shared_effects: list(text),
  result: text,
});
const comparison = object({
  a: side,
  b: side,
  prefix: text,
  different: number,
  steps: list(
    object({
      step: text,
      plan: text,
      output: text,
      state_a: maybe(text),
      state_b: maybe(text),
      output_a: text,
      output_b: text,
      shared: flag,
    }),
  ),
});

const changes = object({
  number,
  author: text,
  reason: text,
  moved: flag,
  steps: list(
    object({
      step: text,
      title: text,
      how: oneOf("added", "changed", "removed"),
      fields: list(object({ name: text, before: json, after: json })),
    }),
  ),
});

const terms = object({
  autonomy: oneOf("ask", "risk", "irreversible", "read_only"),
  limits: list(object({ unit: text, limit: number, used: number })),
  /** `taken`: a step uses it now. */
  rights: list(object({ id: text, text, used: number, revoked: text, taken: flag })),
  decisions: list(object({ by: text, subject: text, choice: text, why: text, at: text, against: flag })),
  notes: list(object({ by: text, step: maybe(text), text, at: text })),
});

export type Places = Of<typeof places>;
export type Restored = Of<typeof restored>;
export type Changes = Of<typeof changes>;
export type Terms = Of<typeof terms>;
export type PlaceItem = Of<typeof placeItem>;
export type Kin = Of<typeof kin>;
export type Place = Of<typeof place>;
export type Undo = Of<typeof undo>;
export type Outcome = Of<typeof outcome>;
export type Comparison = Of<typeof comparison>;

export const readPlaces = (value: unknown) => places(value, "places");
export const readPlace = (value: unknown) => place(value, "place");
export const readUndo = (value: unknown) => undo(value, "undo");
export const readChanges = (value: unknown) => changes(value, "changes");
export const readTerms = (value: unknown) => terms(value, "terms");
export const readComparison = (value: unknown) => comparison(value, "comparison");
