/** What a run is still expected to take: the longest way through the steps that are not over. */

import { estimate } from "./measure.ts";
import { t } from "./t.ts";
import type { StepRow } from "./wire.ts";

export interface Ahead {
  /** Seconds along the critical path, of what has been estimated. */
  readonly seconds: number;
  /** Steps that nobody has estimated. */
  readonly unknown: number;
}

const TO_COME: ReadonlySet<StepRow["state"]> = new Set(["pending", "ready", "asking", "running", "in_doubt"]);

/** Null where nothing is to come, or nothing of it has been estimated. */
export function aheadOf(steps: readonly StepRow[]): Ahead | null {
  const coming = new Map(steps.filter((step) => TO_COME.has(step.state)).map((step) => [step.id, step]));
  const known = [...coming.values()].filter((step) => step.estimate_s !== null);
  if (known.length === 0) return null;
  const ends = new Map<string, number>();
  const endOf = (step: StepRow): number => {
    const seen = ends.get(step.id);
    if (seen !== undefined) return seen;
    ends.set(step.id, 0);
    const before = step.needs.flatMap((id) => coming.get(id) ?? []);
    const end = Math.max(0, ...before.map(endOf)) + (step.estimate_s ?? 0);
    ends.set(step.id, end);
    return end;
  };
  const seconds = Math.max(...[...coming.values()].map(endOf));
  return { seconds, unknown: coming.size - known.length };
}

/** "~6 h to come", "at least ~30 s to come" */
export function aheadWords({ seconds, unknown }: Ahead): string {
  return unknown > 0 ? t("at least %1 to come", estimate(seconds)) : t("%1 to come", estimate(seconds));
}
