/** Written by scripts/make_types.py from workbench/events: don't edit it, call `make types`. */

import type { Json, JsonObject } from "../shape.ts";

/** A pure or read tool that is asked after the call: the world must say that it is so. */
export type Query = {
  readonly where?: JsonObject;
  readonly tool: string;
  readonly args?: JsonObject;
};

/** What an output must satisfy; all that is given must hold. */
export type Check = {
  readonly where?: JsonObject;
  readonly output_schema?: JsonObject | null;
  readonly not_empty?: boolean;
  readonly tool?: string | null;
  readonly query?: Query | null;
  readonly judge?: string;
};

/** How often a failing call is tried, and how long to wait in between. */
export type Retry = {
  readonly attempts?: number;
  readonly wait_s?: number;
  readonly factor?: number;
  readonly max_wait_s?: number;
  readonly jitter?: number;
};

/** A bounded loop: the step's tool is called again until its output is good enough. Each turn is a call of its own: it is decided, paid for and journaled like any other, and has an idempotency key of its own. */
export type Repeat = {
  readonly until: Check;
  readonly at_most: number;
  readonly carry?: string | null;
};

/** What a step is expected to take. */
export type Estimate = {
  readonly seconds?: number | null;
  readonly usd?: number | null;
};

/** The bytes of a value that is too large or too live for the journal, named by their digest. */
export type Artifact = {
  readonly digest: string;
  readonly media: string;
  readonly size: number;
};

/** A value as an event holds it: `value` counts when `artifact` is None. */
export type Stored = {
  readonly value?: Json;
  readonly artifact?: Artifact | null;
  readonly summary?: string;
};

/** Which effect an undo takes back, by places in the journal of the run that made it. */
export type Undoes = {
  readonly intent: number;
  readonly outcome?: number;
};

/** One tool call of a plan. */
export type Step = {
  readonly id: string;
  readonly tool: string;
  readonly args?: JsonObject;
  readonly after?: readonly string[];
  readonly title?: string;
  readonly why?: string;
  readonly check?: Check | null;
  readonly retry?: Retry | null;
  readonly repeat?: Repeat | null;
  readonly timeout_s?: number | null;
  readonly within_s?: number | null;
  readonly quorum?: number | null;
  readonly estimate?: Estimate | null;
  readonly ask?: boolean;
  readonly skip?: boolean;
  readonly output?: Stored | null;
  readonly undoes?: Undoes | null;
};

/** Put a new step into the plan, before the step `before` in the list or at its end. */
export type Add = {
  readonly op: "add";
  readonly step: Step;
  readonly before?: string | null;
};

/** What the other side of a call wants to know from the person. */
export type Asked = {
  readonly by: string;
  readonly text: string;
  readonly answers?: JsonObject | null;
  readonly url?: string;
  readonly note?: string;
};

/** The person said how much the run does without asking. */
export type AutonomyChanged = {
  readonly kind: "autonomy.changed";
  readonly to: "ask" | "risk" | "irreversible" | "read_only";
  readonly before: "ask" | "risk" | "irreversible" | "read_only";
  readonly by: string;
};

/** A call of the tool came through again, or a person closed its breaker. */
export type BreakerClosed = {
  readonly kind: "breaker.closed";
  readonly tool: string;
  readonly by: string;
};

/** Calls of this tool failed too often: no further one starts. */
export type BreakerOpened = {
  readonly kind: "breaker.opened";
  readonly tool: string;
  readonly failures: number;
  readonly until?: string | null;
  readonly why?: string;
};

/** The call ended with questions to the person; another one takes their answers along. Nothing waits in the meantime: the questions are opened one after the other, each as a request. */
export type CallAsked = {
  readonly kind: "call.asked";
  readonly step: string;
  readonly attempt: number;
  readonly questions: { readonly [name: string]: Asked };
  readonly state?: string;
};

/** The attempt was ended, or lost in a crash, before it could do anything: it may run again. */
export type CallCancelled = {
  readonly kind: "call.cancelled";
  readonly step: string;
  readonly attempt: number;
  readonly why: string;
};

