/** Written by scripts/make_types.py from workbench/commands: don't edit it, call `make types`. */

import type { Json, JsonObject } from "../shape.ts";

/** Give the run up as pointless, with a reason. */
export type Abandon = {
  readonly kind: "abandon";
  readonly reason: string;
};

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

/** Change fields of the place where the run is paused: all of them, or none. */
export type Amend = {
  readonly kind: "amend";
  readonly name?: string;
  readonly outputs?: { readonly [name: string]: Stored };
  readonly args?: { readonly [name: string]: JsonObject };
  readonly limits?: { readonly [name: string]: number };
  readonly reason?: string;
};

/** Decide an open request. */
export type Answer = {
  readonly kind: "answer";
  readonly request: string;
  readonly token: string;
  readonly verdict: "approve" | "deny" | "choose";
  readonly args?: JsonObject | null;
  readonly scope?: "once" | "step" | "run" | "always";
  readonly limits?: JsonObject | null;
  readonly confirm?: string;
  readonly choice?: string | null;
  readonly reason?: string;
  readonly then?: "continue" | "replan" | "freeze" | "stop";
  readonly review?: boolean;
};

/** Take the first of the two steps that a final request asks for. */
export type Arm = {
  readonly kind: "arm";
  readonly request: string;
  readonly token: string;
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

/** Say something about the plan, for the planner to see. */
export type Comment = {
  readonly kind: "comment";
  readonly text: string;
  readonly step?: string | null;
  readonly replan?: boolean;
  readonly review?: boolean;
};

/** Say what models are shown of a piece of the context that was shortened. */
export type CorrectContext = {
  readonly kind: "correct_context";
  readonly piece: string;
  readonly text?: string | null;
  readonly reason?: string;
};

/** Write a decision down that planners must agree with. */
export type Decide = {
  readonly kind: "decide";
  readonly subject: string;
  readonly choice: string;
  readonly why?: string;
};

/** Change what a step waits for (`after`), or its place in the list (`before`), or both. */
export type Move = {
  readonly op: "move";
  readonly step: string;
  readonly after?: readonly string[] | null;
  readonly before?: string | null;
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

/** Make a new revision of what is still to come. */
export type EditPlan = {
  readonly kind: "edit";
  readonly base: string;
  readonly edits: readonly (Add | Remove | Change | Move | Skip | SetOutput)[];
  readonly reason?: string;
};

/** Begin another run from a place of this one; see `Run.fork`. */
export type Fork = {
  readonly kind: "fork";
  readonly at?: number | null;
  readonly key: string;
  readonly paused?: boolean;
  readonly outputs?: JsonObject;
  readonly limits?: { readonly [name: string]: number };
};

/** Make no such call in any run of the journal from now on, whatever its plan says. */
export type Freeze = {
  readonly kind: "freeze";
  readonly what?: "writes" | "deletes" | "tool" | "everything";
  readonly tool?: string;
  readonly reason?: string;
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

/** Give the run a right. */
export type GiveGrant = {
  readonly kind: "grant";
  readonly grant: string;
  readonly right: Grant;
};

/** Lift a freeze; a run that it has paused goes on when it is resumed. */
export type Lift = {
  readonly kind: "lift";
  readonly rule: string;
};

/** Name this place in the journal. */
export type MakeCheckpoint = {
  readonly kind: "checkpoint";
  readonly name: string;
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

/** Write down that variables were given back what they were; their values live in a kernel. */
export type NoteRestored = {
  readonly kind: "restored";
  readonly before?: VariablesCaptured | null;
  readonly restored: VariablesRestored;
};

/** Start no new call from now on. */
export type Pause = {
  readonly kind: "pause";
  readonly reason?: string;
};

/** Ask the person whether the plan is to be changed so; what an agent outside may do. */
export type ProposeEdit = {
  readonly kind: "propose";
  readonly base: string;
  readonly edits: readonly (Add | Remove | Change | Move | Skip | SetOutput)[];
  readonly reason?: string;
};

/** Look again at what waits because of a cap: it was set anew, for all runs. */
export type RaiseCap = {
  readonly kind: "raise_cap";
  readonly cap: string;
  readonly to: number;
};

/** Change a limit of the run's budget. */
export type RaiseLimit = {
  readonly kind: "raise";
  readonly unit: string;
  readonly to: number;
};

/** Refuse a step that has not begun; the planner is asked for another way. */
export type Refuse = {
  readonly kind: "refuse";
  readonly step: string;
  readonly reason?: string;
  readonly review?: boolean;
};

/** Give the notebook's variables the values back that they had at a place; see `Run.restore`. */
export type Restore = {
  readonly kind: "restore";
  readonly to: number;
  readonly names?: readonly string[] | null;
  readonly overwrite?: boolean;
};

/** Go on after a pause. */
export type Resume = {
  readonly kind: "resume";
};

/** Take a right away. */
export type RevokeGrant = {
  readonly kind: "revoke";
  readonly grant: string;
  readonly reason?: string;
};

/** Take back what was done behind a place of the journal. */
export type RollBack = {
  readonly kind: "rollback";
  readonly to: number;
  readonly reason?: string;
};

/** Say how much the run does without asking. */
export type SetAutonomy = {
  readonly kind: "autonomy";
  readonly to: "ask" | "risk" | "irreversible" | "read_only";
};

/** End the run and keep what was done. */
export type Stop = {
  readonly kind: "stop";
  readonly reason?: string;
};

/** Look again: a request may have expired, or the run was opened after a restart. */
export type Wake = {
  readonly kind: "wake";
};

export type AnyCommand =
  | Pause
  | Resume
  | Stop
  | Abandon
  | EditPlan
  | ProposeEdit
  | Answer
  | Arm
  | Comment
  | Refuse
  | Decide
  | MakeCheckpoint
  | Amend
  | CorrectContext
  | RollBack
  | Fork
  | Restore
  | NoteRestored
  | RaiseLimit
  | RaiseCap
  | GiveGrant
  | RevokeGrant
  | SetAutonomy
  | Freeze
  | Lift
  | Wake;
