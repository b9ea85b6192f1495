import { useState } from "react";
import { mark, t } from "../t.ts";
import type { RequestRow, Then } from "../wire.ts";
import { Button } from "./Button.tsx";
import { onEscape } from "./escape.ts";
import { ReviewCheck } from "./Say.tsx";

const NEXT: readonly (readonly [Then, string])[] = [
  ["continue", mark("go on without it")],
  ["replan", mark("plan anew")],
  ["freeze", mark("hold the run and freeze %1")],
  ["stop", mark("stop the run")],
];

/** Without an answer to these no run can go on. */
const NEEDED: ReadonlySet<RequestRow["kind"]> = new Set(["question", "drift"]);

export interface RefuseProps {
  readonly request: RequestRow;
  readonly name: string;
  readonly busy: boolean;
  readonly onBack: () => void;
  readonly onRefuse: (reason: string, next: Then, review: boolean) => void;
}

/** Why not, and what then: the reason goes to the planner, so it is worth a sentence. */
export function Refuse({ request, name, busy, onBack, onRefuse }: RefuseProps) {
  const [reason, setReason] = useState("");
  const tool = request.tool.replace(/^undo\./, "");
  const offered = NEXT.filter(([value]) =>
    NEEDED.has(request.kind) ? value === "stop" : value !== "freeze" || tool !== "",
  );
  const [next, setNext] = useState<Then>(offered[0]?.[0] ?? "stop");
  const [review, setReview] = useState(true);
  const replans = next === "replan";
  return (
    <fieldset className="wb-form" onKeyDown={onEscape(onBack)}>
      <legend className="wb-spoken">{t("Refuse")}</legend>
      <label className="wb-field">
        <span className="wb-field-name">{t("Reason")}</span>
        <textarea
          className="wb-input"
          rows={2}
          data-testid="refuse-reason"
          placeholder={t("What should be different?")}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </label>
      <div className="wb-field">
        <span className="wb-field-name">{t("Then")}</span>
        <span className="wb-options" role="radiogroup" aria-label={t("After refusing")}>
          {offered.map(([value, label]) => (
            <label key={value} className="wb-check">
              <input
                type="radio"
                name={name}
                value={value}
                data-testid={`refuse-${value}`}
                checked={next === value}
                onChange={() => setNext(value)}
              />
              {t(label, tool)}
            </label>
          ))}
        </span>
      </div>
      {next === "freeze" ? (
        <p className="wb-hint" data-testid="refuse-does">
          {t(
            "From this moment no run of this journal calls %1, whatever its plan says, until the freeze is lifted. This run is paused.",
            tool,
          )}
        </p>
      ) : null}
      {replans ? <ReviewCheck id="refuse" review={review} onChange={setReview} /> : null}
      <div className="wb-buttons wb-end">
        <Button testId="refuse-back" look="quiet" onPress={onBack}>
          {t("Back")}
        </Button>
        <Button
          testId="refuse-confirm"
          busy={busy}
          onPress={() => onRefuse(reason.trim(), next, replans && review)}
        >
          {t("Refuse")}
        </Button>
      </div>
    </fieldset>
  );
}