/** A doubt was settled: it happened. */
export type CallConfirmed = {
  readonly kind: "call.confirmed";
  readonly step: string;
  readonly by: string;
  readonly output: Stored;
  readonly evidence?: JsonObject;
};

/** Nobody knows whether it happened: a timeout, or a crash between intent and outcome. */
export type CallDoubted = {
  readonly kind: "call.doubted";
  readonly step: string;
  readonly attempt: number;
  readonly why: string;
  readonly stuck?: boolean;
};

/** The step failed for good: the tool raised, or its output did not satisfy the check. */
export type CallFailed = {
  readonly kind: "call.failed";
  readonly step: string;
  readonly attempt: number;
  readonly error: string;
  readonly error_type?: string;
  readonly error_class?: "" | "transient" | "bad_output" | "missing_capability" | "budget" | "permission" | "fatal";
  readonly happened?: boolean | null;
  readonly duration_s?: number;
  readonly output?: Stored | null;
  readonly tries?: number;
  readonly faults?: readonly { readonly [name: string]: string }[];
};

/** The call is about to be made; on disk before it touches the world. */
export type CallIntended = {
  readonly kind: "call.intended";
  readonly step: string;
  readonly attempt: number;
  readonly turn?: number;
  readonly tool: string;
  readonly effect: "pure" | "read" | "reversible" | "compensable" | "irreversible";
  readonly args: Stored;
  readonly args_digest: string;
  readonly key: string;
  readonly allowed_by?: string;
  readonly spend?: { readonly [name: string]: number };
  readonly undo?: string | null;
  readonly undo_args?: { readonly [name: string]: Stored };
  readonly before?: Stored | null;
  readonly not_undoable?: string;
};

/** A call of the other run has happened, or may have, and this run may be about to repeat it. */
export type CallLeft = {
  readonly kind: "call.left";
  readonly step: string;
  readonly run: string;
  readonly tool: string;
  readonly args_digest: string;
  readonly why: string;
  readonly output?: Stored | null;
};

/** The work outside was asked about, and is not done yet. */
export type CallPolled = {
  readonly kind: "call.polled";
  readonly step: string;
  readonly attempt: number;
  readonly polls: number;
  readonly wait_s: number;
  readonly progress?: number | null;
  readonly error?: string;
};

/** A call was not made: a freeze, or a right that is gone. The step stays as it is. */
export type CallRefused = {
  readonly kind: "call.refused";
  readonly step: string;
  readonly tool: string;
  readonly args_digest: string;
  readonly by: string;
  readonly reason: string;
};

/** A doubt was settled: it did not happen, or the key makes it harmless to run it again. */
export type CallRefuted = {
  readonly kind: "call.refuted";
  readonly step: string;
  readonly by: string;
  readonly why?: string;
};

/** The tool said how far the call is; at most one a second is kept. */
export type CallReported = {
  readonly kind: "call.reported";
  readonly step: string;
  readonly attempt: number;
  readonly progress?: number | null;
  readonly text?: string;
};

/** The attempt failed and another one follows. */
export type CallRetrying = {
  readonly kind: "call.retrying";
  readonly step: string;
  readonly attempt: number;
  readonly error: string;
  readonly error_type?: string;
  readonly error_class?: "" | "transient" | "bad_output" | "missing_capability" | "budget" | "permission" | "fatal";
  readonly wait_s: number;
  readonly duration_s?: number;
  readonly tries?: number;
  readonly unsure?: boolean;
};

/** During the call a model was asked on behalf of the other side, or that was refused. What it took is in the events about the model's own call. */
export type CallSampled = {
  readonly kind: "call.sampled";
  readonly step: string;
  readonly attempt: number;
  readonly model: string;
  readonly outcome: "answered" | "refused" | "failed";
  readonly why?: string;
  readonly duration_s?: number;
};

/** The tool has started work outside; on disk before it is asked about for the first time. */
export type CallSubmitted = {
  readonly kind: "call.submitted";
  readonly step: string;
  readonly attempt: number;
  readonly handle: Stored;
  readonly wait_s?: number;
};

