/** One view's conversation with its run: says hello, keeps the store current, notices silence, carries commands. */

import type { Question } from "./past.ts";
import { apply, createStore, emptyState, type RunState, type Store } from "./store.ts";
import { createRequests, isLost, type Transport } from "./transport.ts";
import { type Command, type FromPython, type Header, readMessage, type ToPython } from "./wire.ts";

/** How often the page asks for a sign of life, and for how long such a question may stay open. */
export const PING_MS = 5_000;
export const SILENCE_MS = 10_000;
/** Timers are never exact, and a beat that comes a moment early must not cost another whole one. */
const EARLY_MS = PING_MS / 2;

export interface SavedFacts {
  /** Rows that the picture does not have. */
  readonly leftOut: { readonly steps: number; readonly events: number };
  /** Shows the run as it stands now; null where nobody has its journal. */
  readonly follow: (() => void) | null;
}

export interface Session {
  readonly store: Store;
  readonly whileBusy?: boolean | undefined;
  /** Only a picture that was saved: nothing can be ordered. */
  readonly saved?: SavedFacts;
  /** Puts code into a new cell, where the page can. */
  readonly offerCell?: ((code: string) => void) | undefined;
  command(command: Command): Promise<void>;
  ask(question: Question): Promise<unknown>;
  /** Shows another run of the same journal, where the page can. */
  readonly openRun?: (run: string) => void;
  select(step: string | null): void;
}

function applied(state: RunState, message: FromPython): RunState {
  if (message.kind === "batch") return { ...apply(state, message), problem: null };
  if (message.kind === "pong" && message.driven !== null && message.driven !== state.driven) {
    return applied({ ...state, driven: message.driven }, message);
  }
  const missed = message.kind === "pong" && message.n !== null && state.n !== null && message.n > state.n;
  return missed ? { ...state, behind: true } : state;
}

export function openSession(transport: Transport, snapshot: Header | null, signal: AbortSignal): Session {
  const store = createStore(emptyState(snapshot));
  const requests = createRequests(transport, signal);
  /** When the oldest ping went out that nothing answered. Measured from the ping, so a sleeping tab is not "gone". */
  let unansweredSince: number | null = null;

  function receive(raw: unknown): void {
    if (isLost(raw)) {
      store.set({ ...store.get(), lost: raw.status });
      return;
    }
    unansweredSince = null;
    const heard = { live: true, heardAt: Date.now(), lost: null };
    let message: FromPython | null;
    try {
      message = readMessage(raw);
    } catch (error) {
      store.set({
        ...store.get(),
        ...heard,
        problem: error instanceof Error ? error.message : String(error),
      });
      return;
    }
    if (message?.kind === "reply" || message?.kind === "told") requests.settle(message);
    const before = store.get();
    const after = message ? applied(before, message) : before;
    const headerAt = after.header === before.header ? before.headerAt : heard.heardAt;
    store.set({ ...after, ...heard, headerAt });
    if (after.behind && !before.behind) say({ kind: "resync" });
  }

  function say(message: ToPython): void {
    try {
      transport.send(message);
    } catch {
      // A closed comm throws here; the silence that follows is what the view shows.
    }
  }

  function beat(): void {
    const { behind, n } = store.get();
    unansweredSince ??= Date.now();
    if (Date.now() - unansweredSince >= SILENCE_MS - EARLY_MS) store.set({ ...store.get(), live: false });
    say({ kind: n === null ? "hello" : behind ? "resync" : "ping" });
  }

  transport.onMessage(receive, signal);
  const timer = setInterval(beat, PING_MS);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  say({ kind: "hello" });

  /** An answer that was refused, or got lost, is not the one that counted. */
  async function command(order: Command): Promise<void> {
    if (order.kind !== "answer") return requests.command(order);
    claim(order.request, true);
    try {
      await requests.command(order);
    } catch (error) {
      claim(order.request, false);
      throw error;
    }
  }

  function claim(request: string, own: boolean): void {
    const mine = new Set(store.get().mine);
    if (own) mine.add(request);
    else mine.delete(request);
    store.set({ ...store.get(), mine });
  }

  return {
    store,
    whileBusy: transport.whileBusy,
    command,
    ask: requests.ask,
    select: (step) => say({ kind: "select", step }),
  };
}
