/** How the page talks to the run, whatever the road: a widget's comm, a server endpoint, a fake in a test. */

import type { Question } from "./past.ts";
import { isObject } from "./shape.ts";
import { t } from "./t.ts";
import type { Command, Reply, Told, ToPython } from "./wire.ts";

export interface Transport {
  /** Whether orders are carried out while a cell keeps the kernel busy; not given where nobody can say. */
  readonly whileBusy?: boolean;
  send(message: ToPython): void;
  /** Calls `listener` for every message until `signal` fires. */
  onMessage(listener: (message: unknown) => void, signal: AbortSignal): void;
}

/** What a road says of itself: it cannot have the run now. `status` is the server's answer, 0 when there was none. */
export interface Lost {
  readonly kind: "lost";
  readonly status: number;
}

export function isLost(message: unknown): message is Lost {
  return isObject(message) && message.kind === "lost";
}

/** A command was refused, or nobody answered; `message` is a sentence to show. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

export interface Requests {
  /** Sends a command; resolves when Python accepted it, rejects with a CommandError. */
  command(command: Command): Promise<void>;
  /** Asks about the past; gives the answer as it came, or rejects with a CommandError. */
  ask(question: Question): Promise<unknown>;
  /** Hands over a reply; one that nobody here waits for is ignored (another page asked). */
  settle(reply: Reply | Told): void;
}

export const REPLY_TIMEOUT_MS = 15_000;

type Waiting = { resolve: (answer: unknown) => void; reject: (error: Error) => void };

/** Pairs messages with replies by id. The ids start at a random place, since several pages may share one comm. */
export function createRequests(transport: Transport, signal: AbortSignal): Requests {
  let nextId = Math.floor(Math.random() * 2 ** 30) * 2 ** 20;
  const waiting = new Map<number, Waiting>();

  function exchange(message: (id: number) => ToPython): Promise<unknown> {
    const id = nextId++;
    return new Promise((resolve, reject) => {
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
      signal.addEventListener("abort", () => fail(t("The view was closed.")), { signal: settled.signal });
      waiting.set(id, {
        resolve: (answer) => end(() => resolve(answer)),
        reject: (error) => end(() => reject(error)),
      });
      try {
        transport.send(message(id));
      } catch (cause) {
        fail(t("It could not be sent: %1", cause instanceof Error ? cause.message : String(cause)));
      }
    });
  }

  function settle(reply: Reply | Told): void {
    const entry = waiting.get(reply.id);
    const ok = reply.kind === "reply" ? reply.ok : reply.error === null;
    if (ok) entry?.resolve(reply.kind === "told" ? reply.answer : undefined);
    else entry?.reject(new CommandError(reply.error || t("The run refused this without giving a reason.")));
  }

  return {
    command: async (command) => void (await exchange((id) => ({ kind: "command", id, command }))),
    ask: (ask) => exchange((id) => ({ kind: "ask", id, ask })),
    settle,
  };
}

function noAnswer(): string {
  return t("No answer for %1 s. The kernel may be busy and still act on it later.", REPLY_TIMEOUT_MS / 1000);
}
