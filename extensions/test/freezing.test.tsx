import { act, fireEvent, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import * as recorded from "../dev/recorded.ts";
import { Panel } from "../src/components/Panel.tsx";
import type { FreezeRow } from "../src/wire.ts";
import { partial } from "./fakes.ts";
import { kernel, press, say, show, text, type, unfold } from "./stage.tsx";

const FREEZE: FreezeRow = {
  id: "rule-1",
  what: "deletes",
  tool: "",
  why: "an audit",
  by: "person",
  at: "2026-01-05T09:00:00Z",
};

test("a freeze says beforehand what it does, for each choice, and is ordered once a press", async () => {
  await show(recorded.running);
  expect(screen.queryByTestId("freeze-form")).toBeNull();
  await unfold("freeze");
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
  expect(text("freeze-does")).toContain("says so nowhere is held by “no writes” only");
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
  await unfold("freeze");
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

test("what is frozen stands in the view of a run that is over, too, and is lifted and set from there", async () => {
  await show({ ...recorded.finished, frozen: [FREEZE] });
  expect(text("frozen")).toContain("no deletes");
  await press("lift");
  await press("lift-confirm");
  await unfold("freeze");
  await press("freeze-confirm");
  expect(kernel.commands).toEqual([
    { kind: "lift", rule: "rule-1" },
    { kind: "freeze", what: "writes", tool: "", reason: "" },
  ]);
});

test("the lists of the panel begin with what is frozen, also when there is no run", async () => {
  const stands: Record<string, unknown>[] = [
    { ...FREEZE, journal: "j1", journal_name: "sales.db" },
    { ...FREEZE, id: "rule-2", journal: "j2", journal_name: "empty.db" },
  ];
  const sent: unknown[] = [];
  const ask = async (path: string, init: RequestInit) => {
    if (init.method !== "POST")
      return answer(path === "/runs" ? { runs: [], faults: [] } : { freezes: stands });
    sent.push([path, JSON.parse(String(init.body)).command]);
    stands.shift();
    return answer({ carried_out: true });
  };
  await act(async () => void render(<Panel ask={ask} place={null} onPlace={() => {}} waiting={[]} />));
  const said = screen.getAllByTestId("frozen").map((one) => one.textContent);
  expect(said[0]).toContain("Frozen in every run of sales.db: no deletes.");
  expect(said[1]).toContain("Frozen in every run of empty.db: no deletes.");
  for (const left of [1, 0]) {
    await act(async () => void fireEvent.click(screen.getAllByTestId("lift")[0] as HTMLElement));
    await press("lift-confirm");
    expect(screen.queryAllByTestId("frozen")).toHaveLength(left);
  }
  expect(sent).toEqual([
    ["/journals/j1/commands", { kind: "lift", rule: "rule-1" }],
    ["/journals/j2/commands", { kind: "lift", rule: "rule-2" }],
  ]);
});
const answer = (said: unknown) => new Response(JSON.stringify(said));
