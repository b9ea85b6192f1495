/** How a component sends a command, knows that it is under way, and shows why it was refused. */

import { createContext, useContext, useRef, useState } from "react";
import { mark, t } from "../t.ts";
import type { Command, Header } from "../wire.ts";

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

/** Why a run is held for whoever edits its plan; `run.editing()` says the same. */
export const TO_EDIT = mark("to edit the plan");

/** A plan is edited while its run is paused: pauses it if it is not. */
export async function holdToEdit(header: Header, run: Commanding["run"]): Promise<boolean> {
  return header.state === "paused" || run({ kind: "pause", reason: TO_EDIT });
}

export function isHeldToEdit(header: Header): boolean {
  return header.state === "paused" && header.reason === TO_EDIT;
}
