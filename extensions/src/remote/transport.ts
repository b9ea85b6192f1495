/** The road over the Jupyter server: works while the kernel is busy, gone or restarting, and without a notebook. */

import { pathOfQuestion } from "../past.ts";
import type { Transport } from "../transport.ts";
import type { Command, Told, ToPython } from "../wire.ts";
import { type Ask, follow } from "./sse.ts";

export interface Place {
  readonly journal: string;
  readonly run: string;
}

export function pathOf({ journal, run }: Place): string {
  return `/journals/${encodeURIComponent(journal)}/runs/${encodeURIComponent(run)}`;
}

/** Follows the run while somebody listens; a page that missed a batch gets a full one by `resync`. */
export function serverTransport(ask: Ask, place: Place, surface: "panel" | "widget" = "panel"): Transport {
  const path = pathOf(place);
  const listeners = new Set<(message: unknown) => void>();
  const tell = (message: unknown) => {
    for (const listener of [...listeners]) listener(message);
  };
  let open: AbortController | null = null;

  function begin(): void {
    open?.abort();
    open = new AbortController();
    void follow(ask, `${path}/stream`, ({ data }) => tell(JSON.parse(data)), open.signal);
  }

  function send(message: ToPython): void {
    if (message.kind === "hello" || message.kind === "resync") begin();
    if (message.kind === "command") void order(message.id, message.command);
    if (message.kind === "ask") void question(ask, place, message).then(tell);
  }

  async function order(id: number, command: Command): Promise<void> {
    const error = await give(ask, place, command, surface);
    tell({ kind: "reply", id, ok: error === null, error });
  }

  return {
    whileBusy: true,
    send,
    onMessage(listener, signal) {
      listeners.add(listener);
      signal.addEventListener("abort", () => {
        listeners.delete(listener);
        if (listeners.size === 0) open?.abort();
      });
    },
  };
}

/** Asks about the past of a run; gives the answer as the message that a kernel would send. */
export async function question(ask: Ask, place: Place, message: ToPython & { kind: "ask" }): Promise<Told> {
  const told = { kind: "told", id: message.id } as const;
  try {
    const answer = await ask(`${pathOf(place)}${pathOfQuestion(message.ask)}`, {});
    const said = await answer.json();
    if (answer.ok) return { ...told, answer: said, error: null };
    return { ...told, answer: null, error: said.message ?? `The server said ${answer.status}.` };
  } catch (error) {
    return { ...told, answer: null, error: error instanceof Error ? error.message : String(error) };
  }
}

/** Gives one order; null when it was taken, else why not. */
export async function give(
  ask: Ask,
  place: Place,
  command: Command,
  surface: "panel" | "widget",
): Promise<string | null> {
  try {
    return await tryToGive(ask, place, command, surface);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The server does not take orders for this run: it is not there, does not know it, or may not. */
export class NoRoad extends Error {
  override readonly name = "NoRoad";
}

/** Gives one order by this road, or throws `NoRoad`, and then nothing was ordered. */
export async function tryToGive(
  ask: Ask,
  place: Place,
  command: Command,
  surface: "panel" | "widget",
): Promise<string | null> {
  const body = JSON.stringify({ command, surface });
  let answer: Response;
  try {
    answer = await ask(`${pathOf(place)}/commands`, { method: "POST", body });
  } catch {
    throw new NoRoad("The Jupyter server does not answer.");
  }
  const said = (await answer.json().catch(() => ({}))) as { carried_out?: boolean; message?: string };
  const why = said.message ?? `The server said ${answer.status}.`;
  if (answer.status === 403 || answer.status === 404) throw new NoRoad(why);
  if (!answer.ok) return why;
  return said.carried_out ? null : NOBODY;
}

const NOBODY =
  "Nobody drives this run now. It is written down, and carried out when the run is opened again.";
