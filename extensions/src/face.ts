/** What a step shows of itself in the list, in the graph and in a draft: the same signs and words everywhere. */

import { type DraftStep, type Mark, markOf } from "./draft.ts";
import { duration, estimate } from "./measure.ts";
import { referencesIn } from "./schema.ts";
import { t } from "./t.ts";
import type { Effect, Risk, StepRow, ToolRow } from "./wire.ts";
import { EFFECT_WORDS, RISK_WORDS, type Sign, STEP_SIGNS, who } from "./words.ts";

/** What the right edge says: how long it took, how long it may take, or the state where no time says it. */
export function timeOf(step: StepRow): string {
  if (step.state === "succeeded" && step.duration_s !== null) return duration(step.duration_s);
  const coming = step.state === "pending" || step.state === "ready";
  if (coming) return step.estimate_s === null ? "" : estimate(step.estimate_s);
  const again = step.state === "running" && step.attempt > 1 ? t(", attempt %1", step.attempt) : "";
  return STEP_SIGNS[step.state].word + again;
}

/** The same, with what it was expected to take: "0.21 s of ~1 s". */
export function paceOf(step: StepRow): string {
  const took = step.state === "succeeded" && step.duration_s !== null;
  return took && step.estimate_s !== null
    ? t("%1 of %2", timeOf(step), estimate(step.estimate_s))
    : timeOf(step);
}

const PASSED: ReadonlySet<StepRow["state"]> = new Set(["running", "in_doubt", "succeeded", "undo_failed"]);

/** Of the first step that cannot be taken back. */
export function lineOf(step: StepRow): string {
  return PASSED.has(step.state) ? t("point of no return, passed") : t("point of no return");
}

export function draftSign(step: DraftStep): Sign {
  return step.was ? STEP_SIGNS[step.was.state] : { icon: "dot", word: t("new"), tone: "quiet" };
}

/** A dependency, drawn as a line. */
export interface Join {
  readonly from: string;
  /** Its output is used, or it is only waited for. */
  readonly uses: boolean;
  /** What a draft made of it. */
  readonly mark: "new" | "removed" | null;
}

/** A step as the graph shows it. */
export interface Card {
  readonly id: string;
  readonly title: string;
  readonly tool: string;
  readonly effect: Effect | null;
  readonly risk: Risk | null;
  readonly sign: Sign;
  readonly state: StepRow["state"] | "new";
  readonly time: string;
  /** Empty where the title of the plan names the author already. */
  readonly author: string;
  readonly oneWay: boolean;
  /** The words of the line above it; empty: no line. */
  readonly line: string;
  readonly mark: Mark | null;
  readonly joins: readonly Join[];
}

export function cardsOf(steps: readonly StepRow[]): readonly Card[] {
  const author = steps[0]?.author ?? "";
  const first = steps.find((step) => step.one_way);
  return steps.map((step) => ({
    ...common(step),
    id: step.id,
    title: step.title || step.id,
    tool: step.tool,
    sign: STEP_SIGNS[step.state],
    time: paceOf(step),
    author: step.author === author ? "" : who(step.author),
    line: step === first ? lineOf(step) : "",
    mark: null,
    joins: joinsOf(step.needs, referencesIn(step.args), step.needs, (id) => id),
  }));
}

function common(step: StepRow): Pick<Card, "effect" | "risk" | "state" | "oneWay"> {
  return { effect: step.effect, risk: step.risk, state: step.state, oneWay: step.one_way };
}

/** The same of a draft; steps go by their keys, which stay while an id is being typed. */
export function draftCardsOf(steps: readonly DraftStep[], tools: readonly ToolRow[]): readonly Card[] {
  const author = steps.find((step) => step.was)?.was?.author ?? "";
  const first = steps.find((step) => step.was?.one_way);
  const keys = new Map(steps.toReversed().map((step) => [step.id, step.key]));
  return steps.map((step) => {
    const tool = tools.find((one) => one.name === step.tool);
    const used = referencesIn(step.args);
    const now = [...new Set([...used, ...step.after])];
    return {
      ...(step.was && step.was.tool === step.tool
        ? common(step.was)
        : {
            effect: tool?.effect ?? null,
            risk: tool?.risk ?? null,
            state: "new" as const,
            oneWay: tool?.effect === "irreversible",
          }),
      id: step.key,
      title: step.title || step.id,
      tool: step.tool,
      sign: draftSign(step),
      time: step.was ? paceOf(step.was) : "",
      author: step.was && step.was.author !== author ? who(step.was.author) : "",
      line: step.was && step === first ? lineOf(step.was) : "",
      mark: markOf(step),
      joins: joinsOf(now, used, step.was ? step.was.needs : now, (id) => keys.get(id) ?? id),
    };
  });
}

/** What is waited for now, and what was and is not any more. */
function joinsOf(
  now: readonly string[],
  used: readonly string[],
  before: readonly string[],
  keyOf: (id: string) => string,
): readonly Join[] {
  const join = (id: string, mark: Join["mark"]) => ({ from: keyOf(id), uses: used.includes(id), mark });
  return [
    ...now.map((id) => join(id, before.includes(id) ? null : "new")),
    ...before.filter((id) => !now.includes(id)).map((id) => join(id, "removed")),
  ];
}

/** What a card shows by its place and its lines, for those who listen. */
export function spokenOf(card: Card, titles: ReadonlyMap<string, string>): string {
  const waits = card.joins
    .filter((one) => one.mark !== "removed")
    .map((one) => titles.get(one.from) ?? one.from);
  return [
    card.effect ? EFFECT_WORDS[card.effect] : "",
    card.line,
    waits.length > 0 ? t("after %1", waits.join(t(" and "))) : "",
  ]
    .filter((part) => part !== "")
    .join(", ");
}

/** What it does to the world outside, where it does anything. */
export function riskOf(card: Pick<Card, "risk">): string {
  return card.risk === null || card.risk === "read" ? "" : RISK_WORDS[card.risk];
}
