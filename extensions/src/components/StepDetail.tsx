import type { ReactNode } from "react";
import { duration, estimate } from "../measure.ts";
import { showValue } from "../schema.ts";
import { t } from "../t.ts";
import type { StepRow } from "../wire.ts";
import { EFFECT_WORDS, RISK_WORDS, STEP_SIGNS, who } from "../words.ts";
import { Button } from "./Button.tsx";
import { StateMark } from "./Icon.tsx";
import { Ago } from "./When.tsx";

/** All there is to know about the chosen step. */
export function StepDetail({
  step,
  onClose,
  children,
}: {
  step: StepRow;
  onClose: () => void;
  /** What can be said to it. */
  children?: ReactNode;
}) {
  return (
    <section
      className="wb-panel wb-detail"
      aria-label={t("Step %1", step.title || step.id)}
      data-testid="step-detail"
    >
      <h4 className="wb-title">
        <span className="wb-title-text">{step.title || step.id}</span>
        <StateMark sign={STEP_SIGNS[step.state]} />
        <Button testId="close-detail" look="quiet" label={t("Close the step")} onPress={onClose}>
          ✕
        </Button>
      </h4>
      <dl className="wb-facts-list">
        {step.error ? (
          <Fact name={t("error")}>
            <pre className="wb-text" data-tone="bad">
              {step.error}
            </pre>
          </Fact>
        ) : null}
        {step.summary ? (
          <Fact name={t("output")}>
            <pre className="wb-text">{step.summary}</pre>
          </Fact>
        ) : null}
        {step.why ? <Fact name={t("why")}>{step.why}</Fact> : null}
        <Fact name={t("tool")}>
          <code>{step.tool}</code>{" "}
          <span className="wb-aside">
            {EFFECT_WORDS[step.effect]}
            {step.risk === "read" ? "" : `, ${RISK_WORDS[step.risk]}`}
          </span>
        </Fact>
        {Object.keys(step.args).length > 0 ? (
          <Fact name={t("arguments")}>
            <dl className="wb-arguments">
              {Object.entries(step.args).map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{showValue(value)}</dd>
                </div>
              ))}
            </dl>
          </Fact>
        ) : null}
        {step.needs.length > 0 ? <Fact name={t("needs")}>{step.needs.join(", ")}</Fact> : null}
        <Fact name={t("when")}>{timing(step)}</Fact>
        {step.author ? <Fact name={t("by")}>{who(step.author)}</Fact> : null}
      </dl>
      {children}
    </section>
  );
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="wb-fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function timing(step: StepRow): ReactNode {
  if (step.started === null) {
    return step.estimate_s === null
      ? t("not started")
      : t("not started, takes %1", estimate(step.estimate_s));
  }
  return (
    <>
      {t("started")} <Ago at={step.started} />
      {step.duration_s === null ? "" : t(", took %1", duration(step.duration_s))}
      {step.estimate_s === null ? "" : t(" (%1 expected)", estimate(step.estimate_s))}
      {step.attempt > 1 ? t(", attempt %1", step.attempt) : ""}
    </>
  );
}