/** The tool returned and its output satisfied the check. */
export type CallSucceeded = {
  readonly kind: "call.succeeded";
  readonly step: string;
  readonly attempt: number;
  readonly output: Stored;
  readonly duration_s: number;
  readonly verified?: boolean | null;
  readonly level?: "accepted" | "performed" | "confirmed";
  readonly note?: string;
  readonly tries?: number;
};

/** One attempt took longer than it may; what became of it is said by the next event. */
export type CallTimedOut = {
  readonly kind: "call.timed_out";
  readonly step: string;
  readonly attempt: number;
  readonly limit_s: number;
  readonly of?: string;
};

/** During the call of a step a tool was called that the plan does not have there. */
export type CallUnplanned = {
  readonly kind: "call.unplanned";
  readonly step: string;
  readonly tool: string;
  readonly effect: "pure" | "read" | "reversible" | "compensable" | "irreversible";
  readonly args_digest?: string;
  readonly count?: number;
  readonly refused?: boolean;
};

/** A variable as it was captured. */
export type CapturedVariable = {
  readonly type: string;
  readonly stored: Stored;
  readonly parts?: readonly Artifact[];
  readonly more?: JsonObject;
  readonly digest: string;
  readonly same_as?: string;
};

/** Replace fields of a step; `args` are merged by name, a None among them removes one. */
export type Change = {
  readonly op: "change";
  readonly step: string;
  readonly changes: JsonObject;
};

/** A person changed fields of the place where the run is paused, which makes this new place. The old one stays as it was. Arguments and limits are changed by the events before this one. */
export type CheckpointAmended = {
  readonly kind: "checkpoint.amended";
  readonly name: string;
  readonly by?: string;
  readonly reason?: string;
  readonly outputs?: { readonly [name: string]: Stored };
  readonly args?: { readonly [name: string]: JsonObject };
  readonly limits?: { readonly [name: string]: number };
};

/** A person named this place. */
export type CheckpointMade = {
  readonly kind: "checkpoint.made";
  readonly name: string;
  readonly by?: string;
};

/** A piece of the context, and what stands in its place. */
export type Shortened = {
  readonly zone: string;
  readonly original: Stored;
  readonly digest: string;
  readonly text: string;
};

/** Pieces of the context were shortened, because it took a set share of what it may. */
export type ContextCompacted = {
  readonly kind: "context.compacted";
  readonly why: string;
  readonly before?: { readonly [name: string]: number };
  readonly after?: { readonly [name: string]: number };
  readonly pieces?: { readonly [name: string]: Shortened };
};

/** A person said what the model is shown of a piece that was shortened. */
export type ContextCorrected = {
  readonly kind: "context.corrected";
  readonly piece: string;
  readonly text?: string | null;
  readonly by?: string;
  readonly reason?: string;
};

/** A request was a planted one, which should be refused: no call ever stood behind it. */
export type ControlRevealed = {
  readonly kind: "control.revealed";
  readonly request: string;
  readonly refused: boolean;
  readonly expired?: boolean;
};

/** The planner or a person decided something that later decisions must agree with. */
export type DecisionMade = {
  readonly kind: "decision.made";
  readonly by: string;
  readonly subject: string;
  readonly choice: string;
  readonly why?: string;
  readonly contradicts?: number;
};

/** Something inside the workbench went wrong; the run itself is unharmed. */
export type FaultRecorded = {
  readonly kind: "fault.recorded";
  readonly where: string;
  readonly error: string;
};

/** What an approval of one request takes. */
export type Gate = {
  readonly form: "none" | "notice" | "click" | "diff" | "type" | "two_step";
  readonly shown_s?: number;
  readonly delay_s?: number;
  readonly value?: string;
};

/** What a value must be; all that is given must hold. Attributes: equals: the value, of the same type. one_of: values of which it must be one. under: a folder that the path must lie in, after links are resolved. matches: a regular expression for the whole text. at_most: the largest number. at_least: the smallest number. */
export type Predicate = {
  readonly equals?: Json;
  readonly one_of?: Json | null;
  readonly under?: string | null;
  readonly matches?: string | null;
  readonly at_most?: number | null;
  readonly at_least?: number | null;
};

