import { useState } from "react";
import { t } from "../t.ts";
import type { StepRow } from "../wire.ts";
import { Button } from "./Button.tsx";
import { Say } from "./Say.tsx";

const NOT_BEGUN: ReadonlySet<StepRow["state"]> = new Set(["pending", "ready", "asking"]);

/** What a person can say to the chosen step: a comment, and before it has begun a refusal. */
export function StepWord({ step, paused }: { step: StepRow; paused: boolean }) {
  const [open, setOpen] = useState<"comment" | "refuse" | null>(null);
  const [said, setSaid] = useState("");

  function begin(form: "comment" | "refuse") {
    setSaid("");
    setOpen(open === form ? null : form);
  }

  return (
    <div className="wb-step-word" tabIndex={-1}>
      <div className="wb-buttons" role="toolbar" aria-label={t("Say something to this step")}>
        <Button
          testId="comment-step"
          look="quiet"
          expanded={open === "comment"}
          label={t("Comment")}
          onPress={() => begin("comment")}
        >
          {t("Comment…")}
        </Button>
        {NOT_BEGUN.has(step.state) ? (
          <Button
            testId="refuse-step"
            look="quiet"
            expanded={open === "refuse"}
            label={t("Refuse this step")}
            onPress={() => begin("refuse")}
          >
            {t("Refuse…")}
          </Button>
        ) : null}
        <span className="wb-hint" role="status" data-testid="step-said">
          {said}
        </span>
      </div>
      {open ? (
        <Say
          key={open}
          step={step}
          refuse={open === "refuse"}
          paused={paused}
          onBack={() => setOpen(null)}
          onDone={(sentence) => {
            setSaid(sentence);
            setOpen(null);
          }}
        />
      ) : null}
    </div>
  );
}
