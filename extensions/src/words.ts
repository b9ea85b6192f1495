/** How states, effects and risks are said: always an icon, a word and a tone together. */

import { mark, t, tn } from "./t.ts";
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

/** The word is said in the reader's language when it is read. */
function sign(icon: IconName, word: string, tone: Tone): Sign {
  return {
    icon,
    tone,
    get word() {
      return t(word);
    },
  };
}

/** A table of words that are said in the reader's language when they are read. */
export function spoken<K extends string>(words: Readonly<Record<K, string>>): Readonly<Record<K, string>> {
  return new Proxy(words, {
    get: (table, name) => {
      const word: unknown = Reflect.get(table, name);
      return typeof word === "string" ? t(word) : word;
    },
  });
}

export const RUN_SIGNS: Readonly<Record<RunStateName, Sign>> = {
  queued: sign("ring", mark("queued"), "quiet"),
  planning: sign("half", mark("planning"), "active"),
  running: sign("half", mark("running"), "active"),
  paused: sign("bars", mark("paused"), "quiet"),
  waiting: sign("bang", mark("waits for you"), "waits"),
  stopping: sign("square", mark("stopping"), "quiet"),
  succeeded: sign("check", mark("done"), "done"),
  failed: sign("cross", mark("failed"), "bad"),
  stopped: sign("square", mark("stopped"), "quiet"),
  abandoned: sign("dash", mark("abandoned"), "quiet"),
};

export const STEP_SIGNS: Readonly<Record<StepStateName, Sign>> = {
  pending: sign("ring", mark("to come"), "quiet"),
  ready: sign("dot", mark("next"), "quiet"),
  asking: sign("bang", mark("waits for you"), "waits"),
  running: sign("half", mark("running"), "active"),
  in_doubt: sign("question", mark("in doubt"), "doubt"),
  succeeded: sign("check", mark("done"), "done"),
  failed: sign("cross", mark("failed"), "bad"),
  skipped: sign("dash", mark("skipped"), "quiet"),
  denied: sign("dash", mark("refused"), "quiet"),
  stopped: sign("square", mark("stopped"), "quiet"),
  undone: sign("back", mark("undone"), "quiet"),
  undo_failed: sign("cross", mark("undo failed"), "bad"),
};

/** Words of a trace row that are no state of a step or a run. */
const EVENT_SIGNS: Readonly<Record<string, Sign>> = {
  turned: sign("back", mark("one more turn"), "active"),
  exhausted: sign("dash", mark("turns used up"), "bad"),
  unplanned: sign("bang", mark("outside the plan"), "waits"),
};

/** Events that change no state: a quiet dot, and what it is in a word. */
const PASSING = new Set<string>([
  mark("answered"),
  mark("attached"),
  mark("cancelled"),
  mark("checked"),
  mark("checkpoint"),
  mark("expired"),
  mark("fault"),
  mark("retrying"),
  mark("seen"),
  mark("voided"),
]);

const UNKNOWN: Sign = { icon: "dot", word: "", tone: "quiet" };

/** The sign for a trace row's state, which may be one of a step, of a run, or a word of its own. */
export function signFor(state: string): Sign {
  const signs: Readonly<Record<string, Sign>> = { ...EVENT_SIGNS, ...RUN_SIGNS, ...STEP_SIGNS };
  return signs[state] ?? { ...UNKNOWN, word: PASSING.has(state) ? t(state) : state };
}

export const EFFECT_WORDS: Readonly<Record<Effect, string>> = spoken({
  pure: mark("computes only"),
  read: mark("reads only"),
  reversible: mark("can be undone"),
  compensable: mark("can be undone, leaves traces"),
  irreversible: mark("cannot be undone"),
});

export const RISK_WORDS: Readonly<Record<Risk, string>> = spoken({
  read: mark("reads"),
  local: mark("local change"),
  shared: mark("shared"),
  costly: mark("costs money"),
  public: mark("outward"),
  irreversible: mark("final"),
});

/** Names of effects and of classes of risk, as rules and tools use them. */
export const CLASS_NAMES: Readonly<Record<Effect | Risk, string>> = spoken({
  pure: mark("pure"),
  read: mark("read"),
  reversible: mark("reversible"),
  compensable: mark("compensable"),
  irreversible: mark("irreversible"),
  local: mark("local"),
  shared: mark("shared"),
  costly: mark("costly"),
  public: mark("public"),
});

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
  return name === "person" ? t("you") : name;
}

/** "paused by you", "paused by you, finishing 1 call". */
export function runSentence(header: Header): string {
  const by = header.by && ["paused", "stopped", "stopping", "abandoned"].includes(header.state);
  const finishing = header.in_flight > 0 && (header.state === "paused" || header.state === "stopping");
  const word = RUN_SIGNS[header.state].word;
  const stands = by ? t("%1 by %2", word, who(header.by ?? "")) : word;
  return finishing ? t("%1, finishing %2", stands, count(header.in_flight, "call")) : stands;
}

/** The same of a run of which nobody can say how it stands now. */
export function pastSentence(header: Header): string {
  return header.state === "waiting" ? t("waited for you") : t("was %1", runSentence(header));
}

const COUNTED = {
  call: [mark("%1 call"), mark("%1 calls")],
  effect: [mark("%1 effect"), mark("%1 effects")],
  event: [mark("%1 earlier event"), mark("%1 earlier events")],
  finding: [mark("%1 finding"), mark("%1 findings")],
  line: [mark("%1 line"), mark("%1 lines")],
  output: [mark("%1 output"), mark("%1 outputs")],
  question: [mark("%1 question"), mark("%1 questions")],
  request: [mark("%1 request"), mark("%1 requests")],
  run: [mark("%1 run"), mark("%1 runs")],
  row: [mark("%1 row"), mark("%1 rows")],
  step: [mark("%1 step"), mark("%1 steps")],
  more: [mark("%1 more step"), mark("%1 more steps")],
  time: [mark("%1 time"), mark("%1 times")],
  tool: [mark("%1 tool"), mark("%1 tools")],
  variable: [mark("%1 variable"), mark("%1 variables")],
} as const;

/** "1 step", "2 steps" */
export function count(n: number, what: keyof typeof COUNTED): string {
  const [one, many] = COUNTED[what];
  return tn(one, many, n);
}

/** "cannot be undone" as "Cannot be undone." */
export function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
