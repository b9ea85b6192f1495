import { type ReactNode, useId, useState } from "react";
import { type Place, readUndo } from "../past.ts";
import type { Json } from "../shape.ts";
import { t } from "../t.ts";
import type { Command } from "../wire.ts";
import { count } from "../words.ts";
import { useAsked } from "./asking.ts";
import { Button } from "./Button.tsx";
import { useCommand } from "./commanding.ts";
import { onEscape } from "./escape.ts";
import { Fault } from "./Fault.tsx";
import { Reason } from "./TextInput.tsx";
import { UndoTable, undoVerb } from "./UndoTable.tsx";

export interface FormProps {
  readonly place: Place;
  readonly name: string;
  /** Called when the order was taken. */
  readonly onDone: () => void;
  readonly onBack: () => void;
}

interface FrameProps {
  readonly testId: string;
  readonly title: string;
  readonly verb: string;
  /** Null: it cannot be ordered as it stands. */
  readonly command: Command | null;
  readonly deliberate?: boolean;
  readonly onDone: () => void;
  readonly onBack: () => void;
  readonly children: ReactNode;
}

/** One form, one order: what it does in a sentence, the way back, and the verb. */
export function Frame({ testId, title, verb, command, deliberate, onDone, onBack, children }: FrameProps) {
  const { busy, error, run } = useCommand();
  async function go() {
    if (command && (await run(command))) onDone();
  }
  return (
    <fieldset className="wb-past-form" data-testid={testId} onKeyDown={onEscape(onBack)}>
      <legend className="wb-spoken">{title}</legend>
      {children}
      <Fault error={error} />
      <div className="wb-buttons wb-end">
        <Button testId={`${testId}-back`} look="quiet" onPress={onBack}>
          {t("Not now")}
        </Button>
        <Button
          testId={`${testId}-confirm`}
          busy={busy}
          disabled={command === null}
          deliberate={deliberate ?? false}
          onPress={go}
        >
          {verb}
        </Button>
      </div>
    </fieldset>
  );
}

/** Takes back what was done in the world; what will become of each effect is shown first. */
export function UndoForm({ place, name, onDone, onBack }: FormProps) {
  const { answer, fault } = useAsked({ about: "undo", seq: place.seq }, readUndo);
  const [reason, setReason] = useState("");
  return (
    <Frame
      testId="undo"
      title={t("Undo what was done since %1", name)}
      verb={answer ? undoVerb(answer) : t("Undo")}
      command={answer ? { kind: "rollback", to: place.seq, reason: reason.trim() } : null}
      deliberate
      onDone={onDone}
      onBack={onBack}
    >
      {answer ? (
        <UndoTable undo={answer} />
      ) : (
        <p className="wb-hint">{fault ?? t("Looking at each effect…")}</p>
      )}
      {answer ? (
        <>
          <p className="wb-hint">
            {t("The run is paused first. The notebook's variables stay as they are.")}
          </p>
          <Reason testId="undo-reason" value={reason} onType={setReason} />
        </>
      ) : null}
    </Frame>
  );
}

/** Gives the notebook's variables back; nothing else changes. */
export function RestoreForm({ place, name, onDone, onBack }: FormProps) {
  const [overwrite, setOverwrite] = useState(false);
  const captured = place.captured_at > 0;
  return (
    <Frame
      testId="restore"
      title={t("Restore variables of %1", name)}
      verb={t("Restore variables")}
      command={captured ? { kind: "restore", to: place.seq, overwrite } : null}
      onDone={onDone}
      onBack={onBack}
    >
      <p>
        {captured
          ? t(
              "The notebook's %1 get the values of here, as far as the run has changed them since; what only you have changed stays. What is replaced is kept first. Nothing in the world is undone.",
              count(place.variables.length, "variable"),
            )
          : t("No variables were captured here. They are captured where %load_ext workbench was run first.")}
      </p>
      {captured ? (
        <label className="wb-check">
          <input
            type="checkbox"
            data-testid="restore-overwrite"
            checked={overwrite}
            onChange={(event) => setOverwrite(event.target.checked)}
          />
          {t("also where I changed one of them by hand since")}
        </label>
      ) : null}
    </Frame>
  );
}

