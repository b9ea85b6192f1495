/** Shows a saved run, and the run itself as soon as a kernel is there and the server has its journal. */

import { useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { RunView } from "../components/RunView.tsx";
import { readJournals } from "../remote/lists.ts";
import type { Ask } from "../remote/sse.ts";
import { serverTransport } from "../remote/transport.ts";
import { readSaved, type Saved, savedSession } from "../saved.ts";
import { openSession, type Session } from "../session.ts";

/** What the page around a saved run can say and do. */
export interface Surroundings {
  readonly ask: Ask;
  /** Whether the notebook has a kernel now. */
  hasKernel(): boolean;
  onKernel(listener: () => void, signal: AbortSignal): void;
  /** Puts code into a new cell below, for the person to run. */
  offerCell(code: string): void;
}

/** Left by our JupyterLab extension: how a view, where it stands in the page, puts code into a new cell of a notebook. */
export type CellOffer = (near?: Node) => Session["offerCell"];

/** Shows it until `signal` fires; false when the picture cannot be read. */
export function showSaved(
  el: HTMLElement,
  picture: unknown,
  around: Surroundings,
  signal: AbortSignal,
): boolean {
  const saved = readSaved(picture);
  if (!saved) return false;
  const root = createRoot(el);
  root.render(<SavedRun saved={saved} around={around} />);
  signal.addEventListener("abort", () => root.unmount(), { once: true });
  return true;
}

function SavedRun({ saved, around }: { saved: Saved; around: Surroundings }) {
  const [wanted, setWanted] = useState(false);
  const known = useKnown(saved, around.ask);
  const kernel = useKernel(around);
  const live = useLive(saved, around, known && (kernel || wanted));
  const still = useMemo(() => savedSession(saved, known ? () => setWanted(true) : null), [saved, known]);
  return live ? <RunView key="live" session={live} /> : <RunView key="saved" session={still} />;
}

/** Whether the server has the run's journal; asked once. */
function useKnown(saved: Saved, ask: Ask): boolean {
  const [known, setKnown] = useState(false);
  useEffect(() => {
    const closing = new AbortController();
    const journal = saved.place?.journal;
    if (journal === undefined) return;
    ask("/journals", { signal: closing.signal })
      .then(async (answer) => {
        if (answer.ok) setKnown(readJournals(await answer.json()).some((one) => one.id === journal));
      })
      .catch(() => undefined);
    return () => closing.abort();
  }, [saved, ask]);
  return known;
}

function useKernel(around: Surroundings): boolean {
  const [there, setThere] = useState(() => around.hasKernel());
  useEffect(() => {
    const closing = new AbortController();
    around.onKernel(() => setThere(around.hasKernel()), closing.signal);
    return () => closing.abort();
  }, [around]);
  return there;
}

/** The run as its journal has it, over the server; once begun it stays, whatever the kernel does. */
function useLive(saved: Saved, around: Surroundings, wanted: boolean): Session | null {
  const [session, setSession] = useState<Session | null>(null);
  const [begun, setBegun] = useState(false);
  if (wanted && !begun) setBegun(true);
  useEffect(() => {
    if (!begun || !saved.place) return;
    const closing = new AbortController();
    const transport = serverTransport(around.ask, saved.place, "widget");
    const opened = openSession(transport, saved.batch.header, closing.signal);
    setSession({ ...opened, offerCell: around.offerCell });
    return () => closing.abort();
  }, [begun, saved, around]);
  return session;
}
