/** Drawing and removing lines in the draft of a plan: who waits for whom, by the same changes as in the list. */

import { bridged, type Draft, type DraftStep, isEditable, updateStep } from "./draft.ts";
import { referencesIn } from "./schema.ts";
import { t } from "./t.ts";

/** Why one step cannot be made to wait for another, both by key; null when it can. */
export function joinFault(draft: Draft, from: string, to: string): string | null {
  const steps = bridged(draft).steps;
  const [first, then] = [find(steps, from), find(steps, to)];
  if (!first || !then) return t("One of the two is not in the draft any more.");
  if (first === then) return t("A step cannot wait for itself.");
  const fault = heldFault(then);
  if (fault) return fault;
  if (first.fate === "remove") return t("%1 is being removed.", first.id);
  if (needsOf(then).includes(first.id)) return t("%1 waits for %2 already.", then.id, first.id);
  if (waitsFor(steps, first, then.id))
    return t("%1 waits for %2, so they would wait for each other.", first.id, then.id);
  return null;
}

/** The draft in which the one waits for the other; unchanged when it cannot. */
export function joinSteps(draft: Draft, from: string, to: string): Draft {
  const steps = bridged(draft).steps;
  const [first, then] = [find(steps, from), find(steps, to)];
  if (!first || !then || joinFault(draft, from, to) !== null) return draft;
  return updateStep(draft, to, { after: [...then.after, first.id] });
}

/** Why a line cannot be taken away; null when it can. */
export function partFault(draft: Draft, from: string, to: string): string | null {
  const steps = bridged(draft).steps;
  const [first, then] = [find(steps, from), find(steps, to)];
  if (!first || !then) return t("One of the two is not in the draft any more.");
  const fault = heldFault(then);
  if (fault) return fault;
  if (referencesIn(then.args).includes(first.id)) {
    return t("%1 uses the output of %2: choose another value in its form.", then.id, first.id);
  }
  return then.after.includes(first.id) ? null : t("%1 does not wait for %2 any more.", then.id, first.id);
}

export function partSteps(draft: Draft, from: string, to: string): Draft {
  const steps = bridged(draft).steps;
  const [first, then] = [find(steps, from), find(steps, to)];
  if (!first || !then || partFault(draft, from, to) !== null) return draft;
  return updateStep(draft, to, { after: then.after.filter((id) => id !== first.id) });
}

function find(steps: readonly DraftStep[], key: string): DraftStep | undefined {
  return steps.find((step) => step.key === key);
}

function heldFault(step: DraftStep): string | null {
  if (!isEditable(step)) return t("%1 has begun, so what it waits for stays.", step.id);
  return step.fate === "keep" ? null : t("%1 is not going to run.", step.id);
}

function needsOf(step: DraftStep): readonly string[] {
  return [...step.after, ...referencesIn(step.args)];
}

/** Whether a step comes after another one, over however many others. */
function waitsFor(steps: readonly DraftStep[], step: DraftStep, id: string): boolean {
  const byId = new Map(steps.map((one) => [one.id, one]));
  const seen = new Set<string>();
  const open = [...needsOf(step)];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === id) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    const one = byId.get(next);
    if (one) open.push(...needsOf(one));
  }
  return false;
}
