import { useId, useState } from "react";
import { type AnswerPart, answerTo } from "../answer.ts";
import { t } from "../t.ts";
import type { RequestRow, ToolRow } from "../wire.ts";
import { classOf } from "../words.ts";
import { useCommand } from "./commanding.ts";
import { onEscape } from "./escape.ts";
import { Fault } from "./Fault.tsx";
import { Icon } from "./Icon.tsx";
import { Refuse } from "./Refuse.tsx";
import { RequestButtons } from "./RequestButtons.tsx";
import { type Edited, RequestEdit, UNEDITED } from "./RequestEdit.tsx";
import { RequestFacts } from "./RequestFacts.tsx";
import { Ago, useNow } from "./When.tsx";

export interface RequestCardProps {
  readonly request: RequestRow;
  readonly tool: ToolRow | undefined;
  /** False for a moment after the cards moved, so that a press meant for another one does nothing. */
  readonly armed: boolean;
}

/** One open question: what would happen, why, what it costs, what if not, and the ways to answer it. */
export function RequestCard({ request, tool, armed }: RequestCardProps) {
  const { busy, error, run } = useCommand();
  const heading = useId();
  const [open, setOpen] = useState<"edit" | "refuse" | null>(request.schema ? "edit" : null);
  const [edited, setEdited] = useState<Edited>(UNEDITED);

  /** What was edited goes with its form: nothing is approved that cannot be seen. */
  function show(next: "edit" | "refuse" | null) {
    setOpen(next);
    setEdited(UNEDITED);
  }

  /** What the card shows when no form was opened in it. */
  const rest = request.schema ? "edit" : null;
  /** On the whole card, because a form that has just opened does not hold the focus. */
  const onKeyDown = open === rest ? undefined : onEscape(() => show(rest));

  async function answer(part: AnswerPart) {
    await run(answerTo(request, part));
  }

  return (
    <article
      className="wb-card"
      tabIndex={-1}
      aria-labelledby={heading}
      data-testid="request"
      data-request={request.id}
      data-kind={request.kind}
      data-risk={request.risk}
      data-gate={request.gate.form}
      onKeyDown={onKeyDown}
    >
      <CardHead request={request} id={heading} />
      <RequestFacts request={request} />
      {open === "edit" ? (
        <RequestEdit
          request={request}
          tool={tool}
          edited={edited}
          onChange={setEdited}
          onBack={() => show(null)}
        />
      ) : null}
      {request.token === "" ? (
        <p className="wb-hint" data-testid="not-yours">
          {t("It cannot be answered from here: somebody who may see and answer it must do so.")}
        </p>
      ) : open === "refuse" ? (
        <Refuse
          request={request}
          name={heading}
          busy={busy}
          onBack={() => show(rest)}
          onRefuse={(reason, next, review) => answer({ verdict: "deny", reason, next, review })}
        />
      ) : (
        <RequestButtons
          request={request}
          edited={edited}
          editing={open === "edit"}
          armed={armed}
          busy={busy}
          onEdit={() => show(open === "edit" ? null : "edit")}
          onRefuse={() => show("refuse")}
          onAnswer={answer}
          onArm={() => run({ kind: "arm", request: request.id, token: request.token })}
        />
      )}
      <Fault error={error} />
    </article>
  );
}

function Asked({ at }: { at: string }) {
  return (
    <>
      {t("asked")} <Ago at={at} />
    </>
  );
}

function Expiry({ at }: { at: string }) {
  const now = useNow(5_000);
  return (
    <>
      {Date.parse(at) > now ? t("expires ") : t("expired ")}
      <Ago at={at} />
    </>
  );
}

/** Requests that are not about a call, and so of no class. */
const UNCLASSED: ReadonlySet<RequestRow["kind"]> = new Set(["question", "drift", "elicitation", "proposal"]);

function CardHead({ request, id }: { request: RequestRow; id: string }) {
  const doubt = request.kind === "doubt";
  return (
    <header className="wb-card-head">
      <h5 id={id}>
        <span className="wb-mark" data-tone={doubt ? "doubt" : "waits"}>
          <Icon name={doubt ? "question" : "bang"} />
        </span>
        {request.title}
      </h5>
      {UNCLASSED.has(request.kind) ? null : <span data-testid="class">{classOf(request)}</span>}
      <span className="wb-aside wb-card-time">
        {request.expires ? <Expiry at={request.expires} /> : <Asked at={request.opened} />}
      </span>
    </header>
  );
}
