import { useState } from "react";
import { t } from "../t.ts";
import type { StepRow } from "../wire.ts";
import { Button } from "./Button.tsx";
import { useCommand } from "./commanding.ts";
import { onEscape } from "./escape.ts";
import { Fault } from "./Fault.tsx";

export interface SayProps {
  /** Null: it is about the whole plan. */
  readonly step: StepRow | null;
  /** A refusal: the step is not done, and the planner finds another way. */
  readonly refuse?: boolean;
  /** The planner is asked when the run is resumed. */
  readonly paused: boolean;
  readonly onDone: (said: string) => void;
  readonly onBack?: () => void;
}

/** A word on the plan or one step of it; what the planner makes of it comes back as a difference. */
export function Say({ step, refuse = false, paused, onDone, onBack = () => {} }: SayProps) {
  const { busy, error, run } = useCommand();
  const [typed, setTyped] = useState("");
  const [replan, setReplan] = useState(true);
  const [review, setReview] = useState(true);
  const id = refuse ? "refuse-step" : step ? "comment" : "comment-plan";
  const asks = refuse || replan;

  async function say() {
    const text = typed.trim();
    const accepted = await run(
      refuse && step
        ? { kind: "refuse", step: step.id, reason: text, review }
        : { kind: "comment", text, step: step?.id ?? null, replan, review: replan && review },
    );
    if (!accepted) return;
    setTyped("");
    onDone(saidOf(refuse, asks, paused));
  }

  return (
    <fieldset className="wb-form wb-say" data-testid={`${id}-form`} onKeyDown={onEscape(onBack)}>
      <legend className="wb-spoken">{refuse ? t("Refuse the step") : t("Comment")}</legend>
      <textarea
        className="wb-input"
        rows={2}
        aria-label={refuse ? t("Reason") : t("Comment")}
        placeholder={refuse ? t("Why not, and what instead?") : t("What should be different?")}
        data-testid={`${id}-text`}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      {refuse ? null : (
        <label className="wb-check">
          <input
            type="checkbox"
            data-testid={`${id}-replan`}
            checked={replan}
            onChange={(event) => setReplan(event.target.checked)}
          />
          {t("let the planner revise the plan now")}
        </label>
      )}
      {asks ? <ReviewCheck id={id} review={review} onChange={setReview} /> : null}
      <p className="wb-hint">{consequence(refuse, asks, paused)}</p>
      <Fault error={error} />
      <div className="wb-buttons wb-end">
        {step ? (
          <Button testId={`${id}-back`} look="quiet" onPress={onBack}>
            {t("Not now")}
          </Button>
        ) : null}
        <Button testId={`${id}-confirm`} busy={busy} disabled={!refuse && typed.trim() === ""} onPress={say}>
          {refuse ? t("Refuse this step") : asks ? t("Tell the planner") : t("Note it")}
        </Button>
      </div>
    </fieldset>
  );
}

/** Whether the run is held with the new plan until the person has looked at it. */
export function ReviewCheck({
  id,
  review,
  onChange,
}: {
  id: string;
  review: boolean;
  onChange: (review: boolean) => void;
}) {
  return (
    <label className="wb-check">
      <input
        type="checkbox"
        data-testid={`${id}-review`}
        checked={review}
        onChange={(event) => onChange(event.target.checked)}
      />
      {t("show me what it changes before the run goes on")}
    </label>
  );
}

function consequence(refuse: boolean, asks: boolean, paused: boolean): string {
  if (!asks) return t("The planner reads it when it is next asked; nothing else changes.");
  const first = refuse ? t("The step is not done. ") : "";
  const when = paused
    ? t("The planner is asked when you resume. ")
    : t("No step begins before it has answered. ");
  return t("%1%2Only what changes asks again.", first, when);
}

function saidOf(refuse: boolean, asks: boolean, paused: boolean): string {
  if (!asks) return t("Noted.");
  const what = refuse ? t("Refused") : t("Said");
  return paused ? t("%1; the planner is asked when you resume.", what) : t("%1; the planner is asked.", what);
}