/** A right; what it does not name it does not give. Attributes: tools: exact names; only one written with `*` is a pattern. where: what the arguments must be, by name; a plain value demands that value. environment: where it holds, as "test" or "prod"; empty: everywhere. expires: from when on it gives nothing, in UTC; None: it does not end by time. uses: calls that it gives; None: any number. step: the step that may use it; empty: every step of the run. why: what it was given for. */
export type Grant = {
  readonly tools: readonly string[];
  readonly where?: { readonly [name: string]: Predicate };
  readonly environment?: string;
  readonly expires?: string | null;
  readonly uses?: number | null;
  readonly step?: string;
  readonly why?: string;
};

/** The run was given a right; a step takes it for its call and lets go of it when it ends. */
export type GrantGiven = {
  readonly kind: "grant.given";
  readonly grant: string;
  readonly right: Grant;
  readonly by: string;
  readonly surface?: string;
};

/** A right was taken away: it acts on the next call. */
export type GrantRevoked = {
  readonly kind: "grant.revoked";
  readonly grant: string;
  readonly by: string;
  readonly reason?: string;
};

/** A process took the lease and drives the run from here on. */
export type HostAttached = {
  readonly kind: "host.attached";
  readonly host: string;
  readonly epoch: number;
};

/** The person changed a limit of the run's budget. */
export type LimitRaised = {
  readonly kind: "limit.raised";
  readonly unit: string;
  readonly to: number;
  readonly before: number;
  readonly by: string;
};

/** The output of the last turn was not good enough: the step failed, no call did. */
export type LoopExhausted = {
  readonly kind: "loop.exhausted";
  readonly step: string;
  readonly attempt: number;
  readonly turn: number;
  readonly output?: Stored | null;
  readonly why: string;
  readonly duration_s?: number;
  readonly tries?: number;
  readonly by?: string;
};

/** The output of a turn was not good enough, and another turn follows. */
export type LoopTurned = {
  readonly kind: "loop.turned";
  readonly step: string;
  readonly attempt: number;
  readonly turn: number;
  readonly output?: Stored | null;
  readonly why: string;
  readonly duration_s?: number;
  readonly tries?: number;
  readonly by?: string;
};

/** The model has answered; what it says is untrusted text. */
export type ModelAnswered = {
  readonly kind: "model.answered";
  readonly number: number;
  readonly step?: string | null;
  readonly model: string;
  readonly reply: Stored;
  readonly finish: "stop" | "length" | "calls" | "refusal";
  readonly usage?: { readonly [name: string]: number };
  readonly cached?: number;
  readonly attempts?: number;
  readonly duration_s?: number;
  readonly first_s?: number | null;
};

/** A model is about to be asked; on disk before anything is sent. */
export type ModelAsked = {
  readonly kind: "model.asked";
  readonly number: number;
  readonly step?: string | null;
  readonly model: string;
  readonly purpose?: string;
  readonly digest: string;
  readonly request: Stored;
  readonly zones?: { readonly [name: string]: number };
  readonly window?: number | null;
  readonly over_soft?: boolean;
  readonly reserved?: { readonly [name: string]: number };
};

/** The call has come to no answer. */
export type ModelFailed = {
  readonly kind: "model.failed";
  readonly number: number;
  readonly step?: string | null;
  readonly fault: string;
  readonly error?: string;
  readonly attempts?: number;
  readonly usage?: { readonly [name: string]: number };
  readonly duration_s?: number;
};

/** A part of the answer has come; written at most once a second, and never longer than this. */
export type ModelStreaming = {
  readonly kind: "model.streaming";
  readonly number: number;
  readonly step?: string | null;
  readonly characters: number;
  readonly tokens: number;
  readonly tail?: string;
};

