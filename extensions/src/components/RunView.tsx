import { type KeyboardEvent, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { AnyEvent } from "../generated/events.ts";
import { clock } from "../measure.ts";
import type { Session } from "../session.ts";
import type { RunState } from "../store.ts";
import { t } from "../t.ts";
import { isOver } from "../words.ts";
import { AskContext } from "./asking.ts";
import { Button } from "./Button.tsx";
import { Changes } from "./Changes.tsx";
import { Controls } from "./Controls.tsx";
import { CommandContext } from "./commanding.ts";
import { DraftView } from "./DraftView.tsx";
import { Frozen } from "./Frozen.tsx";
import { useKeptFocus } from "./focus.ts";
import { Header, Outcome } from "./Header.tsx";
import { useLook } from "./look.tsx";
import { Past } from "./Past.tsx";
import { Plan } from "./Plan.tsx";
import { Requests } from "./Requests.tsx";
import { SavedNotice, SavedRequests } from "./SavedParts.tsx";
import { SpokenState } from "./Spoken.tsx";
import { StepDetail } from "./StepDetail.tsx";
import { StepWord } from "./StepWord.tsx";
import { Terms } from "./Terms.tsx";
import { Trace } from "./Trace.tsx";

/** The whole view of one run. */
export function RunView({ session }: { session: Session }) {
  const state = useSyncExternalStore(session.store.subscribe, session.store.get);
  const [selected, setSelected] = useState<string | null>(null);
  const [editing, setEditing] = useState(false);
  const [back, setBack] = useState(false);
  const [look, onLook] = useLook();
  const { header, steps } = state;
  const step = steps.find((one) => one.id === selected);
  const root = useRef<HTMLElement>(null);
  useKeptFocus(root, header === null);

  const paused = header?.state === "paused";
  const orderable = header !== null && !session.saved && !isOver(header.state);

  // A chosen step that left the plan is no longer chosen.
  const lost = selected !== null && steps.length > 0 && !step;
  useEffect(() => {
    if (lost) setSelected(null);
  }, [lost]);

  function select(id: string | null) {
    setSelected(id);
    session.select(id);
  }

  if (!header) {
    return (
      <section
        className="wb-root"
        aria-label={t("Run")}
        data-testid="workbench-run"
        data-lm-suppress-shortcuts="true"
      >
        <p className="wb-empty" role="status">
          {whyLost(state.lost) ??
            (state.live
              ? t("Asking for this run…")
              : t("The kernel does not answer. If it was restarted, run the cell again."))}
        </p>
      </section>
    );
  }
  return (
    <CommandContext value={session.command}>
      <AskContext value={session.ask}>
        <section
          className="wb-root"
          ref={root}
          aria-label={t("Run %1", header.goal)}
          tabIndex={-1}
          data-testid="workbench-run"
          data-state={header.state}
          data-run={header.run}
          data-live={state.live}
          data-lm-suppress-shortcuts="true"
          onKeyDown={(event) => {
            keepKey(event);
            if (event.key === "Escape" && !event.defaultPrevented) leave(event.currentTarget);
          }}
          onKeyUp={keepKey}
          onFocusCapture={({ target }) => target.setAttribute(NO_SHORTCUTS, "true")}
        >
          <Header header={header} headerAt={state.headerAt} live={state.live && state.driven} steps={steps} />
          {editing || session.saved ? null : (
            <Controls
              header={header}
              steps={steps}
              onEdit={() => setEditing(true)}
              back={back}
              onBack={() => setBack(!back)}
            />
          )}
          <SpokenState header={header} />
          <Outcome header={header} end={endOf(state)} />
          {session.saved ? (
            <SavedNotice at={header.at} saved={session.saved} />
          ) : (
            <Notice state={state} offerCell={session.offerCell} />
          )}
          <Frozen frozen={state.frozen} liftable={!session.saved} />
          {back && !editing ? (
            <Past
              header={header}
              steps={steps}
              tools={state.tools}
              openRun={session.openRun}
              onEdit={() => setEditing(true)}
              onClose={() => setBack(false)}
            />
          ) : null}
          <div className="wb-body">
            {session.saved ? (
              <SavedRequests requests={state.requests} />
            ) : (
              <Requests run={header.run} state={state} />
            )}
            {editing ? (
              <DraftView
                header={header}
                steps={steps}
                tools={state.tools}
                selected={selected}
                look={look}
                onLook={onLook}
                onClose={() => setEditing(false)}
              />
            ) : (
              <div className="wb-left">
                {session.saved ? null : <Changes header={header} />}
                <Plan
                  steps={steps}
                  remarks={state.remarks}
                  failed={header.state === "failed"}
                  worst={state.worst}
                  caps={state.caps}
                  revision={header.revision}
                  selected={selected}
                  onSelect={select}
                  look={look}
                  onLook={onLook}
                />
                {session.saved ? null : <Terms header={header} steps={steps} orderable={orderable} />}
              </div>
            )}
            <div className="wb-record">
              {step && !editing ? (
                <StepDetail step={step} onClose={() => select(null)}>
                  {orderable ? <StepWord key={step.id} step={step} paused={paused} /> : null}
                </StepDetail>
              ) : null}
              <Trace rows={state.trace} steps={steps} step={step && !editing ? step.id : null} />
            </div>
          </div>
          {session.whileBusy === undefined ? null : (
            <p className="wb-hint wb-live" data-testid="while-busy">
              {t("Live while the kernel is busy: %1", session.whileBusy ? t("yes") : t("no"))}
            </p>
          )}
        </section>
      </AskContext>
    </CommandContext>
  );
}

/** After a stop: what happened, what was in flight, what will not happen, as the journal says it. */
function endOf({ trace }: RunState): string {
  const last = trace.at(-1);
  return last && ENDS.has(last.kind) ? last.text : "";
}

const ENDS: ReadonlySet<string> = new Set(["run.stopped", "run.abandoned"] satisfies AnyEvent["kind"][]);

/**
 * Notebook 7 hears keys before the view does, and its shortcuts match the element that has the focus: only that one can
 * say that none is meant.
 */
const NO_SHORTCUTS = "data-lm-suppress-shortcuts";

/** What is typed in the widget is the widget's: notebooks bind single letters on the page around. */
function keepKey(event: KeyboardEvent): void {
  event.stopPropagation();
}

/** Escape, where it closes nothing, gives the focus to what the view stands in: a cell, a panel. */
function leave(view: HTMLElement): void {
  view.parentElement?.closest<HTMLElement>("[tabindex]")?.focus({ preventScroll: true });
}

/** Says why the server does not give the run; null while it does, or was not asked. */
function whyLost(status: number | null): string | null {
  if (status === null) return null;
  if (status === 0) return t("The Jupyter server does not answer. Is it running? It is asked again.");
  if (status === 404)
    return t("This run is not there any more: its journal was deleted, moved or made anew.");
  return t("The Jupyter server cannot show this run now (%1); its log says why. It is asked again.", status);
}

/** Says when what is shown may not be so any more, and what to do about it. */
function Notice({ state, offerCell }: { state: RunState; offerCell: Session["offerCell"] }) {
  if (!state.live) {
    const since = state.heardAt ?? state.header?.at ?? "";
    const lost = whyLost(state.lost);
    if (lost) {
      return (
        <p className="wb-notice" role="status" data-testid="not-live">
          {t("Shown as of %1.", clock(since))} {lost}
        </p>
      );
    }
    return (
      <p className="wb-notice" role="status" data-testid="not-live">
        {t(
          "Kernel busy or gone, or the workbench was closed — shown as of %1. To go on, open the run again with",
          clock(since),
        )}{" "}
        <code>bench.open("{state.header?.run}")</code>.
      </p>
    );
  }
  if (!state.driven && state.header && !isOver(state.header.state)) {
    return (
      <p className="wb-notice" role="status" data-testid="nobody">
        {t(
          "Nobody drives this run now: its kernel is gone. What you order is written down, and carried out after",
        )}{" "}
        <code>bench.open("{state.header.run}")</code>.{" "}
        {offerCell ? (
          <Button testId="offer-cell" onPress={() => offerCell(`bench.open("${state.header?.run}")`)}>
            {t("Add that as a cell")}
          </Button>
        ) : null}
      </p>
    );
  }
  if (state.problem) {
    return (
      <p className="wb-notice" role="status" data-testid="problem">
        {t(
          "A message from the kernel could not be read (%1), so rows may be missing. Reload the page; if it stays, restart the kernel.",
          state.problem,
        )}
      </p>
    );
  }
  if (state.n === null) {
    return (
      <p className="wb-notice" role="status" data-testid="not-live">
        {t("Saved picture as of %1. Asking the kernel for the plan…", clock(state.header?.at ?? ""))}
      </p>
    );
  }
  return null;
}
