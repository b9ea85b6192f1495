/** Hosts the view in an anywidget model: custom messages are the transport, the `snapshot` trait the first picture. */

import type { AnyModel } from "@anywidget/types";
import "../styles/index.css";
import type { Transport } from "../transport.ts";
import { mount } from "../view.tsx";
import { readSnapshot } from "../wire.ts";

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

function modelTransport(model: AnyModel): Transport {
  return {
    send: (message) => model.send(message),
    onMessage(listener, signal) {
      const handler = (message: unknown) => listener(message);
      model.on("msg:custom", handler);
      signal.addEventListener("abort", () => model.off("msg:custom", handler), { once: true });
    },
  };
}

export { showPanel } from "./panel.tsx";
export default { render };
