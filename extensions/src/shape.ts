/** Checks JSON at the boundary: a shape turns an unknown value into a typed one, or says where it does not fit. */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export type JsonObject = { readonly [name: string]: Json };

export type Shape<T> = (value: unknown, path: string) => T;
export type Of<S> = S extends Shape<infer T> ? T : never;

/** The message does not fit; `message` names the place and what was expected there. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
  constructor(path: string, expected: string, value: unknown) {
    super(`${path || "message"}: expected ${expected}, got ${describe(value)}`);
  }
}

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  const shown = JSON.stringify(value) ?? typeof value;
  return shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
}

/** A string; null and absent count as empty, so that an optional sentence needs no ceremony. */
export const text: Shape<string> = (value, path) => {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") throw new ShapeError(path, "a text", value);
  return value;
};

export const number: Shape<number> = (value, path) => {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new ShapeError(path, "a number", value);
  return value;
};

export const flag: Shape<boolean> = (value, path) => {
  if (typeof value !== "boolean") throw new ShapeError(path, "true or false", value);
  return value;
};

/** Any JSON value; what arrives over the wire is JSON already. */
export const json: Shape<Json> = (value) => (value === undefined ? null : (value as Json));

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const jsonObject: Shape<JsonObject> = (value, path) => {
  if (!isObject(value)) throw new ShapeError(path, "an object", value);
  return value as JsonObject;
};

export function maybe<T>(shape: Shape<T>): Shape<T | null> {
  return (value, path) => (value === null || value === undefined ? null : shape(value, path));
}

export function oneOf<const T extends string>(...allowed: readonly T[]): Shape<T> {
  return (value, path) => {
    const found = allowed.find((item) => item === value);
    if (found === undefined) throw new ShapeError(path, `one of ${allowed.join(", ")}`, value);
    return found;
  };
}

export function list<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value, path) => {
    if (value === null || value === undefined) return [];
    if (!Array.isArray(value)) throw new ShapeError(path, "a list", value);
    return value.map((item, index) => shape(item, `${path}[${index}]`));
  };
}

export function dict<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, path) => {
    if (value === null || value === undefined) return {};
    if (!isObject(value)) throw new ShapeError(path, "an object", value);
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, shape(v, `${path}.${k}`)]));
  };
}

type Fields = Readonly<Record<string, Shape<unknown>>>;
type ObjectOf<F extends Fields> = { readonly [K in keyof F]: Of<F[K]> };

/** An object with these fields; others are dropped, so that a newer kernel may send more. */
export function object<F extends Fields>(fields: F): Shape<ObjectOf<F>> {
  return (value, path) => {
    if (!isObject(value)) throw new ShapeError(path, "an object", value);
    const entries = Object.entries(fields).map(([name, shape]) => [
      name,
      shape(value[name], path ? `${path}.${name}` : name),
    ]);
    return Object.fromEntries(entries) as ObjectOf<F>;
  };
}

export function pair<A, B>(first: Shape<A>, second: Shape<B>): Shape<readonly [A, B]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length !== 2) throw new ShapeError(path, "a pair", value);
    return [first(value[0], `${path}[0]`), second(value[1], `${path}[1]`)];
  };
}