/** The request failed in a way that passes by itself, and will be sent again. */
export type ModelWaiting = {
  readonly kind: "model.waiting";
  readonly number: number;
  readonly step?: string | null;
  readonly attempt: number;
  readonly fault: string;
  readonly error?: string;
  readonly wait_s: number;
};

/** Change what a step waits for (`after`), or its place in the list (`before`), or both. */
export type Move = {
  readonly op: "move";
  readonly step: string;
  readonly after?: readonly string[] | null;
  readonly before?: string | null;
};

/** Whoever wanted to know that the run has ended was told; it changes nothing. */
export type NoticeDelivered = {
  readonly kind: "notice.delivered";
  readonly event: string;
  readonly attempt?: number;
};

/** What is to be done: steps and their dependencies, immutable. Two plans with the same content have the same `digest` and are equal. */
export type Plan = {
  readonly goal?: string;
  readonly steps?: readonly Step[];
};

/** A person said something about the plan, or a step of it, for the planner to see. */
export type PlanCommented = {
  readonly kind: "plan.commented";
  readonly by: string;
  readonly text: string;
  readonly step?: string | null;
  readonly replan?: boolean;
  readonly review?: boolean;
};

/** Take a step out of the plan. */
export type Remove = {
  readonly op: "remove";
  readonly step: string;
};

/** Count the step as done, with this output. */
export type SetOutput = {
  readonly op: "set_output";
  readonly step: string;
  readonly output: Stored;
};

/** Do not run this step; what waits for it goes on. */
export type Skip = {
  readonly op: "skip";
  readonly step: string;
};

/** One thing about a plan that a person should know before it goes on. */
export type Remark = {
  readonly code: string;
  readonly step?: string | null;
  readonly text: string;
  readonly behind?: readonly string[];
};

/** A revision was accepted: the first as a whole plan, later ones as edits of the one before. */
export type PlanRevised = {
  readonly kind: "plan.revised";
  readonly number: number;
  readonly digest: string;
  readonly base?: string | null;
  readonly author: string;
  readonly reason?: string;
  readonly plan?: Plan | null;
  readonly edits?: readonly (Add | Remove | Change | Move | Skip | SetOutput)[];
  readonly remarks?: readonly Remark[];
};

/** The planner's proposal changes nothing real, or what was decided. */
export type PlanUnchanged = {
  readonly kind: "plan.unchanged";
  readonly author: string;
  readonly reason?: string;
  readonly times?: number;
  readonly taken?: boolean;
};

/** The planner proposed a plan, asked questions, or gave up. */
export type PlannerAnswered = {
  readonly kind: "planner.answered";
  readonly planner: string;
  readonly outcome: "plan" | "edits" | "keep" | "questions" | "wait" | "abandon" | "error";
  readonly text?: string;
  readonly usage?: { readonly [name: string]: number };
  readonly duration_s?: number;
};

/** The planner was asked; what it saw is recorded. */
export type PlannerCalled = {
  readonly kind: "planner.called";
  readonly planner: string;
  readonly why: string;
  readonly context?: JsonObject;
};

/** When the planner is asked again; a person's comment or refusal may ask it at any time. Under every policy a step that failed, or that the policy of rights denied, is a reason, unless `on_failure` says otherwise. */
export type Replan = {
  readonly when?: "failure" | "each" | "every" | "next";
  readonly n?: number;
  readonly at_most?: number;
  readonly futile?: number;
};

/** One rule; of all that cover a call `deny` is stronger than `ask`, and `ask` than `allow`. Attributes: verdict: what it says. tool: the exact name; only one written with `*` is a pattern. where: what the arguments must be, by name; a plain value demands that value. kind: of the tools named, all calls, or only those that change or delete something. environment: where it holds; empty: everywhere. besides: tools that a pattern leaves out. freeze: whether a call that it denies pauses its run, so that nothing is lost. why: said with every decision of it. */
export type Rule = {
  readonly verdict: "deny" | "ask" | "allow";
  readonly tool: string;
  readonly where?: { readonly [name: string]: Predicate };
  readonly kind: "any" | "writes" | "deletes";
  readonly environment?: string;
  readonly besides?: readonly string[];
  readonly freeze?: boolean;
  readonly why?: string;
};

