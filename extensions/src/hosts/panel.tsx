/** Puts the panel into an element of the page, whatever page it stands in. */

import { useState, useSyncExternalStore } from "react";
import { createRoot } from "react-dom/client";
import { Panel } from "../components/Panel.tsx";
import type { Watch } from "../lab/watch.ts";
import type { Ask } from "../remote/sse.ts";
import type { Place } from "../remote/transport.ts";
import type { CellOffer } from "./saved.tsx";

const page = globalThis as { __workbenchCell?: CellOffer };

export function showPanel(
  el: HTMLElement,
  ask: Ask,
  watch: Watch,
  place: Place | null,
  signal: AbortSignal,
): void {
  const root = createRoot(el);
  root.render(<Shown ask={ask} watch={watch} first={place} />);
  signal.addEventListener("abort", () => root.unmount(), { once: true });
}

function Shown({ ask, watch, first }: { ask: Ask; watch: Watch; first: Place | null }) {
  const [place, setPlace] = useState(first);
  const waiting = useSyncExternalStore(watch.subscribe, watch.get);
  const offerCell = page.__workbenchCell?.();
  return <Panel ask={ask} place={place} onPlace={setPlace} waiting={waiting} offerCell={offerCell} />;
}
