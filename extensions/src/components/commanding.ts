/** How a component sends a command, knows that it is under way, and shows why it was refused. */

import { createContext, useContext, useRef, useState } from "react";
import { t } from "../t.ts";
import type { Command } from "../wire.ts";

export const CommandContext = createContext<(command: Command) => Promise<void>>(() =>
  Promise.reject(new Error(t("No run is connected to this view."))),
);

export interface Commanding {
  readonly busy: boolean;
  /** Why the last command was refused; null after one that was accepted. */
  readonly error: string | null;
  /** True when Python accepted it. A second call while one is under way is ignored. */
  run(command: Command): Promise<boolean>;
}

export function useCommand(): Commanding {
  const send = useContext(CommandContext);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const underWay = useRef(false);

  async function run(command: Command): Promise<boolean> {
    if (underWay.current) return false;
    underWay.current = true;
    setBusy(true);
    setError(null);
    try {
      await send(command);
      return true;
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : String(cause));
      return false;
    } finally {
      underWay.current = false;
      setBusy(false);
    }
  }

  return { busy, error, run };
}
