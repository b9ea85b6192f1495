import { useState } from "react";
import { mark, t } from "../t.ts";
import type { Then } from "../wire.ts";
import { Button } from "./Button.tsx";
import { onEscape } from "./escape.ts";
import { ReviewCheck } from "./Say.tsx";

const NEXT: readonly (readonly [Then, string])[] = [
  ["continue", mark("go on without it")],
  ["replan", mark("plan anew")],
  ["freeze", mark("hold the run here")],
  ["stop", mark("stop the run")],
];

export interface RefuseProps {
  readonly name: string;
  readonly busy: boolean;
  readonly onBack: () => void;
  readonly onRefuse: (reason: string, next: Then, review: boolean) => void;
}

/** Why not, and what then: the reason goes to the planner, so it is worth a sentence. */
export function Refuse({ name, busy, onBack, onRefuse }: RefuseProps) {
  const [reason, setReason] = useState("");
  const [next, setNext] = useState<Then>("continue");
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
          {NEXT.map(([value, label]) => (
            <label key={value} className="wb-check">
              <input
                type="radio"
                name={name}
                value={value}
                data-testid={`refuse-${value}`}
                checked={next === value}
                onChange={() => setNext(value)}
              />
              {t(label)}
            </label>
          ))}
        </span>
      </div>
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
