import { expect, test } from "vitest";
import {
  fieldsOf,
  isNamedOnly,
  parseField,
  parsePath,
  referencesIn,
  showField,
  showValue,
} from "../src/schema.ts";

const fields = fieldsOf(
  {
    type: "object",
    required: ["name"],
    properties: {
      name: { type: "string", description: "who" },
      limit: { anyOf: [{ type: "integer" }, { type: "null" }] },
      ratio: { type: "number" },
      deep: { type: "object" },
      mode: { enum: ["a", "b"] },
      either: { anyOf: [{ type: "integer" }, { type: "string" }] },
    },
  },
  { unknown: 1 },
);
const field = (name: string) => {
  const found = fields.find((one) => one.name === name);
  if (!found) throw new Error(`no field ${name}`);
  return found;
};

test("simple types get fields of their own, everything else JSON, and no argument is hidden", () => {
  expect(fields.map((one) => [one.name, one.type])).toEqual([
    ["name", "text"],
    ["limit", "integer"],
    ["ratio", "number"],
    ["deep", "json"],
    ["mode", "choice"],
    ["either", "json"],
    ["unknown", "json"],
  ]);
});

test("what is typed becomes the JSON the tool expects, or a fault", () => {
  expect(parseField(field("name"), "42")).toEqual({ value: "42" });
  expect(parseField(field("limit"), "5")).toEqual({ value: 5 });
  expect(parseField(field("limit"), "5.5")).toEqual({ fault: "needs a whole number" });
  expect(parseField(field("ratio"), "x")).toEqual({ fault: "needs a number" });
  expect(parseField(field("limit"), " ")).toEqual({ value: undefined });
  expect(parseField(field("deep"), "{oops")).toHaveProperty("fault");
});

test("showing a value and reading it again gives the same value", () => {
  for (const [name, value] of [
    ["name", 'a "b"\nc'],
    ["limit", 7],
    ["deep", { a: [1, null] }],
    ["either", "text"],
    ["mode", "b"],
  ] as const) {
    expect(parseField(field(name), showField(field(name), value))).toEqual({ value });
  }
});

test("a table among the arguments is said as what it is, and its field has no JSON", () => {
  const table = { $artifact: "ab".repeat(32), summary: "1,704 rows x 8 columns" };
  const live = { "x-live": "pandas.DataFrame" };
  const [frame, maybe] = fieldsOf(
    { properties: { frame: live, maybe: { anyOf: [live, { type: "null" }] } } },
    {},
  );
  expect([frame?.type, maybe?.type]).toEqual(["live", "live"]);
  expect([table, [1, table], { a: [table] }].map(isNamedOnly)).toEqual([true, true, true]);
  expect(isNamedOnly({ $ref: "load", path: [] })).toBe(false);
  expect(showValue({ a: [table, table] })).toBe("1,704 rows x 8 columns; 1,704 rows x 8 columns");
});

test("references are found at any depth and told in words", () => {
  const value = { a: [{ b: { $ref: "load", path: ["rows", 0] } }] };
  expect(referencesIn(value)).toEqual(["load"]);
  expect(showValue({ $ref: "load", path: ["rows", 0] })).toBe("output of load.rows.0");
  expect(showValue("pay \u202e0001\u202c now")).toBe('"pay \ufffd0001\ufffd now"');
  expect(parsePath("rows.0.name")).toEqual(["rows", 0, "name"]);
});
