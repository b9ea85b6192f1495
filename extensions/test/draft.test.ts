import { expect, test } from "vitest";
import { running } from "../dev/recorded.ts";
import {
  addStep,
  bridged,
  type Draft,
  dropStep,
  findingsOf,
  moveFault,
  moveStep,
  startDraft,
  summaryOf,
  updateStep,
} from "../src/draft.ts";
import { toEdits } from "../src/edits.ts";

const draft = startDraft("sha256:3c9a", 3, running.steps);
const [write] = running.tools;
const step = (from: Draft, key: string) => {
  const found = from.steps.find((one) => one.key === key);
  if (!found) throw new Error(`no step ${key}`);
  return found;
};

test("an untouched draft has no edits, and taking a change back leaves none", () => {
  expect(toEdits(draft)).toEqual([]);
  const changed = updateStep(draft, "chart", { title: "Pie" });
  expect(toEdits(updateStep(changed, "chart", { title: step(draft, "chart").title }))).toEqual([]);
  expect(summaryOf(draft)).toBe("");
});

test("a change sends only what changed", () => {
  const changed = updateStep(draft, "top", { args: { ...step(draft, "top").args, limit: 3 } });
  expect(toEdits(changed)).toEqual([
    {
      op: "change",
      step: "top",
      changes: { args: { frame: { $ref: "load", path: [] }, by: "region", limit: 3 } },
    },
  ]);
});

test("what arguments use is not repeated in `after`", () => {
  expect(step(draft, "top").after).toEqual(["columns"]);
  expect(step(draft, "chart").after).toEqual([]);
});

test("a new step stands before the point of no return, waits for the one above and has a free id", () => {
  const [next, key] = addStep(draft, write, null);
  expect(next.steps.map((one) => one.id)).toEqual([
    "load",
    "columns",
    "top",
    "chart",
    "report",
    "write",
    "mail",
  ]);
  const [twice, second] = addStep(next, write, key);
  expect(step(twice, second).id).toBe("write-2");
  expect(toEdits(next)).toEqual([
    {
      op: "add",
      step: { id: "write", tool: "files.write", args: {}, after: ["report"], title: "" },
      before: "mail",
    },
  ]);
});

test("renaming a new step takes along those that wait for it or use its output", () => {
  const [one, key] = addStep(draft, write, null);
  const using = updateStep(one, "mail", {
    after: ["write"],
    args: { body: { $ref: "write", path: ["text"] } },
  });
  const renamed = updateStep(using, key, { id: "summary" });
  expect(step(renamed, "mail").after).toEqual(["summary"]);
  expect(step(renamed, "mail").args).toEqual({ body: { $ref: "summary", path: ["text"] } });
});

test("new steps come first among the edits, so that others may name them", () => {
  const [next] = addStep(updateStep(draft, "chart", { fate: "skip" }), write, null);
  const all = dropStep(next, "report");
  expect(toEdits(all).map((edit) => edit.op)).toEqual(["add", "skip", "remove"]);
  expect(summaryOf(all)).toBe("1 skipped, 1 removed, 1 new");
});

test("a dropped new step leaves no trace", () => {
  const [next, key] = addStep(draft, write, null);
  expect(dropStep(next, key)).toEqual(draft);
});

test("moving a step up makes the one it passes wait for it, and keeps the chain below", () => {
  const rows = running.steps.map((row) =>
    row.id === "report"
      ? { ...row, args: {}, needs: ["chart"] }
      : row.id === "mail"
        ? { ...row, args: {} }
        : row,
  );
  const chain = startDraft("d", 1, rows);
  const moved = moveStep(chain, "report", -1);
  expect(moved.steps.map((one) => one.id)).toEqual(["load", "columns", "top", "report", "chart", "mail"]);
  expect(toEdits(moved)).toEqual([
    { op: "move", step: "report", after: ["top"] },
    { op: "move", step: "chart", after: ["report"] },
    { op: "move", step: "mail", after: ["report", "chart"] },
    { op: "move", step: "chart", before: "mail" },
  ]);
});

test("what waited for a removed step waits for what that one waited for, until it is kept after all", () => {
  const rows = running.steps.map((row) => ({ ...row, args: {} }));
  const chain = startDraft("d", 1, rows);
  const without = dropStep(chain, "report");
  expect(step(bridged(without), "mail").after).toEqual(step(chain, "report").after);
  expect(findingsOf(bridged(without), step(bridged(without), "mail"))).toEqual([]);
  expect(toEdits(without).map((edit) => edit.op)).toEqual(["remove", "move"]);
  expect(toEdits(updateStep(without, "report", { fate: "keep" }))).toEqual([]);
});

test("an argument that was emptied is sent as null, since arguments are merged", () => {
  const { limit: _, ...rest } = { ...step(draft, "top").args, limit: 3 };
  const rows = running.steps.map((row) => (row.id === "top" ? { ...row, args: { ...rest, limit: 3 } } : row));
  const emptied = updateStep(startDraft("d", 1, rows), "top", { args: rest });
  expect(toEdits(emptied)).toEqual([
    { op: "change", step: "top", changes: { args: { ...rest, limit: null } } },
  ]);
});

test("a step does not move above one whose output it uses, nor among finished ones", () => {
  expect(moveFault(draft, "chart", -1)).toBe("A finished step keeps its place.");
  expect(moveFault(draft, "report", -1)).toBe("report uses the output of chart.");
  expect(moveStep(draft, "report", -1)).toBe(draft);
  expect(moveFault(draft, "mail", 1)).toBe("It is at the end of the list.");
});

test("findings name what is missing, double or wrongly typed", () => {
  const without = dropStep(draft, "chart");
  expect(findingsOf(without, step(without, "report"))).toEqual([
    "It needs chart, which is not in the draft.",
  ]);
  const [next, key] = addStep(draft, undefined, null);
  const twin = updateStep(next, key, { id: "load", faults: { limit: "needs a number" } });
  expect(findingsOf(twin, step(twin, key))).toEqual([
    "Another step is called load too.",
    "It needs a tool.",
    "limit needs a number.",
  ]);
});
