/** The messages between page and kernel; their types are written from the Python side, and every one passes `readMessage`. */

import type * as orders from "./generated/commands.ts";
import type { StepRow } from "./generated/rows.ts";
import {
  type Batch,
  batch,
  type Header,
  header,
  type Pong,
  pong,
  type Reply,
  reply,
} from "./generated/rows.ts";
import type { Question } from "./past.ts";
import {
  isObject,
  type Json,
  type JsonObject,
  json,
  maybe,
  number,
  type Of,
  object,
  oneOf,
  ShapeError,
  text,
} from "./shape.ts";

export type {
  Batch,
  CapRow,
  FreezeRow,
  Header,
  RemarkRow,
  Reply,
  RequestRow,
  SettledRow,
  StepRow,
  ToolRow,
  TraceRow,
  WorstRow,
} from "./generated/rows.ts";
export type Effect = StepRow["effect"];
export type Risk = StepRow["risk"];
export type RunStateName = Header["state"];
export type StepStateName = StepRow["state"];

/** The answer to a question about the past; checked by who asked. */
const told = object({ kind: oneOf("told"), id: number, answer: json, error: maybe(text) });
export type Told = Of<typeof told>;
export type FromPython = Batch | Reply | Told | Pong;

const messages = { batch, reply, told, pong } as const;

/** Reads one message; null for a kind that is not the view's (the loader's `bundle`, or one from a newer kernel). */
export function readMessage(message: unknown): FromPython | null {
  if (!isObject(message)) throw new ShapeError("", "an object", message);
  const shape = Object.entries(messages).find(([kind]) => kind === message.kind)?.[1];
  return shape ? shape(message, "") : null;
}

/** The `snapshot` trait: the last header, or null where there is none that fits. */
export function readSnapshot(value: unknown): Header | null {
  try {
    return header(value, "snapshot");
  } catch {
    return null;
  }
}

/** What the page writes of a step; the rest is as Python has it. */
export type NewStep = Required<Pick<orders.Step, "id" | "tool" | "args" | "after" | "title">>;
export type StepChanges = Partial<Pick<NewStep, "args" | "after" | "title">>;
export type Edit =
  | (Required<Pick<orders.Add, "op" | "before">> & { readonly step: NewStep })
  | orders.Remove
  | orders.Skip
  | (Pick<orders.Change, "op" | "step"> & { readonly changes: StepChanges })
  | orders.Move;

/** An answer says everything, so that nothing of it is decided by a default. */
export type Answer = Required<Omit<orders.Answer, "limits">>;
export type Scope = Answer["scope"];
export type Then = Answer["then"];
export type Autonomy = orders.SetAutonomy["to"];
export type Command =
  | Required<orders.Pause | orders.Stop | orders.Abandon>
  | orders.Resume
  | orders.MakeCheckpoint
  | (Required<Omit<orders.EditPlan, "edits">> & { readonly edits: readonly Edit[] })
  | orders.Arm
  | Required<orders.Comment | orders.Refuse | orders.Decide | orders.RevokeGrant>
  | orders.RaiseLimit
  | orders.SetAutonomy
  | Required<orders.Freeze>
  | orders.Lift
  | Required<orders.RollBack>
  | Required<Pick<orders.Restore, "kind" | "to" | "overwrite">>
  | Fork
  | Amend
  | Answer;

/** Begins another run from a place; found again by its key. */
export type Fork = Required<Pick<orders.Fork, "kind" | "at" | "key" | "paused" | "outputs">>;
/** Puts fields right where the run is paused. */
export type Amend = Required<Pick<orders.Amend, "kind" | "args" | "limits" | "reason">> & {
  readonly outputs: Readonly<Record<string, Pick<orders.Stored, "value">>>;
};

export type ToPython =
  | { readonly kind: "hello" | "resync" | "bundle" | "ping" }
  | { readonly kind: "command"; readonly id: number; readonly command: Command }
  | { readonly kind: "ask"; readonly id: number; readonly ask: Question }
  | { readonly kind: "select"; readonly step: string | null };

export type { Json, JsonObject };
