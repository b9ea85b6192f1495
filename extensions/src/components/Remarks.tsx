import { t } from "../t.ts";
import type { RemarkRow, StepRow } from "../wire.ts";

export interface RemarksProps {
  readonly remarks: readonly RemarkRow[];
  readonly steps: readonly StepRow[];
  readonly failed: boolean;
}

/** What a person should know of the steps to come, or of a failure: it is only text. */
export function Remarks({ remarks, steps, failed }: RemarksProps) {
  if (remarks.length === 0) return null;
  const titles = new Map(steps.map((step) => [step.id, step.title || step.id]));
  const begun = steps.some((step) => step.started !== null);
  const before = begun ? t("Before you go on") : t("Before you start");
  const title = failed ? t("Why it failed") : before;
  return (
    <section className="wb-remarks" aria-label={title} data-testid="remarks">
      <h5>{title}</h5>
      <ul>
        {remarks.map(({ step, text }) => (
          <li key={`${step} ${text}`}>
            {step === null ? null : <strong>{titles.get(step) ?? step}: </strong>}
            {text}
          </li>
        ))}
      </ul>
    </section>
  );
}