/** Corrects the past: a new run, in which one output is another one, does again what used it. */
export function CorrectForm({ place, name, onDone, onBack }: FormProps) {
  const [key] = useState(newKey);
  const known = place.outputs.filter((one) => one.json !== null);
  const [step, setStep] = useState(known.at(-1)?.step ?? "");
  const [typed, setTyped] = useState(() => known.at(-1)?.json ?? "");
  const value = readJson(typed);
  const changed = known.find((one) => one.step === step)?.json !== typed.trim();
  return (
    <Frame
      testId="correct"
      title={t("Correct the past at %1", name)}
      verb={t("Begin the corrected run")}
      command={
        step !== "" && value !== undefined && changed
          ? { kind: "fork", at: place.seq, key, paused: false, outputs: { [step]: value } }
          : null
      }
      onDone={onDone}
      onBack={onBack}
    >
      {known.length === 0 ? (
        <p>{t("There is no output here that could be put right by hand.")}</p>
      ) : (
        <>
          <p>
            {t(
              "A new run begins here with another output, and does again what used it. This run stays as it is.",
            )}
          </p>
          <Pick
            label={t("Output of")}
            testId="correct-step"
            value={step}
            options={known.map((one) => one.step)}
            onPick={(next) => {
              setStep(next);
              setTyped(known.find((one) => one.step === next)?.json ?? "");
            }}
          />
          <JsonField label={t("is")} testId="correct-value" typed={typed} onType={setTyped} />
        </>
      )}
    </Frame>
  );
}

/** Tries an alternative: a second run beside this one, to be edited and compared. */
export function BranchForm({ place, name, onDone, onBack }: FormProps) {
  const [key] = useState(newKey);
  return (
    <Frame
      testId="branch"
      title={t("Try an alternative from %1", name)}
      verb={t("Begin the second run, paused")}
      command={{ kind: "fork", at: place.seq, key, paused: true, outputs: {} }}
      onDone={onDone}
      onBack={onBack}
    >
      <p>
        {t(
          "A second run with the same past begins here, paused. Edit its plan, let it go on, and compare the two. What both share was done once, and is not done again.",
        )}
      </p>
    </Frame>
  );
}

export function Pick({
  label,
  testId,
  value,
  options,
  say = (option) => option,
  onPick,
}: {
  label: string;
  testId: string;
  value: string;
  options: readonly string[];
  /** What stands in the list for an option; by default the option. */
  say?: (option: string) => string;
  onPick: (value: string) => void;
}) {
  const id = useId();
  return (
    <div className="wb-field">
      <label className="wb-field-name" htmlFor={id}>
        {label}
      </label>
      <select
        id={id}
        className="wb-input"
        data-testid={testId}
        value={value}
        onChange={(event) => onPick(event.target.value)}
      >
        {options.map((option) => (
          <option key={option} value={option}>
            {say(option)}
          </option>
        ))}
      </select>
    </div>
  );
}

export function JsonField({
  label,
  testId,
  typed,
  onType,
}: {
  label: string;
  testId: string;
  typed: string;
  onType: (typed: string) => void;
}) {
  const id = useId();
  return (
    <div className="wb-field">
      <label className="wb-field-name" htmlFor={id}>
        {label}
      </label>
      <textarea
        id={id}
        className="wb-input"
        data-testid={testId}
        rows={Math.min(8, Math.max(1, typed.split("\n").length))}
        spellCheck={false}
        value={typed}
        onChange={(event) => onType(event.target.value)}
      />
      {readJson(typed) === undefined ? (
        <span className="wb-error" role="status">
          {t('needs JSON, for example "text", 3 or ["a", "b"]')}
        </span>
      ) : null}
    </div>
  );
}

export function readJson(typed: string): Json | undefined {
  try {
    return JSON.parse(typed) as Json;
  } catch {
    return undefined;
  }
}

/** Names the fork that one form orders, so that a second press makes no second one. */
function newKey(): string {
  const random = crypto.getRandomValues(new Uint32Array(3));
  return `fork-${[...random].map((part) => part.toString(36)).join("")}`;
}
