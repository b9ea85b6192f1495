/** The draft of a plan: what the person means to change, kept apart from what Python said until it is applied. */

import { referencesIn } from "./schema.ts";
import type { Json, JsonObject } from "./shape.ts";
import { mark, t } from "./t.ts";
import type { StepChanges, StepRow, ToolRow } from "./wire.ts";
import { count, spoken } from "./words.ts";

export interface DraftStep {
  /** Stays the same while the id is being typed. */
  readonly key: string;
  readonly id: string;
  readonly tool: string;
  readonly title: string;
  readonly args: JsonObject;
  /** Waits for these, beyond what its arguments use. */
  readonly after: readonly string[];
  readonly fate: "keep" | "skip" | "remove";
  /** The step as it is in the plan; null for a new one. */
  readonly was: StepRow | null;
  /** What is wrong with a field, by its name. */
  readonly faults: Readonly<Record<string, string>>;
}

export interface Draft {
  /** Digest of the revision this draft starts from. */
  readonly base: string;
  readonly revision: number;
  readonly steps: readonly DraftStep[];
}

export type Mark = "new" | "changed" | "moved" | "skipped" | "removed";
export const MARK_WORDS = spoken({
  new: mark("new"),
  changed: mark("changed"),
  moved: mark("moved"),
  skipped: mark("skipped"),
  removed: mark("removed"),
});

export function startDraft(base: string, revision: number, rows: readonly StepRow[]): Draft {
  return { base, revision, steps: rows.map(fromRow) };
}

function fromRow(row: StepRow): DraftStep {
  const { id, tool, title, args } = row;
  return { key: id, id, tool, title, args, after: explicitAfter(row), fate: "keep", was: row, faults: {} };
}

function explicitAfter(row: StepRow): readonly string[] {
  const used = referencesIn(row.args);
  return row.needs.filter((id) => !used.includes(id));
}

export function isEditable(step: DraftStep): boolean {
  return step.was === null || ["pending", "ready", "asking"].includes(step.was.state);
}

/**
 * Adds a step below the one with `afterKey`, waiting for it, with an id that is still free.
 * Without such a one it goes to the end, but never past a point of no return that is still ahead.
 */
export function addStep(draft: Draft, tool: ToolRow | undefined, afterKey: string | null): [Draft, string] {
  const at = draft.steps.findIndex((step) => step.key === afterKey);
  const oneWay = draft.steps.findIndex((step) => step.was?.one_way && isEditable(step));
  const index = at >= 0 ? at + 1 : oneWay >= 0 ? oneWay : draft.steps.length;
  const above = draft.steps[index - 1];
  const id = freeId(draft, tool?.name.split(".").at(-1) ?? "step");
  const key = `new:${id}:${draft.steps.length}`;
  const step: DraftStep = {
    key,
    id,
    tool: tool?.name ?? "",
    title: "",
    args: {},
    after: above ? [above.id] : [],
    fate: "keep",
    was: null,
    faults: {},
  };
  return [{ ...draft, steps: draft.steps.toSpliced(index, 0, step) }, key];
}

function freeId(draft: Draft, wanted: string): string {
  const taken = new Set(draft.steps.map((step) => step.id));
  let id = wanted;
  for (let n = 2; taken.has(id); n++) id = `${wanted}-${n}`;
  return id;
}

export function updateStep(draft: Draft, key: string, patch: Partial<DraftStep>): Draft {
  const old = draft.steps.find((step) => step.key === key);
  if (!old) return draft;
  const renamed = patch.id !== undefined && patch.id !== old.id ? { from: old.id, to: patch.id } : null;
  const steps = draft.steps.map((step) => {
    if (step.key === key) return { ...step, ...patch };
    return renamed ? followRename(step, renamed.from, renamed.to) : step;
  });
  return { ...draft, steps };
}

function followRename(step: DraftStep, from: string, to: string): DraftStep {
  if (!step.after.includes(from) && !referencesIn(step.args).includes(from)) return step;
  const rename = (value: Json): Json =>
    JSON.parse(JSON.stringify(value), (k, v) => (k === "$ref" && v === from ? to : v));
  return {
    ...step,
    after: step.after.map((id) => (id === from ? to : id)),
    args: rename(step.args) as JsonObject,
  };
}

/** A new step is simply taken out; one of the plan is marked, so that it can be kept after all. */
export function dropStep(draft: Draft, key: string): Draft {
  const step = draft.steps.find((one) => one.key === key);
  if (step?.was !== null) return updateStep(draft, key, { fate: "remove" });
  const left = draft.steps.filter((one) => one.key !== key);
  return { ...draft, steps: left.map((one) => bridge(one, new Map([[step.id, step]]))) };
}

/** The draft as it would be applied: what waited for a removed step waits for what that one waited for. */
export function bridged(draft: Draft): Draft {
  const gone = new Map(draft.steps.filter((one) => one.fate === "remove").map((one) => [one.id, one]));
  if (gone.size === 0) return draft;
  return { ...draft, steps: draft.steps.map((one) => (one.fate === "remove" ? one : bridge(one, gone))) };
}

