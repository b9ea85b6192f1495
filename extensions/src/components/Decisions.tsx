import { useState } from "react";
import type { Terms } from "../past.ts";
import { t } from "../t.ts";
import { who } from "../words.ts";
import { Button } from "./Button.tsx";
import type { Shared } from "./TermRows.tsx";

/** The decision log, and one more line of it. */
export function Decisions({ decisions, orderable, busy, order }: Shared & { decisions: Terms["decisions"] }) {
  const [subject, setSubject] = useState("");
  const [choice, setChoice] = useState("");
  const [why, setWhy] = useState("");
  const whole = subject.trim() !== "" && choice.trim() !== "";

  async function write() {
    const taken = await order({
      kind: "decide",
      subject: subject.trim(),
      choice: choice.trim(),
      why: why.trim(),
    });
    if (!taken) return;
    setSubject("");
    setChoice("");
    setWhy("");
  }

  return (
    <section className="wb-decisions" aria-label={t("Decisions")}>
      <ul className="wb-said" data-testid="decisions">
        {decisions.map((one) => (
          <li key={`${one.at} ${one.subject}`} data-against={one.against}>
            <strong>{one.subject}</strong>: {one.choice}
            <span className="wb-aside">
              {t(
                "by %1%2%3",
                who(one.by),
                one.why ? `, ${one.why}` : "",
                one.against ? t("; against an earlier one") : "",
              )}
            </span>
          </li>
        ))}
      </ul>
      {orderable ? (
        <fieldset className="wb-form" data-testid="decide-form">
          <legend className="wb-hint">{t("A decision that planners must agree with")}</legend>
          <input
            className="wb-input"
            aria-label={t("What is decided")}
            placeholder={t("What, for example year")}
            data-testid="decide-subject"
            value={subject}
            onChange={(event) => setSubject(event.target.value)}
          />
          <input
            className="wb-input"
            aria-label={t("How it is decided")}
            placeholder={t("How, for example 2007")}
            data-testid="decide-choice"
            value={choice}
            onChange={(event) => setChoice(event.target.value)}
          />
          <input
            className="wb-input"
            aria-label={t("Reason (optional)")}
            placeholder={t("Reason (optional)")}
            data-testid="decide-why"
            value={why}
            onChange={(event) => setWhy(event.target.value)}
          />
          <div className="wb-buttons wb-end">
            <Button testId="decide-confirm" busy={busy} disabled={!whole} onPress={write}>
              {t("Write it down")}
            </Button>
          </div>
        </fieldset>
      ) : null}
    </section>
  );
}
