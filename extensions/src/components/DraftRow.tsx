import { changesOf, type DraftStep, fieldFaultsOf, isEditable, MARK_WORDS, markOf } from "../draft.ts";
import { draftSign } from "../face.ts";
import { showValue } from "../schema.ts";
import { t } from "../t.ts";
import type { StepRow, ToolRow } from "../wire.ts";
import { Button } from "./Button.tsx";
import { Icon, StateMark } from "./Icon.tsx";
import { StepForm } from "./StepForm.tsx";

export interface DraftRowProps {
  readonly step: DraftStep;
  readonly above: readonly DraftStep[];
  readonly tools: readonly ToolRow[];
  readonly findings: readonly string[];
  readonly open: boolean;
  /** Why it cannot move; null when it can. */
  readonly upFault: string | null;
  readonly downFault: string | null;
  readonly onOpen: () => void;
  readonly onChange: (patch: Partial<DraftStep>) => void;
  readonly onDrop: () => void;
  readonly onMove: (by: -1 | 1) => void;
}

/** One step of the draft: its mark, what it was, what is wrong with it, and what can be done to it. */
export function DraftRow(props: DraftRowProps) {
  const { step, open, findings } = props;
  const mark = markOf(step);
  // An open form says the faults of its fields itself.
  const said = open ? findings.filter((finding) => !fieldFaultsOf(step).includes(finding)) : findings;
  const name = step.title || step.id;
  const editable = isEditable(step);
  const sign = draftSign(step);
  return (
    <div
      className="wb-draft-row"
      data-testid={`draft-${step.id}`}
      data-mark={mark ?? undefined}
      data-editable={editable}
    >
      <div className="wb-draft-line">
        <StateMark sign={sign} word="spoken" />
        {editable ? (
          <button
            type="button"
            className="wb-draft-name"
            aria-expanded={open}
            data-testid={`draft-open-${step.id}`}
            onClick={props.onOpen}
          >
            {name}
          </button>
        ) : (
          <span className="wb-draft-name">{name}</span>
        )}
        {mark ? <span className="wb-tag">{MARK_WORDS[mark]}</span> : null}
        {editable ? (
          <RowButtons {...props} name={name} />
        ) : (
          <span className="wb-aside">{t("%1, read-only", sign.word)}</span>
        )}
      </div>
      {step.was ? <Before step={step} was={step.was} /> : null}
      {said.map((finding) => (
        <p key={finding} className="wb-error" role="status">
          {finding}
        </p>
      ))}
      {open && editable && step.fate === "keep" ? (
        <StepForm step={step} tools={props.tools} above={props.above} onChange={props.onChange} />
      ) : null}
    </div>
  );
}

function RowButtons({
  step,
  name,
  upFault,
  downFault,
  onChange,
  onDrop,
  onMove,
}: DraftRowProps & { name: string }) {
  if (step.fate !== "keep") {
    return (
      <Button
        testId={`keep-${step.id}`}
        look="quiet"
        label={t("Keep %1", name)}
        onPress={() => onChange({ fate: "keep" })}
      >
        {t("Keep")}
      </Button>
    );
  }
  return (
    <span className="wb-row-buttons">
      <Button
        testId={`up-${step.id}`}
        look="quiet"
        label={t("Move %1 up", name)}
        title={upFault ?? t("Up")}
        disabled={upFault !== null}
        onPress={() => onMove(-1)}
      >
        ↑
      </Button>
      <Button
        testId={`down-${step.id}`}
        look="quiet"
        label={t("Move %1 down", name)}
        title={downFault ?? t("Down")}
        disabled={downFault !== null}
        onPress={() => onMove(1)}
      >
        ↓
      </Button>
      {step.was ? (
        <Button
          testId={`skip-${step.id}`}
          look="quiet"
          label={t("Skip %1", name)}
          title={t("Skip")}
          onPress={() => onChange({ fate: "skip" })}
        >
          {t("Skip")}
        </Button>
      ) : null}
      <Button
        testId={`remove-${step.id}`}
        look="quiet"
        label={t("Remove %1", name)}
        title={t("Remove")}
        onPress={onDrop}
      >
        <Icon name="cross" />
      </Button>
    </span>
  );
}

/** The old text of what is changed, struck through. */
function Before({ step, was }: { step: DraftStep; was: StepRow }) {
  const changes = changesOf(step);
  const names = changes.args ? Object.keys({ ...was.args, ...changes.args }) : [];
  const values = names.filter((name) => JSON.stringify(was.args[name]) !== JSON.stringify(step.args[name]));
  return (
    <>
      {changes.title === undefined ? null : (
        <p className="wb-before">
          <del>{was.title || was.id}</del>
        </p>
      )}
      {values.map((name) => (
        <p key={name} className="wb-before">
          {name} <del>{was.args[name] === undefined ? "" : showValue(was.args[name])}</del>{" "}
          <ins>{step.args[name] === undefined ? t("nothing") : showValue(step.args[name])}</ins>
        </p>
      ))}
      {changes.after === undefined ? null : (
        <p className="wb-before">{t("runs after %1", step.after.join(", ") || t("nothing"))}</p>
      )}
    </>
  );
}