function bridge(step: DraftStep, gone: ReadonlyMap<string, DraftStep>): DraftStep {
  if (!isEditable(step) || !step.after.some((id) => gone.has(id))) return step;
  const through = (id: string, seen: readonly string[]): readonly string[] => {
    const one = gone.get(id);
    if (one === undefined) return [id];
    if (seen.includes(id)) return [];
    return union(one.after, referencesIn(one.args)).flatMap((next) => through(next, [...seen, id]));
  };
  const used = referencesIn(step.args);
  const after = union(step.after.flatMap((id) => through(id, [])));
  return { ...step, after: after.filter((id) => !used.includes(id)) };
}

/** Why this step cannot change places with its neighbour; null when it can. */
export function moveFault(draft: Draft, key: string, by: -1 | 1): string | null {
  const [upper, lower] = neighbours(draft, key, by);
  if (!upper || !lower) return t("It is at the end of the list.");
  if (!isEditable(upper) || !isEditable(lower)) return t("A finished step keeps its place.");
  if (referencesIn(lower.args).includes(upper.id)) return t("%1 uses the output of %2.", lower.id, upper.id);
  return null;
}

/** Swaps a step with its neighbour, and what waits for what with it: the lower one now runs first. */
export function moveStep(draft: Draft, key: string, by: -1 | 1): Draft {
  const [upper, lower] = neighbours(draft, key, by);
  if (!upper || !lower || moveFault(draft, key, by) !== null) return draft;
  const chained = lower.after.includes(upper.id);
  const waitedFor = union(upper.after, referencesIn(upper.args));
  const first = { ...lower, after: chained ? union(without(lower.after, upper.id), waitedFor) : lower.after };
  const second = { ...upper, after: union(upper.after, [lower.id]) };
  const steps = draft.steps.map((step) => {
    if (step === upper) return first;
    if (step === lower) return second;
    const follows = chained && (step.after.includes(lower.id) || referencesIn(step.args).includes(lower.id));
    return follows && isEditable(step) ? { ...step, after: union(step.after, [upper.id]) } : step;
  });
  return { ...draft, steps };
}

function neighbours(draft: Draft, key: string, by: -1 | 1): [DraftStep | undefined, DraftStep | undefined] {
  const index = draft.steps.findIndex((step) => step.key === key);
  const upper = by < 0 ? index - 1 : index;
  return index < 0 ? [undefined, undefined] : [draft.steps[upper], draft.steps[upper + 1]];
}

function union(a: readonly string[], b: readonly string[] = []): readonly string[] {
  return [...new Set([...a, ...b])];
}

function without(list: readonly string[], item: string): readonly string[] {
  return list.filter((one) => one !== item);
}

export function changesOf(step: DraftStep): StepChanges {
  if (step.was === null) return {};
  return {
    ...(step.title === step.was.title ? {} : { title: step.title }),
    ...(same(step.args, step.was.args)
      ? {}
      : { args: { ...emptied(step.was.args, step.args), ...step.args } }),
    ...(same([...step.after].sort(), [...explicitAfter(step.was)].sort()) ? {} : { after: step.after }),
  };
}

/** Arguments are merged by name, so one that was taken out is sent as null. */
function emptied(before: JsonObject, now: JsonObject): JsonObject {
  return Object.fromEntries(Object.keys(before).flatMap((name) => (name in now ? [] : [[name, null]])));
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export function markOf(step: DraftStep): Mark | null {
  if (step.was === null) return "new";
  if (step.fate !== "keep") return step.fate === "skip" ? "skipped" : "removed";
  const changed = Object.keys(changesOf(step));
  if (changed.length === 0) return null;
  return changed.length === 1 && changed[0] === "after" ? "moved" : "changed";
}

/** What is wrong with a step of the draft, as sentences; Python checks the rest when the draft is applied. */
export function findingsOf(draft: Draft, step: DraftStep): readonly string[] {
  if (!isEditable(step) || step.fate !== "keep") return [];
  const present = new Map(draft.steps.map((one) => [one.id, one]));
  const twice = draft.steps.filter((one) => one.id === step.id).length > 1;
  const missing = union(step.after, referencesIn(step.args)).filter((id) => {
    const other = present.get(id);
    return other === undefined || other.fate === "remove";
  });
  return [
    ...(step.id.trim() === "" ? [t("It needs an id.")] : []),
    ...(twice ? [t("Another step is called %1 too.", step.id)] : []),
    ...(step.tool === "" ? [t("It needs a tool.")] : []),
    ...missing.map((id) => t("It needs %1, which is not in the draft.", id)),
    ...fieldFaultsOf(step),
  ];
}

export function fieldFaultsOf(step: DraftStep): readonly string[] {
  return Object.entries(step.faults).map(([name, fault]) => `${name} ${fault}.`);
}

/** "1 new, 2 changed", or empty when nothing is changed. */
export function summaryOf(draft: Draft): string {
  const tally = new Map<Mark, number>();
  for (const step of draft.steps) {
    const found = markOf(step);
    if (found) tally.set(found, (tally.get(found) ?? 0) + 1);
  }
  return [...tally].map(([found, n]) => `${n} ${MARK_WORDS[found]}`).join(", ");
}

export function findingCount(draft: Draft): string {
  const n = draft.steps.reduce((sum, step) => sum + findingsOf(draft, step).length, 0);
  return n === 0 ? "" : count(n, "finding");
}
