/** The lists of the panel: all runs, and all that waits; checked where they come in. */

import { list, maybe, number, type Of, object, oneOf, text } from "../shape.ts";

const runItem = object({
  journal: text,
  journal_name: text,
  run: text,
  goal: text,
  state: text,
  updated: text,
  done: number,
  total: number,
  open_requests: number,
  /** The run of the list whose calls have started this one; empty: a person did. */
  below: text,
});
const askedItem = object({
  journal: text,
  run: text,
  goal: text,
  id: text,
  title: text,
  tool: text,
  risk: text,
  opened: text,
  expires: maybe(text),
});
const runs = object({ runs: list(runItem), faults: list(text) });
const freezes = object({
  freezes: list(
    object({
      journal: text,
      journal_name: text,
      id: text,
      what: oneOf("writes", "deletes", "tool", "everything"),
      tool: text,
      why: text,
      by: text,
      at: text,
    }),
  ),
});
const journals = object({ journals: list(object({ id: text })) });
const inbox = object({ requests: list(askedItem) });

export type RunItem = Of<typeof runItem>;
export type FreezeItem = Of<typeof freezes>["freezes"][number];
export type AskedItem = Of<typeof askedItem>;

export const readRuns = (value: unknown) => runs(value, "runs");
export const readFreezes = (value: unknown) => freezes(value, "freezes").freezes;
export const readJournals = (value: unknown) => journals(value, "journals").journals;
export const readInbox = (value: unknown) => inbox(value, "inbox").requests;