/** The person decided. */
export type RequestAnswered = {
  readonly kind: "request.answered";
  readonly request: string;
  readonly step?: string | null;
  readonly verdict: "approve" | "deny" | "choose";
  readonly by: string;
  readonly surface?: string;
  readonly scope?: "once" | "step" | "run" | "always";
  readonly args?: JsonObject | null;
  readonly args_digest?: string;
  readonly limits?: JsonObject | null;
  readonly confirm?: string;
  readonly rule?: Rule | null;
  readonly rule_id?: string;
  readonly choice?: string | null;
  readonly reason?: string;
  readonly then?: "continue" | "replan" | "freeze" | "stop";
  readonly review?: boolean;
};

/** The first of two steps: the person means it, and waits before the second. */
export type RequestArmed = {
  readonly kind: "request.armed";
  readonly request: string;
  readonly step?: string | null;
  readonly by: string;
  readonly surface?: string;
};

/** Nobody answered in time, which counts as a refusal. */
export type RequestExpired = {
  readonly kind: "request.expired";
  readonly request: string;
  readonly step?: string | null;
};

/** The person is asked; everything that the prompt shows is here. */
export type RequestOpened = {
  readonly kind: "request.opened";
  readonly request: string;
  readonly token: string;
  readonly about: "permission" | "budget" | "doubt" | "question" | "duplicate" | "drift" | "conflict" | "elicitation" | "proposal";
  readonly step?: string | null;
  readonly title: string;
  readonly why?: string;
  readonly tool?: string;
  readonly args?: JsonObject;
  readonly by_rule?: boolean;
  readonly args_digest?: string;
  readonly revision?: string;
  readonly risk?: "read" | "local" | "shared" | "costly" | "public" | "irreversible" | null;
  readonly effect?: "pure" | "read" | "reversible" | "compensable" | "irreversible" | null;
  readonly gate?: Gate | null;
  readonly objects?: readonly string[] | null;
  readonly objects_count?: number;
  readonly objects_digest?: string;
  readonly preview?: string | null;
  readonly evidence?: JsonObject;
  readonly spend?: { readonly [name: string]: number };
  readonly choices?: { readonly [name: string]: string };
  readonly if_refused?: string;
  readonly expires?: string | null;
};

/** The question is moot: its step was edited, or the run ended. */
export type RequestVoided = {
  readonly kind: "request.voided";
  readonly request: string;
  readonly step?: string | null;
  readonly why: string;
};

/** The version of something that a step will write, or has just written, was read. */
export type ResourceSeen = {
  readonly kind: "resource.seen";
  readonly step: string;
  readonly key: string;
  readonly version?: string | null;
};

/** Somebody went back to a place: its effects since then are being undone by another run. */
export type RollbackBegun = {
  readonly kind: "rollback.begun";
  readonly undo: string;
  readonly to: number;
  readonly only?: number;
  readonly by: string;
  readonly reason?: string;
};

/** The run that undoes has ended; what became of each effect. */
export type RollbackEnded = {
  readonly kind: "rollback.ended";
  readonly undo: string;
  readonly effects?: { readonly [name: string]: "undone" | "undone_with_traces" | "not_undoable" | "unknown" };
  readonly steps?: { readonly [name: string]: "undone" | "undo_failed" };
};

/** The run was given up as pointless, with the reason. */
export type RunAbandoned = {
  readonly kind: "run.abandoned";
  readonly happened?: readonly string[];
  readonly in_flight?: { readonly [name: string]: string };
  readonly not_begun?: readonly string[];
  readonly reason: string;
};

