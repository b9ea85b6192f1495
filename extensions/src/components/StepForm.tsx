import { useId } from "react";
import type { DraftStep } from "../draft.ts";
import { fieldsOf } from "../schema.ts";
import { t } from "../t.ts";
import type { ToolRow } from "../wire.ts";
import { EFFECT_WORDS, sentence } from "../words.ts";
import { ArgumentsForm } from "./ArgumentsForm.tsx";

export interface StepFormProps {
  readonly step: DraftStep;
  readonly tools: readonly ToolRow[];
  /** The steps above it, which it may wait for or take values from. */
  readonly above: readonly DraftStep[];
  readonly onChange: (patch: Partial<DraftStep>) => void;
}

/** The form of one step of the draft; a new step chooses its tool and id too. */
export function StepForm({ step, tools, above, onChange }: StepFormProps) {
  const title = useId();
  const id = useId();
  const toolId = useId();
  const tool = tools.find((one) => one.name === step.tool);
  const sources = above.filter((one) => one.fate !== "remove").map((one) => one.id);
  const waits = [...new Set([...sources, ...step.after])];
  const toggle = (other: string) =>
    onChange({
      after: step.after.includes(other) ? step.after.filter((one) => one !== other) : [...step.after, other],
    });

  return (
    <div className="wb-form" data-testid="step-form">
      {step.was === null ? (
        <>
          <div className="wb-field">
            <label className="wb-field-name" htmlFor={toolId}>
              {t("tool")}
            </label>
            <select
              id={toolId}
              className="wb-input"
              data-testid="new-tool"
              value={step.tool}
              onChange={(event) => onChange({ tool: event.target.value, args: {}, faults: {} })}
            >
              {tools.map((one) => (
                <option key={one.name} value={one.name}>
                  {one.name}
                </option>
              ))}
            </select>
            {tool ? (
              <span className="wb-hint">
                {tool.description} {sentence(EFFECT_WORDS[tool.effect])}
              </span>
            ) : null}
          </div>
          <div className="wb-field">
            <label className="wb-field-name" htmlFor={id}>
              {t("id")}
            </label>
            <input
              id={id}
              className="wb-input"
              data-testid="new-id"
              value={step.id}
              onChange={(event) => onChange({ id: event.target.value.trim() })}
            />
          </div>
        </>
      ) : null}
      <div className="wb-field">
        <label className="wb-field-name" htmlFor={title}>
          {t("title")}
        </label>
        <input
          id={title}
          className="wb-input"
          data-testid="step-title"
          value={step.title}
          onChange={(event) => onChange({ title: event.target.value })}
        />
      </div>
      <ArgumentsForm
        key={step.tool}
        fields={fieldsOf(tool?.schema, step.args)}
        args={step.args}
        sources={sources}
        onChange={(args, faults) => onChange({ args, faults })}
      />
      {waits.length > 0 ? (
        <div className="wb-field">
          <span className="wb-field-name">{t("after")}</span>
          {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot stand in this grid row */}
          <span className="wb-options" role="group" aria-label={t("Runs after")} data-testid="step-after">
            {waits.map((other) => (
              <label key={other} className="wb-check">
                <input type="checkbox" checked={step.after.includes(other)} onChange={() => toggle(other)} />
                {other}
              </label>
            ))}
          </span>
        </div>
      ) : null}
    </div>
  );
}
