import { useState } from "react";
import type { Terms } from "../past.ts";
import { t } from "../t.ts";
import { who } from "../words.ts";
import { Button } from "./Button.tsx";
import type { Shared } from "./TermRows.tsx";
import { Reason, TextInput } from "./TextInput.tsx";

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
            <strong>{one.subject}</strong>: {one.choice}{" "}
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
          <TextInput
            label={t("What is decided")}
            hint={t("What, for example year")}
            testId="decide-subject"
            value={subject}
            onType={setSubject}
          />
          <TextInput
            label={t("How it is decided")}
            hint={t("How, for example 2007")}
            testId="decide-choice"
            value={choice}
            onType={setChoice}
          />
          <Reason testId="decide-why" value={why} onType={setWhy} />
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