/** A person or a program asked for the run; always the first event. */
export type RunCreated = {
  readonly kind: "run.created";
  readonly goal: string;
  readonly key?: string | null;
  readonly agent?: string;
  readonly on_behalf_of?: string;
  readonly limits?: { readonly [name: string]: number };
  readonly on_failure?: "stop" | "continue" | "pause" | "replan" | "undo";
  readonly done?: Check | null;
  readonly spec?: { readonly [name: string]: string };
  readonly spec_text?: JsonObject;
  readonly replan?: Replan | null;
  readonly tools?: { readonly [name: string]: string };
  readonly mode?: "background" | "inline" | "detached";
  readonly mode_why?: string;
  readonly priority?: number;
  readonly pace?: { readonly [name: string]: number };
  readonly within_s?: number | null;
  readonly seed?: number | null;
  readonly notify?: boolean;
  readonly sources?: { readonly [name: string]: string };
  readonly schemas?: { readonly [name: string]: string };
  readonly environment?: string;
  readonly autonomy?: "ask" | "risk" | "irreversible" | "read_only";
  readonly grants?: { readonly [name: string]: Grant } | null;
  readonly rules?: readonly Rule[];
  readonly parent?: string;
  readonly fork_of?: string;
  readonly fork_at?: number;
  readonly fork_behind?: readonly string[];
  readonly used?: { readonly [name: string]: number };
  readonly run_kind?: "work" | "undo";
  readonly undoes?: string;
  readonly to?: number;
};

/** The run cannot reach its goal. */
export type RunFailed = {
  readonly kind: "run.failed";
  readonly errors: { readonly [name: string]: string };
};

/** From here on no new call starts; it holds across a restart. */
export type RunPaused = {
  readonly kind: "run.paused";
  readonly by: string;
  readonly reason?: string;
  readonly held?: boolean;
};

/** The planner was asked for a plan. */
export type RunPlanning = {
  readonly kind: "run.planning";
  readonly planner: string;
};

/** The run goes on: the person said so, or what it waited for was answered. */
export type RunResumed = {
  readonly kind: "run.resumed";
  readonly by: string;
  readonly within_s?: number | null;
};

/** Things go on, but nothing has come forward for a set time. */
export type RunStalled = {
  readonly kind: "run.stalled";
  readonly why: string;
  readonly since: string;
};

/** There is a sound plan and the run may act. */
export type RunStarted = {
  readonly kind: "run.started";
};

/** The run was stopped; its outputs stay readable. */
export type RunStopped = {
  readonly kind: "run.stopped";
  readonly happened?: readonly string[];
  readonly in_flight?: { readonly [name: string]: string };
  readonly not_begun?: readonly string[];
};

/** A stop or abandon was ordered; calls in flight are being ended. */
export type RunStopping = {
  readonly kind: "run.stopping";
  readonly by: string;
  readonly reason?: string;
  readonly abandon?: boolean;
};

/** Every step is done, skipped or was refused with "continue". */
export type RunSucceeded = {
  readonly kind: "run.succeeded";
  readonly result: Stored;
  readonly verified?: boolean | null;
};

/** The run used up its time; it is paused, and calls in flight are being ended. */
export type RunTimedOut = {
  readonly kind: "run.timed_out";
  readonly limit_s: number;
  readonly took_s: number;
};

/** Nothing can go on before a person answers; nothing is held meanwhile. */
export type RunWaiting = {
  readonly kind: "run.waiting";
};

/** The run goes on under another specification than the one that it was made with. */
export type SpecDrifted = {
  readonly kind: "spec.drifted";
  readonly parts: { readonly [name: string]: readonly [string, string] };
};

/** The call was refused, by the policy or a person, and nothing was done. */
export type StepDenied = {
  readonly kind: "step.denied";
  readonly step: string;
  readonly by: string;
  readonly reason: string;
  readonly replan?: boolean;
  readonly review?: boolean;
};

/** A person gave the output; the step counts as done. */
export type StepGiven = {
  readonly kind: "step.given";
  readonly step: string;
  readonly by: string;
  readonly output: Stored;
};

/** The step is done: another run has done it, and this one made no call. */
export type StepShared = {
  readonly kind: "step.shared";
  readonly step: string;
  readonly run: string;
  readonly seq: number;
  readonly output: Stored;
  readonly tool?: string;
  readonly effect?: "pure" | "read" | "reversible" | "compensable" | "irreversible" | null;
  readonly args_digest?: string;
  readonly key?: string;
  readonly spend?: { readonly [name: string]: number };
  readonly verified?: boolean | null;
  readonly by?: string;
};

