import { useState } from "react";
import { fieldsOf, parseField, showField } from "../schema.ts";
import type { Json } from "../shape.ts";
import { mark, t } from "../t.ts";
import type { Amend, Header, StepRow, ToolRow } from "../wire.ts";
import { type FormProps, Frame, JsonField, Pick, readJson } from "./PastForms.tsx";
import { Reason } from "./TextInput.tsx";

export interface AmendProps extends FormProps {
  readonly header: Header;
  readonly steps: readonly StepRow[];
  readonly tools: readonly ToolRow[];
}

type What = "an output" | "an argument" | "a limit";
const WHATS: readonly What[] = [mark("an output"), mark("an argument"), mark("a limit")];
const TO_COME = ["pending", "ready", "asking"];

/** Puts one field right at the place where the run is paused. */
export function AmendForm(props: AmendProps) {
  const { place, header, steps, tools, onDone, onBack } = props;
  const outputs = place.outputs.flatMap((one) =>
    one.json === null ? [] : [{ name: one.step, typed: one.json }],
  );
  const args = steps
    .filter((step) => TO_COME.includes(step.state))
    .flatMap((step) => {
      const schema = tools.find((tool) => tool.name === step.tool)?.schema;
      return fieldsOf(schema, step.args).map((field) => ({
        name: `${step.id}: ${field.name}`,
        typed: showField(field, step.args[field.name]),
        step: step.id,
        field,
      }));
    });
  const limits = Object.entries(header.limits).map(([name, limit]) => ({ name, typed: String(limit) }));
  const choices = { "an output": outputs, "an argument": args, "a limit": limits };
  const whats = WHATS.filter((what) => choices[what].length > 0);
  const [what, setWhat] = useState<What>(whats[0] ?? mark("an output"));
  const [name, setName] = useState(choices[what][0]?.name ?? "");
  const [typed, setTyped] = useState(choices[what][0]?.typed ?? "");
  const [reason, setReason] = useState("");

  function choose(next: What, named: string | undefined = choices[next][0]?.name) {
    setWhat(next);
    setName(named ?? "");
    setTyped(choices[next].find((one) => one.name === named)?.typed ?? "");
  }

  const field = args.find((one) => one.name === name);
  const value =
    what === "an argument" && field ? typedValue(parseField(field.field, typed)) : readJson(typed);
  const part = value === undefined ? null : partOf(what, name, value, field?.step, field?.field.name);
  const command: Amend | null = part && {
    kind: "amend",
    outputs: {},
    args: {},
    limits: {},
    reason: reason.trim(),
    ...part,
  };
  return (
    <Frame
      testId="amend"
      title={t("Put something right here")}
      verb={t("Amend")}
      command={command}
      onDone={onDone}
      onBack={onBack}
    >
      <p>
        {t(
          "Puts one thing right at the place where the run is paused. What comes next uses it; what is done stays.",
        )}
      </p>
      <Pick
        label={t("Amend")}
        testId="amend-what"
        value={what}
        options={whats}
        say={t}
        onPick={(next) => choose(next as What)}
      />
      <Pick
        label={t("of")}
        testId="amend-name"
        value={name}
        options={choices[what].map((one) => one.name)}
        onPick={(next) => choose(what, next)}
      />
      {what === "an argument" ? (
        <div className="wb-field">
          <span className="wb-field-name">{t("to")}</span>
          <input
            className="wb-input"
            aria-label={t("New value")}
            data-testid="amend-value"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
      ) : (
        <JsonField label={t("to")} testId="amend-value" typed={typed} onType={setTyped} />
      )}
      <div className="wb-field">
        <span className="wb-field-name">{t("why")}</span>
        <Reason testId="amend-reason" value={reason} onType={setReason} />
      </div>
    </Frame>
  );
}

function typedValue(parsed: ReturnType<typeof parseField>): Json | undefined {
  return "value" in parsed ? parsed.value : undefined;
}

function partOf(
  what: What,
  name: string,
  value: Json,
  step: string | undefined,
  argument: string | undefined,
): Partial<Amend> | null {
  if (what === "an output") return { outputs: { [name]: { value } } };
  if (what === "an argument") return step && argument ? { args: { [step]: { [argument]: value } } } : null;
  return typeof value === "number" ? { limits: { [name]: value } } : null;
}
