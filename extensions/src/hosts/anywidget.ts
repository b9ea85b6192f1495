/**
 * Hosts the view in an anywidget model: custom messages are the transport, the `snapshot` trait the first picture.
 * Orders go over the Jupyter server where our extension of the page offers it, because a comm may wait for a cell; the
 * run is followed there, too, while the kernel says nothing.
 */

import type { AnyModel } from "@anywidget/types";
import "../styles/index.css";
import { createInstead, type Instead } from "../remote/instead.ts";
import type { Ask } from "../remote/sse.ts";
import type { Place } from "../remote/transport.ts";
import { NoRoad, pathOf, question, serverTransport, tryToGive } from "../remote/transport.ts";
import { isObject } from "../shape.ts";
import type { Transport } from "../transport.ts";
import { mount } from "../view.tsx";
import { readSnapshot, type ToPython } from "../wire.ts";
import type { CellOffer } from "./saved.tsx";

interface Rendering {
  readonly model: AnyModel;
  readonly el: HTMLElement;
  /** Since anywidget 0.11; older hosts call the returned cleanup only. */
  readonly signal?: AbortSignal;
}

function render({ model, el, signal }: Rendering): () => void {
  const closing = new AbortController();
  const ended = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
  const snapshot = readSnapshot(model.get("snapshot"));
  const journal = String(model.get("journal") ?? "");
  const open = page.__workbenchOpen;
  const more = open && journal ? { openRun: (run: string) => open({ journal, run }) } : {};
  const offerCell = page.__workbenchCell?.(el);
  mount(el, modelTransport(model), snapshot, ended, { ...more, offerCell });
  return () => closing.abort();
}

/** How long the kernel may take to answer a question before the server is asked. */
const PATIENCE_MS = 2_000;

/** Left by our JupyterLab extension. */
const page = globalThis as {
  __workbenchAsk?: Ask;
  __workbenchOpen?: (place: Place) => void;
  __workbenchCell?: CellOffer;
};

function modelTransport(model: AnyModel): Transport {
  const listeners = new Set<(message: unknown) => void>();
  /** Questions that the kernel has not answered. */
  const asked = new Set<number>();
  const place = {
    journal: String(model.get("journal") ?? ""),
    run: readSnapshot(model.get("snapshot"))?.run ?? "",
  };
  const ask = place.journal && place.run ? page.__workbenchAsk : undefined;
  let instead: Instead | null = null;

  async function order(message: ToPython & { kind: "command" }, ask: Ask): Promise<void> {
    try {
      const error = await tryToGive(ask, pathOf(place), message, "widget");
      const reply = { kind: "reply", id: message.id, ok: error === null, error };
      for (const listener of [...listeners]) listener(reply);
    } catch (cause) {
      // The kernel knows the order by its id, if it came through before the first road broke off.
      if (cause instanceof NoRoad) model.send(message);
    }
  }

  /** The kernel knows its tools and is asked first; one that is busy or gone is not waited for. */
  async function askElsewhere(message: ToPython & { kind: "ask" }, ask: Ask): Promise<void> {
    if (!asked.has(message.id)) return;
    const told = await question(ask, place, message);
    for (const listener of [...listeners]) listener(told);
  }

  return {
    whileBusy: ask !== undefined || model.get("live_while_busy") === true,
    send(message) {
      instead?.asked(message);
      if (message.kind === "command" && ask) void order(message, ask);
      else model.send(message);
      if (message.kind !== "ask" || !ask) return;
      asked.add(message.id);
      setTimeout(() => void askElsewhere(message, ask), PATIENCE_MS);
    },
    onMessage(listener, signal) {
      if (ask) {
        const road = serverTransport(ask, place, "widget");
        instead = createInstead(road, listener, () => model.send({ kind: "resync" }), signal);
      }
      const handler = (message: unknown) => {
        if (isObject(message) && message.kind === "told") asked.delete(Number(message.id));
        if (instead?.heard(message) ?? true) listener(message);
      };
      listeners.add(listener);
      model.on("msg:custom", handler);
      const end = () => {
        listeners.delete(listener);
        model.off("msg:custom", handler);
      };
      signal.addEventListener("abort", end, { once: true });
    },
  };
}

export { showPanel } from "./panel.tsx";
export { showSaved } from "./saved.tsx";
export default { render };
