/** A table among the arguments of a request or a step: shown as what it is, and never sent back. */

import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import * as recorded from "../dev/recorded.ts";
import { ArgumentsForm } from "../src/components/ArgumentsForm.tsx";
import { fieldsOf } from "../src/schema.ts";
import { kernel, press, showArmed as show, type } from "./stage.tsx";

const TABLE = { $artifact: "ab".repeat(32), summary: "1,704 rows x 8 columns" };
const SCHEMA = {
  type: "object",
  properties: {
    frame: { "x-live": "pandas.DataFrame" },
    frames: { type: "array", items: { "x-live": "pandas.DataFrame" } },
    note: { anyOf: [{ type: "string" }, { type: "null" }] },
    table: { type: "string" },
  },
};

beforeEach(() => vi.useFakeTimers());

test("a request with a table shows its size, and sends back only what was edited", async () => {
  const [, base] = recorded.manyRequests.requests;
  if (!base) throw new Error("the recorded requests have a second one");
  const args = { frame: TABLE, frames: [TABLE], note: "old", table: "sales" };
  const request = { ...base, tool: "store", args };
  const tools = [
    {
      name: "store",
      description: "",
      effect: "reversible" as const,
      risk: "local" as const,
      schema: SCHEMA,
      on_pause: "finish",
    },
  ];
  await show({ ...recorded.manyRequests, requests: [request], tools });
  await press("edit-request");
  for (const name of ["frame", "frames"]) {
    const shown = screen.getByTestId(`arg-${name}`);
    expect(shown.tagName).toBe("OUTPUT");
    expect(shown.textContent).toContain("1,704 rows x 8 columns");
    expect(shown.textContent).toContain("cannot be edited here");
  }
  await type("arg-table", "sales_2");
  await type("arg-note", "");
  expect(document.body.textContent).not.toContain("$artifact");
  await press("approve");
  expect(kernel.commands.at(-1)).toMatchObject({ kind: "answer", args: { table: "sales_2", note: null } });
  expect(Object.keys((kernel.commands.at(-1) as { args: object }).args).sort()).toEqual(["note", "table"]);
});

test("in a step a table comes from the output of a step, and is never typed", async () => {
  const changed = vi.fn();
  const form = (args: Parameters<typeof ArgumentsForm>[0]["args"]) => (
    <ArgumentsForm fields={fieldsOf(SCHEMA, args)} args={args} sources={["load"]} onChange={changed} />
  );
  render(form({}));
  expect(screen.getByTestId("arg-frame").tagName).toBe("OUTPUT");
  expect(screen.getByTestId("arg-frame").textContent).toContain("output of a step");
  await act(
    async () => void fireEvent.change(screen.getByTestId("source-frame"), { target: { value: "load" } }),
  );
  expect(changed).toHaveBeenLastCalledWith({ frame: { $ref: "load", path: [] } }, {});
  cleanup();
  render(form({ frame: { $ref: "load", path: [] } }));
  expect(screen.getByTestId("arg-frame").tagName).toBe("INPUT");
});
