/** The picture of a run that was saved with a notebook: read-only, and without anybody to ask. */

import type { Place } from "./remote/transport.ts";
import type { Session } from "./session.ts";
import { isObject, number, object, text } from "./shape.ts";
import { apply, createStore, emptyState } from "./store.ts";
import { t } from "./t.ts";
import { CommandError } from "./transport.ts";
import { type Batch, readMessage } from "./wire.ts";

const leftOut = object({ steps: number, events: number });

export interface Saved {
  readonly batch: Batch;
  /** Where its journal is, as far as the notebook says so. */
  readonly place: Place | null;
  readonly leftOut: { readonly steps: number; readonly events: number };
}

/** Null for what is no picture, or one of a version that is not known here. */
export function readSaved(value: unknown): Saved | null {
  try {
    if (!isObject(value) || value.version !== 1) return null;
    const batch = readMessage(value.batch);
    if (batch?.kind !== "batch" || !batch.full) return null;
    const place = placeOf(text(value.journal, "journal"), batch.header.run);
    return { batch, place, leftOut: leftOut(value.left_out, "left_out") };
  } catch {
    return null;
  }
}

/** A notebook may come from anywhere; only what looks like the names that we give goes into an address. */
function placeOf(journal: string, run: string): Place | null {
  return /^[0-9a-f]{16}$/.test(journal) && /^[a-z0-9-]{1,64}$/.test(run) ? { journal, run } : null;
}

/** A session that nobody is at the other end of. */
export function savedSession(saved: Saved, follow: (() => void) | null): Session {
  const state = { ...apply(emptyState(), saved.batch), live: false, driven: false };
  return {
    store: createStore(state),
    saved: { leftOut: saved.leftOut, follow },
    command: () => Promise.reject(new CommandError(t("This is a saved picture; nobody takes orders here."))),
    ask: () => Promise.reject(new CommandError(t("This is a saved picture; nobody answers here."))),
    select: () => undefined,
  };
}
