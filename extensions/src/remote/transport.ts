/** The road over the Jupyter server: works while the kernel is busy, gone or restarting, and without a notebook. */

import { pathOfQuestion } from "../past.ts";
import { isObject } from "../shape.ts";
import { mark, t } from "../t.ts";
import type { Lost, Transport } from "../transport.ts";
import type { Header, Told, ToPython } from "../wire.ts";
import { isOver } from "../words.ts";
import { readFreezes } from "./lists.ts";
import { type Ask, follow } from "./sse.ts";

export interface Place {
  readonly journal: string;
  readonly run: string;
}

type Order = Extract<ToPython, { kind: "command" }>;

/** Left by our JupyterLab extension: calls back when what waits or is frozen may have changed; gives what ends that. */
export type News = (listener: () => void) => () => void;
const page = globalThis as { __workbenchNews?: News };

function idsOf(freezes: unknown): string {
  return Array.isArray(freezes) ? freezes.map((one) => (isObject(one) ? one.id : "")).join(" ") : "";
}

export function pathOfJournal(journal: string): string {
  return `/journals/${encodeURIComponent(journal)}`;
}

export function pathOf({ journal, run }: Place): string {
  return `${pathOfJournal(journal)}/runs/${encodeURIComponent(run)}`;
}

/**
 * Follows the run while somebody listens; a page that missed a batch gets a full one by `resync`. A cell's view of a
 * run that is over lets go of its stream until something is ordered, or is frozen: a browser keeps few connections to
 * one server.
 */
export function serverTransport(ask: Ask, place: Place, surface: "panel" | "widget" = "panel"): Transport {
  const path = pathOf(place);
  const listeners = new Set<(message: unknown) => void>();
  const tell = (message: unknown) => {
    for (const listener of [...listeners]) listener(message);
  };
  let open: AbortController | null = null;
  let over = false;
  let frozen = "";
  let forget: (() => void) | undefined;

  function begin(): void {
    open?.abort();
    open = new AbortController();
    const lost = (status: number) => tell({ kind: "lost", status } satisfies Lost);
    void follow(ask, `${path}/stream`, ({ data }) => hear(JSON.parse(data)), open.signal, lost);
  }

  function hear(message: unknown): void {
    tell(message);
    if (!isObject(message)) return;
    if (message.kind === "batch") {
      over = isObject(message.header) && isOver(message.header.state as Header["state"]);
      frozen = idsOf(message.frozen);
    } else if (over && surface === "widget") rest();
  }

  function rest(): void {
    open?.abort();
    open = null;
    forget ??= page.__workbenchNews?.(() => void look());
  }

  /** Of all news of the page, only another freeze concerns a run that is over. */
  async function look(): Promise<void> {
    const answer = await ask("/freezes", {}).catch(() => null);
    const all = answer?.ok ? readFreezes(await answer.json()) : null;
    const here = idsOf(all?.filter((one) => one.journal === place.journal));
    if (all && here !== frozen && !open && listeners.size > 0) begin();
  }

  function send(message: ToPython): void {
    if (message.kind === "hello" || message.kind === "resync") begin();
    if (message.kind === "ping" && over && !open) tell({ kind: "pong", n: null, driven: null });
    if (message.kind === "command") void order(message);
    if (message.kind === "ask") void question(ask, place, message).then(tell);
  }

  async function order(message: Order): Promise<void> {
    let error: string | null;
    try {
      error = await tryToGive(ask, path, message, surface);
    } catch (cause) {
      error = cause instanceof Error ? cause.message : String(cause);
    }
    tell({ kind: "reply", id: message.id, ok: error === null, error });
    if (over && !open && listeners.size > 0) begin();
  }

  return {
    whileBusy: true,
    send,
    onMessage(listener, signal) {
      listeners.add(listener);
      signal.addEventListener("abort", () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        open?.abort();
        forget?.();
        forget = undefined;
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
    return { ...told, answer: null, error: said.message ?? t("The server said %1.", answer.status) };
  } catch (error) {
    return { ...told, answer: null, error: error instanceof Error ? error.message : String(error) };
  }
}

/** The server does not take orders for this run: it is not there, does not know it, or may not. */
export class NoRoad extends Error {
  override readonly name = "NoRoad";
}

/** How long to wait before an order is sent again, of which nobody knows whether it arrived. */
const AGAIN_MS = [300, 1_000, 3_000];

/**
 * Gives one order by this road, to a run or to a whole journal; null when it was taken, else why not. Its id goes with it, so that the journal takes it
 * once, however often it is sent: a connection that drops with the answer orders nothing twice. Throws `NoRoad` where
 * another road has to be tried, with the same id.
 */
export async function tryToGive(
  ask: Ask,
  path: string,
  { id, command }: Order,
  surface: "panel" | "widget",
): Promise<string | null> {
  const body = JSON.stringify({ command, surface, id: String(id) });
  const answer = await insist(() => ask(`${path}/commands`, { method: "POST", body }));
  const said = (await answer.json().catch(() => ({}))) as { carried_out?: boolean; message?: string };
  const why = said.message ?? t("The server said %1.", answer.status);
  if (answer.status === 403 || answer.status === 404) throw new NoRoad(why);
  if (!answer.ok) return why;
  return said.carried_out ? null : t(NOBODY);
}

async function insist(send: () => Promise<Response>): Promise<Response> {
  for (const ms of AGAIN_MS) {
    try {
      return await send();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }
  return send().catch(() => {
    throw new NoRoad(t("The Jupyter server does not answer. Is it running? The order may have arrived."));
  });
}

const NOBODY = mark(
  "Nobody drives this run now. It is written down, and carried out when the run is opened again.",
);
