import { duration, usage } from "../measure.ts";
import { type Comparison, readComparison } from "../past.ts";
import { t, tn } from "../t.ts";
import { signFor } from "../words.ts";
import { useAsked } from "./asking.ts";
import { Button } from "./Button.tsx";
import { StateMark } from "./Icon.tsx";

/** Two runs side by side: how each stands, and each step's output in both. */
export function CompareView({ other, mark, onClose }: { other: string; mark: number; onClose: () => void }) {
  const { answer, fault } = useAsked({ about: "compare", other }, readComparison, mark);
  return (
    <section className="wb-compare" aria-label={t("Comparison")} data-testid="comparison">
      <h5 className="wb-title">
        <span className="wb-title-text">
          {t("This run and %1", other)}
          {answer ? <span className="wb-aside"> {differing(answer.different)}</span> : null}
        </span>
        <Button testId="compare-close" look="quiet" label={t("Close the comparison")} onPress={onClose}>
          ✕
        </Button>
      </h5>
      {answer ? <Table found={answer} /> : <p className="wb-hint">{fault ?? t("Reading both runs…")}</p>}
    </section>
  );
}

function differing(number: number): string {
  return number === 0 ? t("every output is equal") : tn("%1 output differs", "%1 outputs differ", number);
}

function Table({ found: { a, b, prefix, steps } }: { found: Comparison }) {
  const sides = [a, b];
  return (
    <>
      {prefix ? <p className="wb-hint">{prefix}.</p> : null}
      <div className="wb-compare-scroll">
        <table className="wb-compare-table">
          <thead>
            <tr>
              <td />
              <th scope="col">{t("This run")}</th>
              <th scope="col">{b.run}</th>
            </tr>
          </thead>
          <tbody>
            <Row
              name={t("stands")}
              cells={sides.map((one) => t("%1, %2 of %3", signFor(one.state).word, one.done, one.total))}
            />
            <Row
              name={t("took")}
              cells={sides.map((one) => (one.seconds === null ? "not started" : duration(one.seconds)))}
            />
            <Row
              name={t("used")}
              cells={sides.map((one) => usage(one.usage, {}).join(", ") || t("nothing of its own"))}
            />
            <Row
              name={t("effects")}
              cells={sides.map((one) => effects(one.own_effects, one.shared_effects))}
            />
          </tbody>
          <tbody>
            {steps.map((step) => {
              const equal = step.output === "equal" || step.output === "none";
              return (
                <tr key={step.step} data-different={!equal} data-testid={`compare-${step.step}`}>
                  <th scope="row">
                    {equal ? "" : "≠ "}
                    {step.step}
                    {step.plan === "same" ? null : <span className="wb-aside"> {step.plan}</span>}
                  </th>
                  <Cell state={step.state_a} text={step.output_a} />
                  {step.shared ? <td className="wb-aside">{t("shared: done once, for both")}</td> : null}
                  {step.shared ? null : <Cell state={step.state_b} text={step.output_b} />}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}

function effects(own: readonly string[], shared: readonly string[]): string {
  const said = [...own, ...shared.map((step) => t("%1 (shared)", step))];
  return said.join(", ") || t("none");
}

function Row({ name, cells }: { name: string; cells: readonly string[] }) {
  const [first, second] = cells;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{first}</td>
      <td>{second}</td>
    </tr>
  );
}

function Cell({ state, text }: { state: string | null; text: string }) {
  if (state === null) return <td className="wb-aside">{t("not in its plan")}</td>;
  return <td>{text || <StateMark sign={signFor(state)} />}</td>;
}
