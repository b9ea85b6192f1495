/** From a draft to the edits that make it of the plan. */

import { bridged, changesOf, type Draft, type DraftStep, markOf } from "./draft.ts";
import type { Edit } from "./wire.ts";

/** New steps first, so that the others may name them; places last, when the list has just those that stay. */
export function toEdits(draft: Draft): readonly Edit[] {
  const { steps } = bridged(draft);
  const added: Edit[] = [];
  const others: Edit[] = [];
  for (const step of steps) {
    const mark = markOf(step);
    if (mark === "new") {
      const { id, tool, args, after, title } = step;
      added.push({ op: "add", step: { id, tool, args, after, title }, before: nextKept(steps, step) });
    } else if (mark === "skipped" || mark === "removed") {
      others.push({ op: mark === "skipped" ? "skip" : "remove", step: step.key });
    } else if (mark === "moved") {
      others.push({ op: "move", step: step.key, after: step.after });
    } else if (mark === "changed") {
      others.push({ op: "change", step: step.key, changes: changesOf(step) });
    }
  }
  return [...added, ...others, ...toPlaces(steps)];
}

/** The next step below that is in the plan already and stays; null at the end. */
function nextKept(steps: readonly DraftStep[], step: DraftStep): string | null {
  const below = steps.slice(steps.indexOf(step) + 1);
  return below.find((one) => one.was !== null && one.fate !== "remove")?.id ?? null;
}

/** Moves in the list, from its end upward, so that each names a step that stands where it should. */
function toPlaces(steps: readonly DraftStep[]): readonly Edit[] {
  const wanted = steps.filter((step) => step.fate !== "remove");
  const list = afterAdding(wanted);
  const moves: Edit[] = [];
  for (let at = wanted.length - 2; at >= 0; at--) {
    const [step, next] = [wanted[at]?.id ?? "", wanted[at + 1]?.id ?? ""];
    const place = list.indexOf(step);
    if (list[place + 1] === next) continue;
    list.splice(place, 1);
    list.splice(list.indexOf(next), 0, step);
    moves.push({ op: "move", step, before: next });
  }
  return moves;
}

/** The ids as they stand when every new step was put before its next one of the plan. */
function afterAdding(wanted: readonly DraftStep[]): string[] {
  const planned = wanted.filter((step) => step.was !== null);
  const list = planned.toSorted((a, b) => (a.was?.order ?? 0) - (b.was?.order ?? 0)).map((step) => step.id);
  for (const step of wanted) {
    if (step.was !== null) continue;
    const before = nextKept(wanted, step);
    list.splice(before === null ? list.length : list.indexOf(before), 0, step.id);
  }
  return list;
}
