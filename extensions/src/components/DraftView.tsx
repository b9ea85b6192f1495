import { useState } from "react";
import {
  addStep,
  bridged,
  type Draft,
  dropStep,
  findingCount,
  findingsOf,
  moveFault,
  moveStep,
  startDraft,
  summaryOf,
  updateStep,
} from "../draft.ts";
import { toEdits } from "../edits.ts";
import { t } from "../t.ts";
import type { Header, StepRow, ToolRow } from "../wire.ts";
import { Button } from "./Button.tsx";
import { isHeldToEdit, useCommand } from "./commanding.ts";
import { DraftGraph } from "./DraftGraph.tsx";
import { DraftRow } from "./DraftRow.tsx";
import { type Look, LookSwitch } from "./look.tsx";
import { TextInput } from "./TextInput.tsx";
import { Windowed } from "./Windowed.tsx";

export interface DraftViewProps {
  readonly header: Header;
  readonly steps: readonly StepRow[];
  readonly tools: readonly ToolRow[];
  /** In the plan; the graph begins with it. */
  readonly selected: string | null;
  readonly look: Look;
  readonly onLook: (look: Look) => void;
  readonly onClose: () => void;
}

/** The plan as a draft. It starts from the revision shown when it opened and stays on it, whatever Python says meanwhile. */
export function DraftView({ header, steps, tools, selected, look, onLook, onClose }: DraftViewProps) {
  const { busy, error, run } = useCommand();
  const [typed, setDraft] = useState<Draft>(() => startDraft(header.digest, header.revision, steps));
  const draft = bridged(typed);
  const [opened, setOpened] = useState(look === "graph" ? selected : null);
  const [reason, setReason] = useState("");
  const summary = summaryOf(draft);
  const findings = findingCount(draft);
  // Beside the graph: the step in hand, and those in which something is wrong.
  const rows =
    look === "list"
      ? draft.steps
      : draft.steps.filter((step) => step.key === opened || findingsOf(draft, step).length > 0);

  function add() {
    const [next, key] = addStep(typed, tools[0], opened);
    setDraft(next);
    setOpened(key);
  }

  async function applyDraft() {
    const edits = toEdits(typed);
    if (await run({ kind: "edit", base: draft.base, reason: reason.trim(), edits })) onClose();
  }

  async function discardAndResume() {
    if (await run({ kind: "resume" })) onClose();
  }

  return (
    <section
      className="wb-panel wb-plan wb-draft"
      data-look={look}
      aria-label={t("Draft of the plan")}
      data-testid="draft"
    >
      <h4 className="wb-title">
        <span className="wb-title-text">
          {t("Draft of revision %1, %2", draft.revision, whatRuns(header))}
        </span>
        <LookSwitch look={look} onLook={onLook} />
        <Button testId="add-step" onPress={add} disabled={tools.length === 0}>
          {t("Add step")}
        </Button>
      </h4>
      {header.digest === draft.base ? null : (
        <p className="wb-error" data-testid="draft-stale">
          {t(
            "The plan is at revision %1 by now, so this draft will be refused. Discard it and edit again.",
            header.revision,
          )}
        </p>
      )}
      {look === "graph" ? (
        <DraftGraph draft={typed} tools={tools} opened={opened} onOpen={setOpened} onDraft={setDraft} />
      ) : null}
      <Windowed
        className="wb-scroll wb-draft-rows"
        label={t("Steps of the draft")}
        rows={rows}
        keyOf={(step) => step.key}
        inSight={rows.findIndex((step) => step.key === opened)}
        render={(step) => (
          <DraftRow
            step={step}
            above={draft.steps.slice(0, draft.steps.indexOf(step))}
            tools={tools}
            findings={findingsOf(draft, step)}
            open={step.key === opened}
            upFault={moveFault(draft, step.key, -1)}
            downFault={moveFault(draft, step.key, 1)}
            onOpen={() => setOpened(step.key === opened ? null : step.key)}
            onChange={(patch) => setDraft((old) => updateStep(old, step.key, patch))}
            onDrop={() => setDraft((old) => dropStep(old, step.key))}
            onMove={(by) => setDraft((old) => moveStep(old, step.key, by))}
          />
        )}
      />
      <footer className="wb-foot">
        <TextInput
          label={t("Reason for the change")}
          hint={t("Reason (optional)")}
          testId="edit-reason"
          value={reason}
          onType={setReason}
        />
        <Button testId="discard" look="quiet" onPress={onClose}>
          {t("Discard")}
        </Button>
        {isHeldToEdit(header) ? (
          <Button testId="discard-resume" look="quiet" busy={busy} onPress={discardAndResume}>
            {t("Discard and resume")}
          </Button>
        ) : null}
        <Button
          testId="apply"
          look="firm"
          busy={busy}
          disabled={summary === "" || findings !== ""}
          onPress={applyDraft}
        >
          {t("Apply%1", summary ? ` (${summary})` : "")}
        </Button>
        {findings ? <p className="wb-hint">{t("%1 to settle first.", findings)}</p> : null}
        {error ? (
          <p className="wb-error" role="alert" data-testid="edit-error">
            {error}
          </p>
        ) : null}
      </footer>
    </section>
  );
}

/** A call that was in flight when the run was paused may still be finishing. */
function whatRuns({ state, in_flight }: Header): string {
  if (state !== "paused") return t("the run goes on meanwhile");
  return in_flight > 0 ? t("no step begins") : t("nothing runs");
}
