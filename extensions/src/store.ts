/** What Python said, as one immutable value: batches go in, the page reads it. Nothing here is ever sent back. */

import type {
  Batch,
  CapRow,
  FreezeRow,
  Header,
  RemarkRow,
  RequestRow,
  SettledRow,
  StepRow,
  ToolRow,
  TraceRow,
  WorstRow,
} from "./wire.ts";
import { isOver } from "./words.ts";

export interface RunState {
  /** Number of the last batch applied; null until the first full one. */
  readonly n: number | null;
  /** A batch was missed: rows on the page may be old until a full batch comes. */
  readonly behind: boolean;
  readonly header: Header | null;
  /** When this header came, in milliseconds since 1970 by the page's clock. */
  readonly headerAt: number;
  /** In the order of the plan. */
  readonly steps: readonly StepRow[];
  /** In the order of the journal. */
  readonly trace: readonly TraceRow[];
  readonly requests: readonly RequestRow[];
  /** A question that was shown here and was settled, until another one comes. */
  readonly vanished: SettledRow | null;
  /** Requests that were answered from this page, as far as is known. */
  readonly mine: ReadonlySet<string>;
  readonly remarks: readonly RemarkRow[];
  /** The freezes in force, the oldest first. */
  readonly frozen: readonly FreezeRow[];
  readonly tools: readonly ToolRow[];
  /** The tools held, the worst first, and the caps; only for a run of which nothing has begun. */
  readonly worst: readonly WorstRow[];
  readonly caps: readonly CapRow[];
  /** Did the kernel answer lately? */
  readonly live: boolean;
  /** Would anybody carry an order out now, as far as is known? */
  readonly driven: boolean;
  /** When the last message came, in milliseconds since 1970; null before the first. */
  readonly heardAt: number | null;
  /** What the server answered when the run could not be had of it, 0 for nothing; null while it can. */
  readonly lost: number | null;
  /** Why the last message could not be read. */
  readonly problem: string | null;
}

export function emptyState(snapshot: Header | null = null): RunState {
  return {
    n: null,
    behind: false,
    header: snapshot,
    headerAt: 0,
    steps: [],
    trace: [],
    requests: [],
    vanished: null,
    mine: new Set(),
    remarks: [],
    frozen: [],
    tools: [],
    worst: [],
    caps: [],
    live: true,
    driven: true,
    heardAt: null,
    lost: null,
    problem: null,
  };
}

/** The state after a batch. A gap leaves the rows as they are and sets `behind`, until a full batch replaces all. */
export function apply(state: RunState, batch: Batch): RunState {
  if (batch.full) {
    return {
      ...state,
      n: batch.n,
      behind: false,
      header: batch.header,
      steps: mergeSteps([], batch.steps, []),
      trace: mergeTrace([], batch.trace),
      requests: byOpening(batch.requests),
      vanished: vanishedWith(state, batch),
      remarks: batch.remarks,
      frozen: batch.frozen,
      tools: batch.tools,
      worst: batch.worst,
      caps: batch.caps,
    };
  }
  if (state.n !== null && batch.n <= state.n) return state;
  if (state.behind || state.n === null || batch.n !== state.n + 1) return { ...state, behind: true };
  return {
    ...state,
    n: batch.n,
    header: batch.header,
    steps: mergeSteps(state.steps, batch.steps, batch.removed_steps),
    trace: mergeTrace(state.trace, batch.trace),
    requests: byOpening(batch.requests),
    vanished: vanishedWith(state, batch),
    remarks: batch.remarks,
    frozen: batch.frozen,
  };
}

function mergeSteps(
  old: readonly StepRow[],
  changed: readonly StepRow[],
  removed: readonly string[],
): readonly StepRow[] {
  if (changed.length === 0 && removed.length === 0) return old;
  const rows = new Map(old.map((row) => [row.id, row]));
  for (const id of removed) rows.delete(id);
  for (const row of changed) rows.set(row.id, row);
  return [...rows.values()].sort((a, b) => a.order - b.order);
}

function mergeTrace(old: readonly TraceRow[], changed: readonly TraceRow[]): readonly TraceRow[] {
  if (changed.length === 0) return old;
  const rows = new Map(old.map((row) => [row.seq, row]));
  for (const row of changed) rows.set(row.seq, row);
  return [...rows.values()].sort((a, b) => a.seq - b.seq);
}

/** The newest question that was shown until this batch and is settled now; a moot one goes without a word. */
function vanishedWith(state: RunState, batch: Batch): SettledRow | null {
  const shown = new Set(state.requests.map((request) => request.id));
  const gone = batch.settled.filter((row) => shown.has(row.id) && row.how !== "voided").at(-1);
  if (gone) return gone;
  const fresh = batch.requests.some((request) => !shown.has(request.id));
  return fresh || isOver(batch.header.state) ? null : state.vanished;
}

/** Oldest first, so that a new request never pushes away the one under the mouse. */
function byOpening(requests: readonly RequestRow[]): readonly RequestRow[] {
  return requests.toSorted((a, b) => Date.parse(a.opened) - Date.parse(b.opened));
}

export interface Store {
  get(): RunState;
  set(state: RunState): void;
  subscribe(listener: () => void): () => void;
}

export function createStore(initial: RunState): Store {
  let current = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => current,
    set(state) {
      if (state === current) return;
      current = state;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
