import { useId, useRef, useState } from "react";
import { type AnswerPart, answerTo } from "../answer.ts";
import { fieldsOf } from "../schema.ts";
import type { JsonObject } from "../shape.ts";
import type { RequestRow, Scope, ToolRow } from "../wire.ts";
import { EFFECT_WORDS, isGrave, RISK_WORDS, sentence } from "../words.ts";
import { ArgumentsForm } from "./ArgumentsForm.tsx";
import { Button } from "./Button.tsx";
import { useCommand } from "./commanding.ts";
import { type Caution, Decide } from "./Decide.tsx";
import { Icon } from "./Icon.tsx";
import { Refuse } from "./Refuse.tsx";
import { RequestFacts } from "./RequestFacts.tsx";
import { Ago } from "./When.tsx";

export interface RequestCardProps {
  readonly request: RequestRow;
  readonly tool: ToolRow | undefined;
  /** False for a moment after the cards moved, so that a press meant for another one does nothing. */
  readonly armed: boolean;
}

const SCOPES: readonly (readonly [Scope, string])[] = [
  ["once", "this once"],
  ["step", "this step"],
  ["run", "this run"],
  ["always", "always"],
];

/** One open question: what would happen, why, what it costs, what if not, and the buttons to answer it. */
export function RequestCard({ request, tool, armed }: RequestCardProps) {
  const { busy, error, run } = useCommand();
  const card = useRef<HTMLElement>(null);
  const heading = useId();
  const [open, setOpen] = useState<"edit" | "refuse" | null>(null);
  const [args, setArgs] = useState<JsonObject | null>(null);
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const [scope, setScope] = useState<Scope>("once");
  const [typed, setTyped] = useState("");

  const grave = isGrave(request.risk);
  const asks = request.kind === "question" || request.kind === "doubt";
  const original = request.args ?? {};
  const changed = args !== null && JSON.stringify(args) !== JSON.stringify(original);

  async function answer(part: AnswerPart) {
    const accepted = await run(answerTo(request, part));
    // The card is about to go; the focus must not fall out of the widget with it.
    if (accepted && card.current?.contains(document.activeElement)) {
      card.current.closest<HTMLElement>("[data-testid=workbench-run]")?.focus();
    }
  }
  const choose = (choice: string) => answer({ verdict: "choose", choice });

  return (
    <article
      className="wb-card"
      ref={card}
      aria-labelledby={heading}
      data-testid="request"
      data-kind={request.kind}
      data-risk={request.risk}
    >
      <header className="wb-card-head">
        <h5 id={heading}>
          <span className="wb-mark" data-tone={request.kind === "doubt" ? "doubt" : "waits"}>
            <Icon name={request.kind === "doubt" ? "question" : "bang"} />
          </span>
          {request.title}
        </h5>
        {request.kind === "question" ? null : <span>{classOf(request)}</span>}
        <span className="wb-aside wb-card-time">
          {request.expires ? (
            <>
              expires <Ago at={request.expires} />
            </>
          ) : (
            <>
              asked <Ago at={request.opened} />
            </>
          )}
        </span>
      </header>
      <RequestFacts request={request} />

      {open === "edit" ? (
        <fieldset className="wb-form" onKeyDown={(event) => event.key === "Escape" && setOpen(null)}>
          <legend className="wb-spoken">Edit before allowing</legend>
          <ArgumentsForm
            fields={fieldsOf(tool?.schema, original)}
            args={args ?? original}
            onChange={(next, nextFaults) => {
              setArgs(next);
              setFaults(nextFaults);
            }}
          />
          {grave || request.kind !== "permission" ? null : (
            <label className="wb-field">
              <span className="wb-field-name">Allow</span>
              <select
                className="wb-input"
                data-testid="scope"
                value={scope}
                onChange={(event) => setScope(event.target.value as Scope)}
              >
                {SCOPES.map(([value, label]) => (
                  <option key={value} value={value}>
                    {label}
                  </option>
                ))}
              </select>
            </label>
          )}
        </fieldset>
      ) : null}

      {open === "refuse" ? (
        <Refuse
          name={heading}
          busy={busy}
          onBack={() => setOpen(null)}
          onRefuse={(reason, next) => answer({ verdict: "deny", reason, next })}
        />
      ) : (
        <div className="wb-buttons wb-end">
          {request.kind === "question" && request.choices.length === 0 ? (
            <input
              className="wb-input wb-answer"
              aria-label="Your answer"
              placeholder="Your answer"
              data-testid="answer-text"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          ) : null}
          {request.kind === "permission" && request.args !== null ? (
            <Button
              testId="edit-request"
              look="quiet"
              expanded={open === "edit"}
              label="Edit"
              onPress={() => setOpen(open === "edit" ? null : "edit")}
            >
              Edit…
            </Button>
          ) : null}
          {request.kind === "doubt" ? null : (
            <Button testId="refuse" look="quiet" label="Refuse" onPress={() => setOpen("refuse")}>
              Refuse…
            </Button>
          )}
          {request.choices.map(({ value, label }) => (
            <Decide
              key={value}
              testId={`choice-${value}`}
              label={label}
              caution={request.kind === "doubt" ? cautionOf(request) : { kind: "none" }}
              disabled={!armed}
              busy={busy}
              onDecide={() => choose(value)}
            />
          ))}
          {asks && request.choices.length === 0 ? (
            <Decide
              testId="answer"
              label="Answer"
              caution={{ kind: "none" }}
              disabled={!armed || typed.trim() === ""}
              busy={busy}
              onDecide={() => choose(typed.trim())}
            />
          ) : null}
          {asks || request.choices.length > 0 ? null : (
            <Decide
              testId="approve"
              label={verbFor(request.verb, scope, changed)}
              caution={cautionOf(request)}
              disabled={!armed || Object.keys(faults).length > 0}
              busy={busy}
              onDecide={() => answer({ args: changed ? args : null, scope: grave ? "once" : scope })}
            />
          )}
        </div>
      )}
      {error ? (
        <p className="wb-error" role="alert">
          {error}
        </p>
      ) : null}
    </article>
  );
}

/** "outward, cannot be undone" */
function classOf(request: RequestRow): string {
  const undo = request.reversibility || (request.effect ? EFFECT_WORDS[request.effect] : "");
  return [...new Set([RISK_WORDS[request.risk], undo])].filter((word) => word !== "").join(", ");
}

function cautionOf(request: RequestRow): Caution {
  if (!isGrave(request.risk)) return { kind: "none" };
  const amount = request.risk === "costly" ? /\d[\d.,]*/.exec(request.cost)?.[0] : undefined;
  if (amount !== undefined)
    return { kind: "amount", amount, sentence: `It costs ${request.cost}. Type ${amount}:` };
  return { kind: "pause", sentence: `Sure? ${sentence(classOf(request))}` };
}

/** "Send once" allowed for the run is "Send, this run". */
function verbFor(verb: string, scope: Scope, changed: boolean): string {
  const label = SCOPES.find(([value]) => value === scope)?.[1] ?? "";
  const base = scope === "once" ? verb : `${verb.replace(/ once$/, "")}, ${label}`;
  return changed ? `${base}, as edited` : base;
}
