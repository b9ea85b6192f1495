import { useId, useState } from "react";
import { mark, t } from "../t.ts";
import type { FreezeRow, StepRow } from "../wire.ts";
import { Button } from "./Button.tsx";
import { useCommand } from "./commanding.ts";
import { Fault } from "./Fault.tsx";
import { Reason } from "./TextInput.tsx";

type What = FreezeRow["what"];

const WHAT: readonly (readonly [What, string])[] = [
  ["writes", mark("no writes")],
  ["deletes", mark("no deletes")],
  ["tool", mark("not this tool")],
  ["everything", mark("everything")],
];

/** Holds every run of the journal at the calls that are chosen; says beforehand what it does. */
export function Freeze({ steps }: { steps: readonly StepRow[] }) {
  const { busy, error, run } = useCommand();
  const group = useId();
  const [what, setWhat] = useState<What>("writes");
  const tools = toolsOf(steps);
  const [chosen, setChosen] = useState("");
  const tool = tools.includes(chosen) ? chosen : (tools[0] ?? "");
  const [reason, setReason] = useState("");

  async function freeze() {
    const named = what === "tool" ? tool : "";
    if (await run({ kind: "freeze", what, tool: named, reason: reason.trim() })) setReason("");
  }

  return (
    <fieldset className="wb-form wb-say" data-testid="freeze-form">
      <legend className="wb-spoken">{t("Freeze")}</legend>
      <span className="wb-options" role="radiogroup" aria-label={t("What is frozen")}>
        {WHAT.filter(([value]) => value !== "tool" || tools.length > 0).map(([value, label]) => (
          <label key={value} className="wb-check">
            <input
              type="radio"
              name={group}
              data-testid={`freeze-${value}`}
              checked={what === value}
              onChange={() => setWhat(value)}
            />
            {t(label)}
          </label>
        ))}
      </span>
      {what === "tool" ? (
        <select
          className="wb-input"
          aria-label={t("Tool")}
          data-testid="freeze-name"
          value={tool}
          onChange={(event) => setChosen(event.target.value)}
        >
          {tools.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      ) : null}
      <Reason testId="freeze-reason" value={reason} onType={setReason} />
      <p className="wb-hint" data-testid="freeze-does">
        {t(
          "From this moment, in every run of this journal, whatever its plan says: %1. A run that comes to such a call is paused before it, and the step stays. Calls in flight go on; nothing is undone. It holds until it is lifted.",
          consequence(what, tool),
        )}
      </p>
      <Fault error={error} />
      <div className="wb-buttons wb-end">
        <Button testId="freeze-confirm" busy={busy} onPress={freeze}>
          {t("Freeze now")}
        </Button>
      </div>
    </fieldset>
  );
}

/** Tools of the plan, by name; what is not shown to this viewer has none. */
function toolsOf(steps: readonly StepRow[]): string[] {
  return [...new Set(steps.map((step) => step.tool))].filter((name) => /^\S+$/.test(name)).sort();
}

/** A freeze in a few words. */
export function frozenWords(what: What, tool: string): string {
  if (what === "tool") return tool === "" ? t("a tool that is not shown") : t("not %1", tool);
  return t(WHAT.find(([value]) => value === what)?.[1] ?? what);
}

function consequence(what: What, tool: string): string {
  if (what === "writes") return t("no call is made that changes anything");
  if (what === "deletes")
    return t(
      "no call is made that deletes by what is declared of it or by its name, that does whatever its arguments say, or of which nobody said what it does; what deletes and says so nowhere is held by “no writes” only",
    );
  if (what === "tool") return t("%1 is not called", tool);
  return t("no call is made at all");
}
