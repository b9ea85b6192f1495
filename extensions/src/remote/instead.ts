/** The road that is taken while the kernel keeps silent: the view in the cell goes on over the server. */

import { isObject } from "../shape.ts";
import type { Transport } from "../transport.ts";

/** How long the kernel may leave a question of the view unanswered. */
export const SILENCE_MS = 4_000;
/** Views of a page that follow in this way at the same time: a browser keeps few connections to one server. */
const MOST = 3;
let following = 0;

export interface Instead {
  /** The kernel was asked something that it answers at once. */
  asked(message: { readonly kind: string }): void;
  /** The kernel said something; false when that is older than what the page has from the server. */
  heard(message: unknown): boolean;
}

/** Listens to `road` from a silence of the kernel to the next whole batch that it sends; `resync` asks for one. */
export function createInstead(
  road: Transport,
  tell: (message: unknown) => void,
  resync: () => void,
  signal: AbortSignal,
): Instead {
  let silence: ReturnType<typeof setTimeout> | undefined;
  let open: AbortController | null = null;

  function begin(): void {
    silence = undefined;
    if (following >= MOST || signal.aborted) return;
    following += 1;
    open = new AbortController();
    road.onMessage(tell, open.signal);
    road.send({ kind: "hello" });
  }

  function end(): void {
    clearTimeout(silence);
    silence = undefined;
    if (!open) return;
    open.abort();
    open = null;
    following -= 1;
  }

  signal.addEventListener("abort", end, { once: true });
  return {
    asked({ kind }) {
      if (kind !== "hello" && kind !== "resync" && kind !== "ping") return;
      if (!open) silence ??= setTimeout(begin, SILENCE_MS);
      else road.send({ kind });
    },
    heard(message) {
      if (!open || !isObject(message) || (message.kind !== "batch" && message.kind !== "pong")) {
        clearTimeout(silence);
        silence = undefined;
        return true;
      }
      if (message.kind === "batch" && message.full === true) {
        end();
        return true;
      }
      resync();
      return false;
    },
  };
}
