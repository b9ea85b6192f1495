import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as recorded from "../dev/recorded.ts";
import { RunView } from "../src/components/RunView.tsx";
import { openSession } from "../src/session.ts";
import type { Batch, FreezeRow } from "../src/wire.ts";
import { FakeKernel, partial } from "./fakes.ts";

let kernel: FakeKernel;
let closing: AbortController;

beforeEach(() => {
  kernel = new FakeKernel();
  closing = new AbortController();
});
afterEach(() => {
  closing.abort();
  cleanup();
});

const FREEZE: FreezeRow = {
  id: "rule-1",
  what: "deletes",
  tool: "",
  why: "an audit",
  by: "person",
  at: "2026-01-05T09:00:00Z",
};

async function show(batch: Batch): Promise<void> {
  render(<RunView session={openSession(kernel, null, closing.signal)} />);
  await say(batch);
}
const say = (message: unknown) => act(async () => kernel.say(message));
const press = (testId: string) => act(async () => void fireEvent.click(screen.getByTestId(testId)));
const type = (testId: string, value: string) =>
  act(async () => void fireEvent.change(screen.getByTestId(testId), { target: { value } }));
const text = (testId: string) => screen.getByTestId(testId).textContent ?? "";
const unfold = () =>
  act(async () => {
    const details = screen.getByTestId("freeze") as HTMLDetailsElement;
    details.open = true;
    fireEvent(details, new Event("toggle"));
  });

test("a freeze says beforehand what it does, for each choice, and is ordered once a press", async () => {
  await show(recorded.running);
  expect(screen.queryByTestId("freeze-form")).toBeNull();
  await unfold();
  for (const said of [
    "every run of this journal",
    "changes anything",
    "in flight go on",
    "nothing is undone",
  ]) {
    expect(text("freeze-does")).toContain(said);
  }
  await press("freeze-deletes");
  expect(text("freeze-does")).toContain("no call is made that deletes");
  await type("freeze-reason", "  an audit ");
  kernel.verdict = undefined;
  await press("freeze-confirm");
  await press("freeze-confirm");
  expect(kernel.commands).toEqual([{ kind: "freeze", what: "deletes", tool: "", reason: "an audit" }]);
});

test("a tool is chosen among those of the plan, and not one that is hidden", async () => {
  const steps = recorded.running.steps.map((step, i) =>
    i ? step : { ...step, tool: "(a tool that is not shown)" },
  );
  await show({ ...recorded.running, steps });
  await unfold();
  await press("freeze-tool");
  const offered = [...screen.getByTestId("freeze-name").querySelectorAll("option")].map((one) => one.value);
  expect(offered).toEqual([...new Set(steps.slice(1).map((step) => step.tool))].sort());
  const last = offered.at(-1) ?? "";
  await type("freeze-name", last);
  expect(text("freeze-does")).toContain(`${last} is not called`);
  await press("freeze-confirm");
  expect(kernel.commands).toEqual([{ kind: "freeze", what: "tool", tool: last, reason: "" }]);
});

test("what is frozen stands above the plan until it is lifted, which takes two presses", async () => {
  await show({ ...recorded.paused, frozen: [FREEZE] });
  expect(text("frozen")).toContain("Frozen in every run of this journal: no deletes. an audit by you");
  await press("lift");
  expect(kernel.commands).toEqual([]);
  expect(text("lift-strip")).toContain("goes on when it is resumed");
  await press("lift-confirm");
  expect(kernel.commands).toEqual([{ kind: "lift", rule: "rule-1" }]);
  await say(partial(recorded.paused, 2, { frozen: [] }));
  expect(screen.queryByTestId("frozen")).toBeNull();
});

test("a run that is over and a picture that was saved order nothing", async () => {
  await show({ ...recorded.finished, frozen: [FREEZE] });
  expect(screen.queryByTestId("freeze")).toBeNull();
  expect(screen.queryByTestId("lift")).toBeNull();
});
