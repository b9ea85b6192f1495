import { useState } from "react";
import type { AnswerPart } from "../answer.ts";
import type { RequestRow } from "../wire.ts";
import { classOf, isGrave, sentence } from "../words.ts";
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
}

/** The foot of a card: the way out first, the verb that lets it happen last. */
export function RequestButtons(props: RequestButtonsProps) {
  const { request, edited, armed, busy, onAnswer } = props;
  const asks = request.kind !== "permission" && request.kind !== "budget";
  return (
    <div className="wb-buttons wb-end">
      {request.kind === "permission" && request.args !== null ? (
        <Button
          testId="edit-request"
          look="quiet"
          expanded={props.editing}
          label="Edit"
          onPress={props.onEdit}
        >
          Edit…
        </Button>
      ) : null}
      {request.kind === "doubt" ? null : (
        <Button testId="refuse" look="quiet" label="Refuse" onPress={props.onRefuse}>
          Refuse…
        </Button>
      )}
      {request.choices.map(({ value, label }) => (
        <Decide
          key={value}
          testId={`choice-${value}`}
          label={label}
          caution={request.kind === "question" || request.kind === "drift" ? FREE : cautionOf(request)}
          disabled={!armed}
          busy={busy}
          onDecide={() => onAnswer({ verdict: "choose", choice: value })}
        />
      ))}
      {request.choices.length > 0 ? null : asks ? (
        <FreeAnswer {...props} />
      ) : (
        <Decide
          testId="approve"
          label={verbFor(request, edited)}
          caution={cautionOf(request)}
          disabled={!armed || Object.keys(edited.faults).length > 0}
          busy={busy}
          onDecide={() => onAnswer({ args: changedArgs(request, edited), scope: edited.scope })}
        />
      )}
    </div>
  );
}

function FreeAnswer({ armed, busy, onAnswer }: RequestButtonsProps) {
  const [typed, setTyped] = useState("");
  const choice = typed.trim();
  return (
    <>
      <input
        className="wb-input wb-answer"
        aria-label="Your answer"
        placeholder="Your answer"
        data-testid="answer-text"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <Decide
        testId="answer"
        label="Answer"
        caution={FREE}
        disabled={!armed || choice === ""}
        busy={busy}
        onDecide={() => onAnswer({ verdict: "choose", choice })}
      />
    </>
  );
}

const FREE: Caution = { kind: "none" };

function cautionOf(request: RequestRow): Caution {
  if (!isGrave(request.risk)) return FREE;
  const amount = request.risk === "costly" ? /\d+(?:[.,]\d+)*/.exec(request.cost)?.[0] : undefined;
  return amount === undefined
    ? { kind: "pause", sentence: `Sure? ${sentence(classOf(request))}` }
    : { kind: "amount", amount, sentence: `It costs ${request.cost}. Type ${amount}:` };
}
