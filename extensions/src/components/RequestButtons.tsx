import { useState } from "react";
import type { AnswerPart } from "../answer.ts";
import { t } from "../t.ts";
import type { RequestRow } from "../wire.ts";
import { classOf, isGated, isGrave, isOnePress, sentence } from "../words.ts";
import { Button } from "./Button.tsx";
import { type Caution, Decide } from "./Decide.tsx";
import { changedArgs, type Edited, verbFor } from "./RequestEdit.tsx";

export interface RequestButtonsProps {
  readonly request: RequestRow;
  readonly edited: Edited;
  readonly editing: boolean;
  readonly armed: boolean;
  readonly busy: boolean;
  readonly onEdit: () => void;
  readonly onRefuse: () => void;
  readonly onAnswer: (part: AnswerPart) => void;
  readonly onArm: () => void;
}

/** The foot of a card: the way out first and the verb last; for a grave step it is the other way round, so that
 * the hand does not find the verb where it was. */
export function RequestButtons(props: RequestButtonsProps) {
  const grave = isGated(props.request) && !isOnePress(props.request.gate.form);
  return (
    <div className={`wb-buttons ${grave ? "wb-start" : "wb-end"}`}>
      {grave ? <Ways {...props} /> : null}
      <WaysOut {...props} />
      {grave ? null : <Ways {...props} />}
    </div>
  );
}

function WaysOut(props: RequestButtonsProps) {
  const { request } = props;
  return (
    <>
      {request.kind === "permission" && request.args !== null ? (
        <Button
          testId="edit-request"
          look="quiet"
          expanded={props.editing}
          label={t("Edit")}
          onPress={props.onEdit}
        >
          {t("Edit…")}
        </Button>
      ) : null}
      {request.kind === "doubt" ? null : (
        <Button testId="refuse" look="quiet" label={t("Refuse")} onPress={props.onRefuse}>
          {t("Refuse…")}
        </Button>
      )}
    </>
  );
}

function Ways(props: RequestButtonsProps) {
  const { request, edited, armed, busy, onAnswer, onArm } = props;
  if (request.choices.length > 0) {
    return request.choices.map(({ value, label }) => (
      <Decide
        key={value}
        testId={`choice-${value}`}
        label={label}
        caution={cautionOfChoice(request)}
        disabled={!armed}
        busy={busy}
        onDecide={() => onAnswer({ verdict: "choose", choice: value })}
      />
    ));
  }
  if (!isGated(request) && request.kind !== "elicitation") return <FreeAnswer {...props} />;
  const args = changedArgs(request, edited);
  return (
    <Decide
      testId="approve"
      label={verbFor(request, edited)}
      caution={cautionOf(request, args !== null)}
      look={LOOKS[request.gate.form] ?? "firm"}
      disabled={!armed || Object.keys(edited.faults).length > 0}
      busy={busy}
      onArm={onArm}
      onDecide={(typed) => {
        const confirm = request.gate.form === "diff" ? request.gate.value : typed;
        onAnswer({ args, scope: edited.scope, ...(confirm === "" ? {} : { confirm }) });
      }}
    />
  );
}

function FreeAnswer({ armed, busy, onAnswer }: RequestButtonsProps) {
  const [typed, setTyped] = useState("");
  const choice = typed.trim();
  return (
    <>
      <input
        className="wb-input wb-answer"
        aria-label={t("Your answer")}
        placeholder={t("Your answer")}
        data-testid="answer-text"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <Decide
        testId="answer"
        label={t("Answer")}
        caution={FREE}
        disabled={!armed || choice === ""}
        busy={busy}
        onDecide={() => onAnswer({ verdict: "choose", choice })}
      />
    </>
  );
}

const FREE: Caution = { kind: "none" };

const LOOKS: Readonly<Partial<Record<RequestRow["gate"]["form"], "quiet" | "plain">>> = {
  none: "quiet",
  notice: "plain",
};

/** What the class of a call asks for; the kernel asks for the same. */
function cautionOf(request: RequestRow, edited: boolean): Caution {
  const { form, value, delay_s } = request.gate;
  if (form === "two_step") return { kind: "two_step", delay_s, armed: request.armed };
  if (form === "diff") return { kind: "pause", sentence: t("Read it? %1", sentence(classOf(request))) };
  if (form !== "type") return FREE;
  if (edited)
    return { kind: "amount", amount: value, edited, sentence: t("Type what it comes to as edited:") };
  const cost = request.cost ? t("It costs %1. ", request.cost) : "";
  return { kind: "amount", amount: value, edited, sentence: t("%1Type %2:", cost, value) };
}

function cautionOfChoice(request: RequestRow): Caution {
  const free = request.kind === "question" || request.kind === "drift" || !isGrave(request.risk);
  return free ? FREE : { kind: "pause", sentence: t("Sure? %1", sentence(classOf(request))) };
}