/** The step will not run; what waits for it goes on. */
export type StepSkipped = {
  readonly kind: "step.skipped";
  readonly step: string;
  readonly by: string;
  readonly reason?: string;
};

/** A step used up the time for all its attempts; the next event says what became of it. */
export type StepTimedOut = {
  readonly kind: "step.timed_out";
  readonly step: string;
  readonly limit_s: number;
  readonly attempts: number;
};

/** The person goes on with tools whose code or schema has changed since the run knew them. */
export type ToolsAccepted = {
  readonly kind: "tools.accepted";
  readonly by: string;
  readonly tools?: { readonly [name: string]: string };
  readonly sources?: { readonly [name: string]: string };
  readonly schemas?: { readonly [name: string]: string };
};

/** What has changed among the notebook's variables since the last capture of the run. */
export type VariablesCaptured = {
  readonly kind: "variables.captured";
  readonly of: number;
  readonly since?: number;
  readonly names?: { readonly [name: string]: CapturedVariable };
  readonly gone?: readonly string[];
  readonly left?: { readonly [name: string]: string };
  readonly seconds?: number;
};

/** Variables were given the values back that they had at an earlier place. */
export type VariablesRestored = {
  readonly kind: "variables.restored";
  readonly to: number;
  readonly by?: string;
  readonly names?: { readonly [name: string]: CapturedVariable };
  readonly removed?: readonly string[];
  readonly left?: { readonly [name: string]: string };
  readonly by_hand?: readonly string[];
};

/** A verifying model was asked about an output. */
export type VerdictAsked = {
  readonly kind: "verdict.asked";
  readonly step?: string | null;
  readonly by: string;
  readonly criterion: string;
};

/** A check that is more than a look at the value said what it found. Of a step before its outcome is recorded, of the result of the run before it ends. */
export type VerdictGiven = {
  readonly kind: "verdict.given";
  readonly step?: string | null;
  readonly ok: boolean;
  readonly why?: string;
  readonly by: string;
  readonly usage?: { readonly [name: string]: number };
  readonly duration_s?: number;
  readonly revision?: string;
};

export type AnyEvent =
  | RunCreated
  | RunPlanning
  | RunStarted
  | RunPaused
  | RunResumed
  | RunWaiting
  | RunTimedOut
  | RunStopping
  | RunSucceeded
  | RunFailed
  | RunStopped
  | RunAbandoned
  | PlanRevised
  | PlannerCalled
  | PlannerAnswered
  | PlanUnchanged
  | PlanCommented
  | CallIntended
  | CallSucceeded
  | CallFailed
  | CallRetrying
  | CallCancelled
  | CallDoubted
  | CallConfirmed
  | CallRefuted
  | CallUnplanned
  | LoopTurned
  | LoopExhausted
  | CallTimedOut
  | CallSubmitted
  | CallPolled
  | StepSkipped
  | StepGiven
  | StepDenied
  | StepTimedOut
  | RequestOpened
  | RequestAnswered
  | RequestArmed
  | RequestExpired
  | RequestVoided
  | CheckpointMade
  | HostAttached
  | ResourceSeen
  | FaultRecorded
  | LimitRaised
  | NoticeDelivered
  | BreakerOpened
  | BreakerClosed
  | RunStalled
  | ToolsAccepted
  | ControlRevealed
  | GrantGiven
  | GrantRevoked
  | AutonomyChanged
  | CallRefused
  | StepShared
  | CallLeft
  | CheckpointAmended
  | RollbackBegun
  | RollbackEnded
  | VariablesCaptured
  | VariablesRestored
  | CallReported
  | CallAsked
  | CallSampled
  | ModelAsked
  | ModelWaiting
  | ModelStreaming
  | ModelAnswered
  | ModelFailed
  | ContextCompacted
  | ContextCorrected
  | VerdictAsked
  | VerdictGiven
  | DecisionMade
  | SpecDrifted;
