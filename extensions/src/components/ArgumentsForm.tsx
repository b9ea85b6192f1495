import { useId, useState } from "react";
import {
  type Field,
  isNamedOnly,
  isReference,
  namedWords,
  parseField,
  parsePath,
  showField,
  showValue,
} from "../schema.ts";
import type { Json, JsonObject } from "../shape.ts";
import { mark, t } from "../t.ts";

export interface ArgumentsFormProps {
  readonly fields: readonly Field[];
  readonly args: JsonObject;
  /** Steps whose output may be used as a value. */
  readonly sources?: readonly string[];
  readonly onChange: (args: JsonObject, faults: Readonly<Record<string, string>>) => void;
}

/** A small form for a tool's arguments: one field each, by the tool's schema. */
export function ArgumentsForm({ fields, args, sources = [], onChange }: ArgumentsFormProps) {
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});

  function change(field: Field, value: Json | undefined, fault: string | null) {
    const { [field.name]: _old, ...others } = faults;
    const nextFaults = fault === null ? others : { ...others, [field.name]: fault };
    const { [field.name]: _gone, ...rest } = args;
    setFaults(nextFaults);
    onChange(
      fault !== null ? args : value === undefined ? rest : { ...args, [field.name]: value },
      nextFaults,
    );
  }

  if (fields.length === 0) return <p className="wb-empty">{t("This tool takes no arguments.")}</p>;
  return fields.map((field) => (
    <ArgumentField
      key={field.name}
      field={field}
      value={args[field.name]}
      sources={sources}
      fault={faults[field.name]}
      onChange={(value, fault) => change(field, value, fault)}
    />
  ));
}

interface ArgumentFieldProps {
  readonly field: Field;
  readonly value: Json | undefined;
  readonly sources: readonly string[];
  readonly fault: string | undefined;
  readonly onChange: (value: Json | undefined, fault: string | null) => void;
}

function ArgumentField({ field, value, sources, fault, onChange }: ArgumentFieldProps) {
  const id = useId();
  const reference = isReference(value) ? value : null;
  const [typed, setTyped] = useState(() => (reference ? reference.path.join(".") : showField(field, value)));

  function type(next: string) {
    setTyped(next);
    if (reference) {
      onChange({ $ref: reference.$ref, path: parsePath(next) }, null);
      return;
    }
    const parsed = parseField(field, next);
    if ("fault" in parsed) onChange(undefined, parsed.fault);
    else onChange(parsed.value, null);
  }

  function use(source: string) {
    setTyped("");
    onChange(source === "" ? undefined : { $ref: source, path: [] }, null);
  }

  return (
    <div className="wb-field">
      <label className="wb-field-name" htmlFor={id}>
        {field.name}
        {field.required ? <span title={t("needed")}> *</span> : null}
      </label>
      <span className="wb-field-value">
        {sources.length > 0 ? (
          <select
            className="wb-input wb-source"
            aria-label={t("Where %1 comes from", field.name)}
            data-testid={`source-${field.name}`}
            value={reference?.$ref ?? ""}
            onChange={(event) => use(event.target.value)}
          >
            <option value="">{field.type === "live" ? t("choose a step") : t("value")}</option>
            {[...new Set([...sources, ...(reference ? [reference.$ref] : [])])].map((source) => (
              <option key={source} value={source}>
                {t("output of %1", source)}
              </option>
            ))}
          </select>
        ) : null}
        {reference === null && (field.type === "live" || isNamedOnly(value)) ? (
          <Kept id={id} name={field.name} value={value} choosable={sources.length > 0} />
        ) : (
          <FieldInput id={id} field={field} path={reference !== null} typed={typed} onType={type} />
        )}
      </span>
      {fault ? (
        <span className="wb-error" role="status">
          {field.name} {fault}
        </span>
      ) : null}
    </div>
  );
}

interface KeptProps {
  readonly id: string;
  readonly name: string;
  readonly value: Json | undefined;
  readonly choosable: boolean;
}

/** A table, or another value that is no text: what it is, and where it is changed. It is sent back by nobody. */
function Kept({ id, name, value, choosable }: KeptProps) {
  const where = choosable
    ? t("It comes from the output of a step.")
    : t("It cannot be edited here: edit the step it comes from, or in code.");
  return (
    <output id={id} className="wb-kept" data-testid={`arg-${name}`}>
      {value === undefined ? null : (
        <strong>{isNamedOnly(value) ? namedWords(value) : showValue(value)}</strong>
      )}
      <span className="wb-hint">{where}</span>
    </output>
  );
}

interface FieldInputProps {
  readonly id: string;
  readonly field: Field;
  /** The field holds a path into a step's output. */
  readonly path: boolean;
  readonly typed: string;
  readonly onType: (typed: string) => void;
}

function FieldInput({ id, field, path, typed, onType }: FieldInputProps) {
  const common = { id, className: "wb-input", "data-testid": `arg-${field.name}`, value: typed };
  if (!path && (field.type === "boolean" || field.type === "choice")) {
    const options = field.type === "boolean" ? [true, false] : field.options;
    return (
      <select {...common} onChange={(event) => onType(event.target.value)}>
        <option value="" />
        {options.map((option) => (
          <option key={JSON.stringify(option)} value={JSON.stringify(option)}>
            {field.type === "boolean" ? t(option ? mark("true") : mark("false")) : String(option)}
          </option>
        ))}
      </select>
    );
  }
  const placeholder = path ? t("all of it, or a path such as rows.0") : field.hint;
  if (!path && (field.type === "text" || field.type === "json")) {
    const rows = Math.min(8, Math.max(1, typed.split("\n").length, Math.ceil(typed.length / 60)));
    return (
      <textarea
        {...common}
        rows={rows}
        placeholder={placeholder}
        spellCheck={field.type === "text"}
        onChange={(event) => onType(event.target.value)}
      />
    );
  }
  return (
    <input
      {...common}
      inputMode={path ? "text" : "decimal"}
      placeholder={placeholder}
      onChange={(event) => onType(event.target.value)}
    />
  );
}
