/** How states, effects and risks are said: always an icon, a word and a tone together. */

import type { Effect, Header, RequestRow, Risk, RunStateName, StepStateName } from "./wire.ts";

export type Tone = "quiet" | "active" | "done" | "waits" | "doubt" | "bad";
export type IconName =
  | "ring"
  | "dot"
  | "half"
  | "check"
  | "bang"
  | "question"
  | "cross"
  | "dash"
  | "bars"
  | "back"
  | "square"
  | "door";

export interface Sign {
  readonly icon: IconName;
  readonly word: string;
  readonly tone: Tone;
}

export const RUN_SIGNS: Readonly<Record<RunStateName, Sign>> = {
  queued: { icon: "ring", word: "queued", tone: "quiet" },
  planning: { icon: "half", word: "planning", tone: "active" },
  running: { icon: "half", word: "running", tone: "active" },
  paused: { icon: "bars", word: "paused", tone: "quiet" },
  waiting: { icon: "bang", word: "waits for you", tone: "waits" },
  stopping: { icon: "square", word: "stopping", tone: "quiet" },
  succeeded: { icon: "check", word: "done", tone: "done" },
  failed: { icon: "cross", word: "failed", tone: "bad" },
  stopped: { icon: "square", word: "stopped", tone: "quiet" },
  abandoned: { icon: "dash", word: "abandoned", tone: "quiet" },
};

export const STEP_SIGNS: Readonly<Record<StepStateName, Sign>> = {
  pending: { icon: "ring", word: "to come", tone: "quiet" },
  ready: { icon: "dot", word: "next", tone: "quiet" },
  asking: { icon: "bang", word: "waits for you", tone: "waits" },
  running: { icon: "half", word: "running", tone: "active" },
  in_doubt: { icon: "question", word: "in doubt", tone: "doubt" },
  succeeded: { icon: "check", word: "done", tone: "done" },
  failed: { icon: "cross", word: "failed", tone: "bad" },
  skipped: { icon: "dash", word: "skipped", tone: "quiet" },
  denied: { icon: "dash", word: "refused", tone: "quiet" },
  stopped: { icon: "square", word: "stopped", tone: "quiet" },
  undone: { icon: "back", word: "undone", tone: "quiet" },
  undo_failed: { icon: "cross", word: "undo failed", tone: "bad" },
};

/** Words of a trace row that are no state of a step or a run. */
const EVENT_SIGNS: Readonly<Record<string, Sign>> = {
  turned: { icon: "back", word: "one more turn", tone: "active" },
  exhausted: { icon: "dash", word: "turns used up", tone: "bad" },
  unplanned: { icon: "bang", word: "outside the plan", tone: "waits" },
};

const UNKNOWN: Sign = { icon: "dot", word: "", tone: "quiet" };

/** The sign for a trace row's state, which may be one of a step, of a run, or a word of its own. */
export function signFor(state: string): Sign {
  const signs: Readonly<Record<string, Sign>> = { ...EVENT_SIGNS, ...RUN_SIGNS, ...STEP_SIGNS };
  return signs[state] ?? { ...UNKNOWN, word: state };
}

export const EFFECT_WORDS: Readonly<Record<Effect, string>> = {
  pure: "computes only",
  read: "reads only",
  reversible: "can be undone",
  compensable: "can be undone, leaves traces",
  irreversible: "cannot be undone",
};

export const RISK_WORDS: Readonly<Record<Risk, string>> = {
  read: "reads",
  local: "local change",
  shared: "shared",
  costly: "costs money",
  public: "outward",
  irreversible: "final",
};

/** "outward, cannot be undone" */
export function classOf(request: RequestRow): string {
  const undo = request.reversibility || (request.effect ? EFFECT_WORDS[request.effect] : "");
  return [...new Set([RISK_WORDS[request.risk], undo])].filter((word) => word !== "").join(", ");
}

/** Risks whose approval takes a second, deliberate act. */
export function isGrave(risk: Risk): boolean {
  return risk === "public" || risk === "irreversible" || risk === "costly";
}

/** Requests that allow a call; the others are answered by a choice or a text. */
export function isGated(request: RequestRow): boolean {
  return request.kind === "permission" || request.kind === "budget";
}

/** Forms that one press answers; only such requests are put together in a batch. */
export function isOnePress(form: RequestRow["gate"]["form"]): boolean {
  return form === "none" || form === "notice" || form === "click";
}

const TERMINAL: ReadonlySet<RunStateName> = new Set(["succeeded", "failed", "stopped", "abandoned"]);

export function isOver(state: RunStateName): boolean {
  return TERMINAL.has(state);
}

export function isMoving(state: RunStateName): boolean {
  return state === "running" || state === "planning" || state === "waiting" || state === "stopping";
}

/** "person" is whoever looks at the page. */
export function who(name: string): string {
  return name === "person" ? "you" : name;
}

/** "paused by you", "paused by you, finishing 1 call". */
export function runSentence(header: Header): string {
  const by = header.by && ["paused", "stopped", "stopping", "abandoned"].includes(header.state);
  const finishing = header.in_flight > 0 && (header.state === "paused" || header.state === "stopping");
  return [
    RUN_SIGNS[header.state].word,
    by ? ` by ${who(header.by ?? "")}` : "",
    finishing ? `, finishing ${count(header.in_flight, "call")}` : "",
  ].join("");
}

/** The same of a run of which nobody can say how it stands now. */
export function pastSentence(header: Header): string {
  return header.state === "waiting" ? "waited for you" : `was ${runSentence(header)}`;
}

export function count(n: number, noun: string): string {
  return `${n} ${n === 1 ? noun : `${noun}s`}`;
}

/** "cannot be undone" as "Cannot be undone." */
export function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
