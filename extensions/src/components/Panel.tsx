import { useEffect, useRef, useState } from "react";
import { type AskedItem, type FreezeItem, type RunItem, readFreezes, readRuns } from "../remote/lists.ts";
import type { Ask } from "../remote/sse.ts";
import { type Place, pathOfJournal, serverTransport, tryToGive } from "../remote/transport.ts";
import { openSession, type Session } from "../session.ts";
import { t } from "../t.ts";
import { CommandError } from "../transport.ts";
import type { Command } from "../wire.ts";
import { count, signFor } from "../words.ts";
import { Button } from "./Button.tsx";
import { CommandContext } from "./commanding.ts";
import { Frozen } from "./Frozen.tsx";
import { StateMark } from "./Icon.tsx";
import { RunView } from "./RunView.tsx";
import { Ago } from "./When.tsx";

export interface PanelProps {
  readonly ask: Ask;
  /** Which run is shown; null: the lists. */
  readonly place: Place | null;
  readonly onPlace: (place: Place | null) => void;
  /** Puts code into a new cell of the notebook that was used last. */
  readonly offerCell?: Session["offerCell"];
  /** Changes whenever something waits, or no longer does. */
  readonly waiting: readonly AskedItem[] | null;
}

/** The side panel: what waits for the person, all runs, and one run with the same view as in its cell. */
export function Panel({ waiting, ...props }: PanelProps) {
  const { ask, place, onPlace } = props;
  if (place) return <OneRun key={place.run} {...props} place={place} />;
  return <Lists ask={ask} waiting={waiting} onPlace={onPlace} />;
}

function OneRun({ ask, place, onPlace, offerCell }: Omit<PanelProps, "waiting"> & { place: Place }) {
  const [session, setSession] = useState<Session | null>(null);
  useEffect(() => {
    const closing = new AbortController();
    const opened = openSession(serverTransport(ask, place), null, closing.signal);
    setSession({ ...opened, openRun: (run) => onPlace({ journal: place.journal, run }) });
    return () => closing.abort();
  }, [ask, place, onPlace]);
  return (
    <div className="wb-side">
      <nav className="wb-root wb-panel-bar" aria-label={t("Panel")}>
        <Button testId="panel-back" look="quiet" onPress={() => onPlace(null)}>
          {t("← All runs")}
        </Button>
      </nav>
      {session ? <RunView session={{ ...session, offerCell }} /> : null}
    </div>
  );
}

function Lists({
  ask,
  waiting,
  onPlace,
}: {
  ask: Ask;
  waiting: readonly AskedItem[] | null;
  onPlace: (place: Place) => void;
}) {
  const { runs, freezes, problem, refresh } = useLists(ask, waiting);
  const tops = (runs ?? []).filter((one) => one.below === "");
  return (
    <section className="wb-root wb-side" aria-label={t("Runs")} data-testid="workbench-panel">
      {freezes.map((one) => (
        <CommandContext key={one.id} value={(command) => order(ask, one.journal, command)}>
          <Frozen frozen={[one]} liftable journal={one.journal_name} onLifted={refresh} />
        </CommandContext>
      ))}
      <h3 className="wb-title">{heading(waiting)}</h3>
      <ul className="wb-panel-list">
        {(waiting ?? []).map((one) => (
          <li key={`${one.run} ${one.id}`}>
            <Button testId="panel-request" look="plain" onPress={() => onPlace(one)}>
              {one.title} — {one.goal}
            </Button>
          </li>
        ))}
      </ul>
      <h3 className="wb-title">{t("Runs")}</h3>
      {problem ? <p role="status">{problem}</p> : null}
      {runs?.length === 0 ? (
        <p className="wb-empty">{t('No run yet. Start one in a notebook: bench.start(goal="…").')}</p>
      ) : null}
      <ul className="wb-panel-list">
        {tops.map((one) => (
          <li key={one.run}>
            <RunButton run={one} onPlace={onPlace} />
            <Below runs={runs?.filter((other) => isBelow(other, one)) ?? []} onPlace={onPlace} />
          </li>
        ))}
      </ul>
      <Button testId="panel-refresh" look="quiet" onPress={refresh}>
        {t("Look again")}
      </Button>
    </section>
  );
}

function heading(waiting: readonly AskedItem[] | null): string {
  if (waiting === null) return t("Asking what waits for you…");
  return waiting.length > 0 ? t("%1 open", count(waiting.length, "request")) : t("Nothing waits for you");
}

function RunButton({ run, onPlace }: { run: RunItem; onPlace: (place: Place) => void }) {
  return (
    <Button testId="panel-run" look="plain" onPress={() => onPlace(run)}>
      <StateMark sign={signFor(run.state)} /> {run.goal || run.run}
      <span className="wb-panel-facts">
        {t("%1 of %2 · %3 ·", run.done, run.total, run.journal_name)} <Ago at={run.updated} />
      </span>
    </Button>
  );
}

/** The calls of agents are runs of their own: hundreds of them would hide the runs that a person has begun. */
function Below({ runs, onPlace }: { runs: readonly RunItem[]; onPlace: (place: Place) => void }) {
  const [open, setOpen] = useState(false);
  if (runs.length === 0) return null;
  return (
    <details data-testid="panel-below" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("%1 below it", count(runs.length, "run"))}</summary>
      {open ? (
        <ul className="wb-panel-list">
          {runs.map((one) => (
            <li key={one.run}>
              <RunButton run={one} onPlace={onPlace} />
            </li>
          ))}
        </ul>
      ) : null}
    </details>
  );
}

function isBelow(one: RunItem, top: RunItem): boolean {
  return one.below === top.run && one.journal === top.journal;
}

/** Gives an order to all runs of a journal. */
async function order(ask: Ask, journal: string, command: Command): Promise<void> {
  const id = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
  const fault = await tryToGive(ask, pathOfJournal(journal), { kind: "command", id, command }, "panel");
  if (fault !== null) throw new CommandError(fault);
}

/** Reads the lists when the panel comes, when what waits or is frozen changes, and when the person asks; no more. */
function useLists(ask: Ask, waiting: unknown) {
  const [runs, setRuns] = useState<readonly RunItem[] | null>(null);
  const [freezes, setFreezes] = useState<readonly FreezeItem[]>([]);
  const [problem, setProblem] = useState("");
  const [turn, setTurn] = useState(0);
  const newest = useRef(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: both only say when to read again
  useEffect(() => {
    const mine = ++newest.current;
    Promise.all([read(ask, "/runs", readRuns), read(ask, "/freezes", readFreezes)]).then(
      ([found, frozen]) => {
        if (mine !== newest.current) return;
        setRuns(found.runs);
        setFreezes(frozen);
        setProblem(found.faults.join(" "));
      },
      (error: unknown) => {
        if (mine === newest.current) setProblem(error instanceof Error ? error.message : String(error));
      },
    );
  }, [ask, waiting, turn]);
  return { runs, freezes, problem, refresh: () => setTurn((old) => old + 1) };
}

async function read<T>(ask: Ask, path: string, shape: (value: unknown) => T): Promise<T> {
  const answer = await ask(path, {});
  if (!answer.ok) throw new Error(t("The server said %1. Is the extension enabled?", answer.status));
  return shape(await answer.json());
}
