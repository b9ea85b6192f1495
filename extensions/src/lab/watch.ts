/** What waits for the person, followed from the first use on; before it, nothing is asked for. */

import { type AskedItem, readInbox } from "../remote/lists.ts";
import { type Ask, follow } from "../remote/sse.ts";

export interface Watch {
  /** Null until the first list came. */
  get(): readonly AskedItem[] | null;
  /** Begins, if it has not begun. */
  begin(): void;
  /** Called with the new list and with what is new in it; nothing is new in the first one. */
  subscribe(listener: (all: readonly AskedItem[], fresh: readonly AskedItem[]) => void): () => void;
}

export function createWatch(ask: Ask): Watch {
  let known: readonly AskedItem[] | null = null;
  let begun = false;
  const listeners = new Set<(all: readonly AskedItem[], fresh: readonly AskedItem[]) => void>();

  function hear(event: { event: string; data: string }): void {
    if (event.event !== "inbox") return;
    const all = readInbox(JSON.parse(event.data));
    const old = new Set((known ?? all).map((one) => one.id));
    known = all;
    const fresh = all.filter((one) => !old.has(one.id));
    for (const listener of [...listeners]) listener(all, fresh);
  }

  return {
    get: () => known,
    begin() {
      if (begun) return;
      begun = true;
      const forever = new AbortController().signal;
      void follow(ask, "/inbox/stream", hear, forever, (status) => {
        if (status >= 400 && status < 500) begun = false;
      });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
