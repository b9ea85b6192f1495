import { fieldsOf } from "../schema.ts";
import type { JsonObject } from "../shape.ts";
import { mark, t } from "../t.ts";
import type { RequestRow, Scope, ToolRow } from "../wire.ts";
import { isGrave } from "../words.ts";
import { ArgumentsForm } from "./ArgumentsForm.tsx";
import { onEscape } from "./escape.ts";

/** What the person changed before allowing it. */
export interface Edited {
  /** Null while untouched. */
  readonly args: JsonObject | null;
  readonly faults: Readonly<Record<string, string>>;
  readonly scope: Scope;
}

export const UNEDITED: Edited = { args: null, faults: {}, scope: "once" };

const SCOPES: readonly (readonly [Scope, string])[] = [
  ["once", mark("this once")],
  ["step", mark("this step")],
  ["run", mark("this run")],
  ["always", "always"],
];

export interface RequestEditProps {
  readonly request: RequestRow;
  readonly tool: ToolRow | undefined;
  readonly edited: Edited;
  readonly onChange: (edited: Edited) => void;
  readonly onBack: () => void;
}

/** Other arguments, or a wider permission; a grave step is allowed once only. */
export function RequestEdit({ request, tool, edited, onChange, onBack }: RequestEditProps) {
  const original = request.args ?? {};
  return (
    <fieldset className="wb-form" onKeyDown={onEscape(onBack)}>
      <legend className="wb-spoken">
        {request.kind === "elicitation" ? t("Your answer") : t("Edit before allowing")}
      </legend>
      <ArgumentsForm
        fields={fieldsOf(request.schema ?? tool?.schema, original)}
        args={edited.args ?? original}
        onChange={(args, faults) => onChange({ ...edited, args, faults })}
      />
      {isGrave(request.risk) || request.kind === "elicitation" ? null : (
        <label className="wb-field">
          <span className="wb-field-name">{t("Allow")}</span>
          <select
            className="wb-input"
            data-testid="scope"
            value={edited.scope}
            onChange={(event) => onChange({ ...edited, scope: event.target.value as Scope })}
          >
            {SCOPES.map(([value, label]) => (
              <option key={value} value={value}>
                {t(label)}
              </option>
            ))}
          </select>
        </label>
      )}
    </fieldset>
  );
}

/** What was edited, or null where all is as it was asked for; an answer to a question is always whole. An argument
 * that was emptied is null, since the kernel keeps those that are not named. */
export function changedArgs(request: RequestRow, { args }: Edited): JsonObject | null {
  if (args === null || request.kind === "elicitation") return args;
  const asked = request.args ?? {};
  const changed = [...new Set([...Object.keys(asked), ...Object.keys(args)])]
    .filter((name) => JSON.stringify(args[name]) !== JSON.stringify(asked[name]))
    .map((name) => [name, args[name] ?? null] as const);
  return changed.length > 0 ? Object.fromEntries(changed) : null;
}

/** "Send once" allowed for the run is "Send, this run". */
export function verbFor(request: RequestRow, edited: Edited): string {
  if (request.kind === "elicitation") return request.verb;
  const scope = t(SCOPES.find(([value]) => value === edited.scope)?.[1] ?? "");
  const base = edited.scope === "once" ? request.verb : `${request.verb.replace(/ once$/, "")}, ${scope}`;
  return changedArgs(request, edited) ? t("%1, as edited", base) : base;
}
