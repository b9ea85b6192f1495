/** Puts the view of one run into an element, whatever page it stands in. */

import { createRoot } from "react-dom/client";
import { RunView } from "./components/RunView.tsx";
import { openSession, type Session } from "./session.ts";
import type { Transport } from "./transport.ts";
import type { Header } from "./wire.ts";

/** Shows the run until `signal` fires. `snapshot` is the last known header, shown until the kernel answers. */
export function mount(
  el: HTMLElement,
  transport: Transport,
  snapshot: Header | null,
  signal: AbortSignal,
  more: Pick<Session, "openRun" | "offerCell"> = {},
): void {
  const session = { ...openSession(transport, snapshot, signal), ...more };
  const root = createRoot(el);
  root.render(<RunView session={session} />);
  signal.addEventListener("abort", () => root.unmount(), { once: true });
}
