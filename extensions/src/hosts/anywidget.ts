/**
 * Hosts the view in an anywidget model: custom messages are the transport, the `snapshot` trait the first picture.
 * Orders go over the Jupyter server where our extension of the page offers it, because a comm may wait for a cell.
 */

import type { AnyModel } from "@anywidget/types";
import "../styles/index.css";
import type { Ask } from "../remote/sse.ts";
import { NoRoad, tryToGive } from "../remote/transport.ts";
import type { Transport } from "../transport.ts";
import { mount } from "../view.tsx";
import { readSnapshot, type ToPython } from "../wire.ts";

interface Rendering {
  readonly model: AnyModel;
  readonly el: HTMLElement;
  /** Since anywidget 0.11; older hosts call the returned cleanup only. */
  readonly signal?: AbortSignal;
}

function render({ model, el, signal }: Rendering): () => void {
  const closing = new AbortController();
  const ended = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
  mount(el, modelTransport(model), readSnapshot(model.get("snapshot")), ended);
  return () => closing.abort();
}

/** Left by our JupyterLab extension. */
const page = globalThis as { __workbenchAsk?: Ask };

function modelTransport(model: AnyModel): Transport {
  const listeners = new Set<(message: unknown) => void>();
  const place = {
    journal: String(model.get("journal") ?? ""),
    run: readSnapshot(model.get("snapshot"))?.run ?? "",
  };
  const ask = place.journal && place.run ? page.__workbenchAsk : undefined;

  async function order(message: ToPython & { kind: "command" }, ask: Ask): Promise<void> {
    try {
      const error = await tryToGive(ask, place, message.command, "widget");
      const reply = { kind: "reply", id: message.id, ok: error === null, error };
      for (const listener of [...listeners]) listener(reply);
    } catch (cause) {
      // Nothing was ordered by the first road, so the second cannot order it twice.
      if (cause instanceof NoRoad) model.send(message);
    }
  }

  return {
    whileBusy: ask !== undefined || model.get("live_while_busy") === true,
    send(message) {
      if (message.kind === "command" && ask) void order(message, ask);
      else model.send(message);
    },
    onMessage(listener, signal) {
      const handler = (message: unknown) => listener(message);
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
