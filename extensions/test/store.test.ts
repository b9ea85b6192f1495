import { expect, test } from "vitest";
import { running, waiting } from "../dev/recorded.ts";
import { apply } from "../src/store.ts";
import type { StepRow, TraceRow } from "../src/wire.ts";
import { nothing, partial } from "./fakes.ts";

const start = apply(nothing, running);
const [load] = running.steps as [StepRow];
const [first] = running.trace as [TraceRow];

test("a full batch replaces everything and sets the number to count from", () => {
  const state = apply(apply(nothing, running), { ...waiting, n: 40, steps: [load], trace: [] });
  expect(state.n).toBe(40);
  expect(state.steps).toEqual([load]);
  expect(state.trace).toEqual([]);
  expect(state.requests).toHaveLength(1);
});

test("the next batch changes only the rows it names, and keeps the tools", () => {
  const changed = { ...load, state: "failed" as const };
  const state = apply(start, partial(running, 2, { steps: [changed] }));
  expect(state.steps[0]?.state).toBe("failed");
  expect(state.steps).toHaveLength(running.steps.length);
  expect(state.tools).toEqual(running.tools);
});

test("steps stand in the order of the plan and removed ones go", () => {
  const moved = { ...load, order: 99 };
  const state = apply(start, partial(running, 2, { steps: [moved], removed_steps: ["mail"] }));
  expect(state.steps.map((step) => step.id)).toEqual(["columns", "top", "chart", "report", "load"]);
});

test("a trace row that comes twice stands once, in its place", () => {
  const again = { ...first, text: "corrected" };
  const state = apply(start, partial(running, 2, { trace: [{ ...first, seq: 99 }, again] }));
  expect(state.trace.map((row) => row.seq)).toEqual([1, 2, 3, 4, 5, 99]);
  expect(state.trace[0]?.text).toBe("corrected");
});

test("a gap changes no row and marks the state as behind, until a full batch comes", () => {
  const behind = apply(start, partial(running, 3, { removed_steps: ["load"] }));
  expect(behind.behind).toBe(true);
  expect(behind.steps).toBe(start.steps);
  const still = apply(behind, partial(running, 2));
  expect(still.behind).toBe(true);
  const whole = apply(still, { ...running, n: 7 });
  expect(whole.behind).toBe(false);
  expect(whole.n).toBe(7);
});

test("a batch that comes twice is ignored", () => {
  expect(apply(start, partial(running, 1, { removed_steps: ["load"] }))).toBe(start);
});

test("a change before the first full batch is a gap", () => {
  expect(apply(nothing, partial(running, 5)).behind).toBe(true);
});

test("the list of requests is always the complete one, oldest first", () => {
  const [request] = waiting.requests;
  if (!request) throw new Error("the recorded run has a request");
  const older = { ...request, id: "older", opened: "2020-01-01T00:00:00Z" };
  const state = apply(start, partial(running, 2, { requests: [request, older] }));
  expect(state.requests.map((one) => one.id)).toEqual(["older", "q1"]);
  expect(apply(state, partial(running, 3)).requests).toEqual([]);
});
