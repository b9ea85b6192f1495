/** How the page talks to the run, whatever the road: a widget's comm, a server endpoint, a fake in a test. */

import type { Command, Reply, ToPython } from "./wire.ts";

export interface Transport {
  /** Whether orders are carried out while a cell keeps the kernel busy; not given where nobody can say. */
  readonly whileBusy?: boolean;
  send(message: ToPython): void;
  /** Calls `listener` for every message until `signal` fires. */
  onMessage(listener: (message: unknown) => void, signal: AbortSignal): void;
}

/** A command was refused, or nobody answered; `message` is a sentence to show. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

export interface Requests {
  /** Sends a command; resolves when Python accepted it, rejects with a CommandError. */
  command(command: Command): Promise<void>;
  /** Hands over a reply; one that nobody here waits for is ignored (another page asked). */
  settle(reply: Reply): void;
}

export const REPLY_TIMEOUT_MS = 15_000;

/** Pairs commands with replies by id. The ids start at a random place, since several pages may share one comm. */
export function createRequests(transport: Transport, signal: AbortSignal): Requests {
  let nextId = Math.floor(Math.random() * 2 ** 30) * 2 ** 20;
  const waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();

  function command(command: Command): Promise<void> {
    const id = nextId++;
    return new Promise<void>((resolve, reject) => {
      const settled = new AbortController();
      const end = (act: () => void) => {
        if (settled.signal.aborted) return;
        settled.abort();
        clearTimeout(timer);
        waiting.delete(id);
        act();
      };
      const fail = (sentence: string) => end(() => reject(new CommandError(sentence)));
      const timer = setTimeout(() => fail(noAnswer()), REPLY_TIMEOUT_MS);
      signal.addEventListener("abort", () => fail("The view was closed."), { signal: settled.signal });
      waiting.set(id, { resolve: () => end(resolve), reject: (error) => end(() => reject(error)) });
      try {
        transport.send({ kind: "command", id, command });
      } catch (cause) {
        fail(`The command could not be sent: ${cause instanceof Error ? cause.message : String(cause)}`);
      }
    });
  }

  function settle(reply: Reply): void {
    const entry = waiting.get(reply.id);
    if (reply.ok) entry?.resolve();
    else entry?.reject(new CommandError(reply.error || "The run refused this without giving a reason."));
  }

  return { command, settle };
}

function noAnswer(): string {
  return `No answer for ${REPLY_TIMEOUT_MS / 1000} s. The kernel may be busy and still act on it later.`;
}
