/** From a tool's JSON schema to the fields of a form, and from what a person types to JSON. */

import { isObject, type Json, type JsonObject } from "./shape.ts";
import { t } from "./t.ts";

export type FieldType = "text" | "number" | "integer" | "boolean" | "choice" | "json" | "live";

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly required: boolean;
  readonly hint: string;
  readonly options: readonly Json[];
}

export interface Reference {
  readonly $ref: string;
  readonly path: readonly (string | number)[];
}

/** The fields of the schema, then those of `args` that the schema does not know. */
export function fieldsOf(schema: JsonObject | undefined, args: JsonObject): readonly Field[] {
  const properties = isObject(schema?.properties) ? schema.properties : {};
  const required = Array.isArray(schema?.required) ? schema.required : [];
  const known = Object.entries(properties).map(([name, property]) =>
    fieldOf(name, isObject(property) ? property : {}, required.includes(name)),
  );
  const extra = Object.keys(args)
    .filter((name) => !(name in properties))
    .map((name) => fieldOf(name, {}, false));
  return [...known, ...extra];
}

function fieldOf(name: string, property: Record<string, unknown>, required: boolean): Field {
  const plain = withoutNull(property);
  const options = Array.isArray(plain.enum) ? (plain.enum as Json[]) : [];
  const hint = typeof property.description === "string" ? property.description : "";
  return { name, required, hint, options, type: options.length > 0 ? "choice" : typeOf(plain) };
}

/** `anyOf: [X, null]` is X that may be left empty. */
function withoutNull(property: Record<string, unknown>): Record<string, unknown> {
  if (!Array.isArray(property.anyOf)) return property;
  const others = property.anyOf.filter((option) => isObject(option) && option.type !== "null");
  return others.length === 1 && isObject(others[0]) ? others[0] : {};
}

function typeOf({ type, "x-live": live }: Record<string, unknown>): FieldType {
  if (typeof live === "string") return "live";
  if (type === "string") return "text";
  return type === "number" || type === "integer" || type === "boolean" ? type : "json";
}

export type Parsed = { readonly value: Json | undefined } | { readonly fault: string };

/** What the person typed as JSON; `undefined` where an optional field is left empty. */
export function parseField(field: Field, typed: string): Parsed {
  if (field.type === "text") return { value: typed === "" && !field.required ? undefined : typed };
  if (typed.trim() === "") return field.required ? { fault: t("is needed") } : { value: undefined };
  if (field.type === "number" || field.type === "integer") {
    const value = Number(typed);
    if (!Number.isFinite(value)) return { fault: t("needs a number") };
    return field.type === "integer" && !Number.isInteger(value)
      ? { fault: t("needs a whole number") }
      : { value };
  }
  try {
    return { value: JSON.parse(typed) as Json };
  } catch {
    return { fault: t('needs JSON, for example "text", 3 or ["a", "b"]') };
  }
}

/** The text that stands in the field for a value; the inverse of `parseField`. */
export function showField(field: Field, value: Json | undefined): string {
  if (value === undefined) return "";
  if (field.type === "text" && typeof value === "string") return value;
  return JSON.stringify(value, null, typeof value === "object" && value !== null ? 1 : 0);
}

export function isReference(value: unknown): value is Reference & JsonObject {
  return isObject(value) && typeof value.$ref === "string";
}

/** Whether a value, or a part of it, is only named here: a table, a figure, anything too large or too live for JSON. */
export function isNamedOnly(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isNamedOnly);
  return isObject(value) && ("$artifact" in value || Object.values(value).some(isNamedOnly));
}

/** "1,704 rows x 8 columns": what is known of such values. */
export function namedWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(namedWords).filter(Boolean).join("; ");
  if (!isObject(value)) return "";
  if (!("$artifact" in value)) return namedWords(Object.values(value));
  return typeof value.summary === "string" ? harmless(value.summary) : t("a stored value");
}

/** `rows.0.name` as ["rows", 0, "name"]. */
export function parsePath(typed: string): (string | number)[] {
  return typed
    .split(".")
    .filter((part) => part !== "")
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** All steps whose output these arguments use. */
export function referencesIn(value: Json): readonly string[] {
  if (isReference(value)) return [value.$ref];
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  return isObject(value) ? Object.values(value as JsonObject).flatMap(referencesIn) : [];
}

/** One line for a value: a reference in words, text in quotes, the rest as JSON. */
export function showValue(value: Json): string {
  if (isNamedOnly(value)) return namedWords(value);
  if (!isReference(value)) return harmless(JSON.stringify(value));
  const path = Array.isArray(value.path) ? value.path : [];
  return [t("output of "), value.$ref, ...path.map((part) => `.${String(part)}`)].join("");
}

/** Arguments come as they are, to be edited; where they are shown, nothing in them turns the text around. */
function harmless(text: string): string {
  return text.replace(/[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}
