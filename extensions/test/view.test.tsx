import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import * as recorded from "../dev/recorded.ts";
import { PAUSE_MS } from "../src/components/Decide.tsx";
import { ARM_MS } from "../src/components/Requests.tsx";
import { RunView } from "../src/components/RunView.tsx";
import type { Answer, Batch, StepRow } from "../src/wire.ts";
import { partial } from "./fakes.ts";
import { kernel, pass, press, root, say, session, showArmed as show, type } from "./stage.tsx";

beforeEach(() => void vi.useFakeTimers());

const answers = () => kernel.commands.filter((command): command is Answer => command.kind === "answer");

test("what a person may not answer has no buttons, stands alone, and says who can", async () => {
  const requests = recorded.alike.requests.map((one) => ({ ...one, token: "" }));
  await show({ ...recorded.alike, requests });
  expect(requests.length).toBeGreaterThan(2);
  expect(screen.getAllByTestId("not-yours")).toHaveLength(3);
  expect(screen.queryByTestId("approve")).toBeNull();
  expect(screen.queryByTestId("refuse")).toBeNull();
});

test("a hostile string in any field is shown as text and never becomes an element", async () => {
  const poison = `<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>`;
  await show(recorded.hostile(poison));
  await press("step-s2");
  await press("more-requests");
  expect(root().querySelectorAll("img, script")).toHaveLength(0);
  expect("hacked" in globalThis).toBe(false);
  const shown = root().textContent?.split(poison).length ?? 0;
  expect(shown).toBeGreaterThan(60);
  await press("edit-plan");
  expect(screen.getByTestId("draft").querySelectorAll("img, script")).toHaveLength(0);
});

test("the root carries the state and the run, and keeps keys from the page around", async () => {
  await show(recorded.running);
  expect(root().dataset).toMatchObject({
    state: "running",
    run: "7F2K",
    live: "true",
    lmSuppressShortcuts: "true",
  });
  const heard = vi.fn();
  document.body.addEventListener("keydown", heard);
  fireEvent.keyDown(screen.getByTestId("pause"), { key: "d" });
  fireEvent.keyDown(screen.getByTestId("trace-filter"), { key: "x" });
  document.body.removeEventListener("keydown", heard);
  expect(heard).not.toHaveBeenCalled();
});

test("pause, resume, checkpoint and stop send their commands", async () => {
  await show(recorded.running);
  await press("pause");
  await say({ ...recorded.paused, n: 2 });
  expect(root().textContent).toContain("paused by you, finishing 1 call");
  await press("resume");
  await press("checkpoint");
  await type("checkpoint-text", "before mail");
  await press("checkpoint-confirm");
  await press("stop");
  await type("stop-text", "enough");
  await press("stop-confirm");
  expect(kernel.commands).toEqual([
    { kind: "pause", reason: "" },
    { kind: "resume" },
    { kind: "checkpoint", name: "before mail" },
    { kind: "stop", reason: "enough" },
  ]);
});

test("pause, edit and stop say before they are pressed what they keep", async () => {
  await show(recorded.running);
  const { controls } = recorded.running.header;
  const titles = ["pause", "edit-plan", "stop"].map((name) => screen.getByTestId(name).title);
  expect(titles).toEqual([controls.pause, controls.edit, controls.stop]);
  expect(titles.every((title) => title.includes("Kept: 2 finished steps"))).toBe(true);
});

test("a refused command shows Python's sentence and leaves the button ready", async () => {
  kernel.verdict = "Another page drives this run.";
  await show(recorded.running);
  await press("pause");
  expect(root().textContent).toContain("Another page drives this run.");
  expect(screen.getByTestId("pause").getAttribute("aria-disabled")).toBeNull();
});

test("a double press sends one command", async () => {
  kernel.verdict = undefined;
  await show(recorded.running);
  await act(async () => {
    screen.getByTestId("pause").click();
    screen.getByTestId("pause").click();
  });
  await press("pause");
  expect(kernel.commands).toHaveLength(1);
});

test("a new request is announced with its title and tool, and does not take the focus", async () => {
  await show(recorded.running);
  screen.getByTestId("trace-filter").focus();
  await say(partial(recorded.running, 2, { requests: recorded.waiting.requests }));
  expect(screen.getAllByRole("alert")[0]?.textContent).toContain(
    "Send a mail to boss@example.org. mail.send.",
  );
  expect(document.activeElement).toBe(screen.getByTestId("trace-filter"));
});

test("Enter never approves", async () => {
  await show(recorded.waiting);
  const approve = screen.getByTestId("approve");
  expect(approve.closest("form")).toBeNull();
  expect(approve.getAttribute("type")).toBe("button");
  expect(fireEvent.keyDown(approve, { key: "Enter" })).toBe(false);
  await press("approve");
  await pass(PAUSE_MS);
  expect(fireEvent.keyDown(screen.getByTestId("confirm"), { key: "Enter" })).toBe(false);
  expect(answers()).toEqual([]);
});

test("a grave step needs a second press after a pause, and can be taken back", async () => {
  await show(recorded.waiting);
  await press("approve");
  await press("confirm");
  expect(answers()).toEqual([]);
  await press("confirm-back");
  await press("approve");
  await pass(PAUSE_MS);
  await press("confirm");
  expect(answers()).toEqual([
    {
      kind: "answer",
      request: "q1",
      token: "t-1",
      verdict: "approve",
      args: null,
      scope: "once",
      confirm: "yes",
      reason: "",
      // biome-ignore lint/suspicious/noThenProperty: the wire names it so
      then: "continue",
      choice: null,
      review: false,
    },
  ]);
});

test("a fork says what it shares, and another run says nothing of it", async () => {
  await show(recorded.running);
  expect(screen.queryByTestId("fork")).toBeNull();
  const fork = "Fork of run-7f2k at event 9: 2 steps shared.";
  await say(partial(recorded.running, 2, { header: { ...recorded.running.header, fork } }));
  expect(screen.getByTestId("fork").textContent).toBe(fork);
});

test("a press right after the cards moved does nothing", async () => {
  await show(recorded.running);
  await say(partial(recorded.running, 2, { requests: recorded.manyRequests.requests.slice(1, 2) }));
  await press("approve");
  expect(answers()).toEqual([]);
  await pass(ARM_MS);
  await press("approve");
  expect(answers()).toHaveLength(1);
});

test("a costly step is approved by typing the amount", async () => {
  await show({ ...recorded.manyRequests, requests: recorded.manyRequests.requests.slice(3) });
  await press("approve");
  await pass(PAUSE_MS);
  await type("confirm-amount", "12");
  await press("confirm");
  expect(answers()).toEqual([]);
  for (const other of ["12.41", "12,4", "12.4.0", ".", "twelve"]) {
    await type("confirm-amount", other);
    expect(screen.getByTestId("confirm").getAttribute("aria-disabled")).toBe("true");
  }
  await type("confirm-amount", "12.4");
  await press("confirm");
  expect(answers()).toHaveLength(1);
});

test("what is final takes two steps: the second is dead until the delay is over, and stands elsewhere", async () => {
  await show(recorded.twoSteps);
  expect(screen.getByTestId("approve").textContent).toBe("Step 1 of 2: Delete once");
  expect(screen.getByTestId("objects").textContent).toContain("Ada");
  await press("approve");
  expect(kernel.commands).toEqual([{ kind: "arm", request: "q6", token: "t-6" }]);
  const armed = new Date().toISOString();
  await say(
    partial(recorded.running, 2, { requests: recorded.armed.requests.map((one) => ({ ...one, armed })) }),
  );
  expect(screen.queryByTestId("approve")).toBeNull();
  await press("confirm");
  expect(answers()).toEqual([]);
  expect(fireEvent.keyDown(screen.getByTestId("confirm"), { key: "Enter" })).toBe(false);
  await pass(3_500);
  await press("confirm");
  expect(answers()).toMatchObject([{ request: "q6", verdict: "approve" }]);
});

test("each class has its own form, and says it in words", async () => {
  for (const [run, form, word] of [
    [recorded.waiting, "diff", "outward"],
    [recorded.twoSteps, "two_step", "final"],
  ] as const) {
    await show(run);
    const card = screen.getByTestId("request");
    expect(card.dataset.gate).toBe(form);
    expect(card.textContent).toContain(word);
    cleanup();
  }
});

test("a card says the class of its call once", async () => {
  const shared = { ...recorded.manyRequests.requests[1], risk: "shared" } as Batch["requests"][number];
  await show({ ...recorded.manyRequests, requests: [shared] });
  expect(screen.getByTestId("request").textContent?.match(/shared/g)).toHaveLength(1);
  expect(screen.getByTestId("class").textContent).toBe("shared, can be undone");
});

test("the header says how long it may still take, without the steps that are over", async () => {
  const none = recorded.running.steps.map((step) => ({ ...step, estimate_s: null }));
  const steps = none.map((step) => ({
    ...step,
    estimate_s: ({ load: 600, chart: 5_400, mail: 21_600 } as Record<string, number>)[step.id] ?? null,
  }));
  await show({ ...recorded.running, steps });
  expect(screen.getByTestId("to-come").textContent).toBe("at least ~7.5 h to come");
  await say(partial({ ...recorded.running, steps }, 2, { steps: steps.map(over) }));
  expect(screen.queryByTestId("to-come")).toBeNull();
});
const over = (step: StepRow): StepRow => ({ ...step, state: "succeeded" });

test("the verb of a grave step is not where the verb of a light one is", async () => {
  await show(recorded.waiting);
  const grave = screen.getByTestId("approve");
  expect(grave.compareDocumentPosition(screen.getByTestId("refuse"))).toBe(4);
  cleanup();
  await show({ ...recorded.manyRequests, requests: recorded.manyRequests.requests.slice(1, 2) });
  expect(screen.getByTestId("approve").compareDocumentPosition(screen.getByTestId("refuse"))).toBe(2);
});

test("a call's card has all nine items, also those that nobody knows", async () => {
  await show(recorded.twoSteps);
  const card = screen.getByTestId("request").textContent ?? "";
  for (const item of [
    "Delete 3 customers",
    "boss@example.org",
    "the tool makes none",
    "3 objects",
    "none declared",
    "cannot be undone",
    "Step 6 of the plan",
    "nothing is sent",
    "final",
  ]) {
    expect(card).toContain(item);
  }
});

test("what is alike is answered in one go, without what was taken out, one answer each", async () => {
  await show(recorded.alike);
  expect(screen.getAllByTestId("request")).toHaveLength(1);
  await press("batch-write-b");
  expect(screen.getByTestId("batch-approve").textContent).toBe("Allow 3 of 4 once");
  await press("batch-approve");
  await pass(10);
  expect(answers().map((answer) => answer.request)).toEqual(["wa", "wc", "wd"]);
  await press("batch-apart");
  expect(screen.getAllByTestId("request").length).toBeGreaterThan(1);
});

test("edited arguments and a wider scope travel with the approval, and the button says so", async () => {
  await show({ ...recorded.manyRequests, requests: recorded.manyRequests.requests.slice(1, 2) });
  await press("edit-request");
  await type("arg-path", "out/new.md");
  await type("scope", "run");
  expect(screen.getByTestId("approve").textContent).toBe("Overwrite, this run, as edited");
  await press("approve");
  expect(answers()[0]).toMatchObject({ scope: "run" });
  expect(answers()[0]?.args).toEqual({ path: "out/new.md" });
});

test("a refusal carries its reason and what comes next", async () => {
  await show(recorded.waiting);
  await press("refuse");
  await type("refuse-reason", "Wrong person");
  await press("refuse-replan");
  await press("refuse-confirm");
  expect(answers()[0]).toMatchObject({ verdict: "deny", reason: "Wrong person" });
  expect(answers()[0]?.then).toBe("replan");
});

test("a doubt is settled by one of its choices, never by approving", async () => {
  await show(recorded.inDoubt);
  expect(screen.queryByTestId("approve")).toBeNull();
  expect(screen.getByTestId("step-mail").dataset.state).toBe("in_doubt");
  await press("choice-happened");
  await pass(PAUSE_MS);
  await press("confirm");
  expect(answers()[0]).toMatchObject({ verdict: "choose", choice: "happened" });
});

test("a question without choices takes a text", async () => {
  await show({ ...recorded.manyRequests, requests: recorded.manyRequests.requests.slice(2, 3) });
  await press("answer");
  await type("answer-text", "Q2");
  await press("answer");
  expect(answers()).toHaveLength(1);
  expect(answers()[0]).toMatchObject({ verdict: "choose", choice: "Q2" });
});

test("a server's question shows its form at once, and the answer travels as values", async () => {
  await show(recorded.asked);
  expect(screen.getByTestId("approve").textContent).toBe("Send the answer");
  expect(screen.queryByTestId("scope")).toBeNull();
  await type("arg-branch", "castle");
  await press("approve");
  expect(answers()[0]).toMatchObject({
    verdict: "approve",
    args: { branch: "castle", days: 3 },
    scope: "once",
  });
});

test("when the answered card goes, the focus stays in the widget", async () => {
  await show({ ...recorded.manyRequests, requests: recorded.manyRequests.requests.slice(1, 2) });
  screen.getByTestId("approve").focus();
  await press("approve");
  await say(partial(recorded.running, 2));
  expect(document.activeElement).toBe(root());
});

test("choosing a step shows it, filters the trace, and tells Python; choosing it again takes that back", async () => {
  await show(recorded.running);
  await press("step-load");
  const detail = screen.getByTestId("step-detail");
  expect(detail.textContent).toContain("1,204 rows, 6 columns");
  expect(screen.getAllByTestId(/^trace-\d+$/)).toHaveLength(1);
  await press("step-load");
  expect(screen.queryByTestId("step-detail")).toBeNull();
  expect(kernel.sent.filter((message) => message.kind === "select")).toEqual([
    { kind: "select", step: "load" },
    { kind: "select", step: null },
  ]);
});

test("arrow keys walk through the plan with the focus", async () => {
  await show(recorded.running);
  screen.getByTestId("step-load").focus();
  for (const key of ["ArrowDown", "ArrowDown", "ArrowUp", "End"]) {
    await act(async () => void fireEvent.keyDown(document.activeElement ?? document.body, { key }));
  }
  expect(document.activeElement).toBe(screen.getByTestId("step-mail"));
  expect(screen.getByTestId("step-mail").getAttribute("aria-pressed")).toBe("true");
  expect(root().querySelectorAll(".wb-step[tabindex='0']")).toHaveLength(1);
});

test("the trace is one stop for Tab, and arrow keys walk through it; following rests meanwhile", async () => {
  await show(recorded.running);
  const rows = () => [...root().querySelectorAll<HTMLElement>(".wb-row")];
  expect(rows().filter((row) => row.tabIndex === 0)).toEqual(rows().slice(-1));
  rows().at(-1)?.focus();
  for (const key of ["ArrowUp", "ArrowUp", "Home", "ArrowDown"]) {
    await act(async () => void fireEvent.keyDown(document.activeElement ?? document.body, { key }));
  }
  expect(document.activeElement).toBe(rows()[1]);
  await say(partial(recorded.running, 2, { trace: recorded.long.trace.slice(900, 901) }));
  expect(document.activeElement).toBe(rows()[1]);
  expect(rows().filter((row) => row.tabIndex === 0)).toEqual(rows().slice(1, 2));
});

test("Escape closes what is open; with nothing open it leads out of the view", async () => {
  const cell = document.body.appendChild(document.createElement("div"));
  cell.tabIndex = 0;
  render(<RunView session={session()} />, { container: cell.appendChild(document.createElement("div")) });
  await say(recorded.waiting);
  await press("stop");
  const leave = (testId: string) =>
    act(async () => void fireEvent.keyDown(screen.getByTestId(testId), { key: "Escape" }));
  screen.getByTestId("stop-text").focus();
  await leave("stop-text");
  expect(screen.queryByTestId("stop-strip")).toBeNull();
  expect(root().contains(document.activeElement)).toBe(true);
  await press("refuse");
  await leave("request");
  expect(screen.queryByTestId("refuse-reason")).toBeNull();
  expect(root().contains(document.activeElement)).toBe(true);
  await leave("pause");
  expect(document.activeElement).toBe(cell);
  cell.remove();
});

test("the point of no return stands once, before the first step that cannot be taken back", async () => {
  await show(recorded.running);
  const mark = screen.getByTestId("one-way");
  expect(mark.parentElement?.querySelector(".wb-step")).toBe(screen.getByTestId("step-mail"));
  expect(mark.textContent).toBe("point of no return");
  for (const [n, state] of (["succeeded", "undo_failed"] as const).entries()) {
    const steps = recorded.running.steps.map((step) => (step.id === "mail" ? { ...step, state } : step));
    await say({ ...recorded.running, n: n + 2, steps });
    expect(screen.getByTestId("one-way").textContent).toBe("point of no return, passed");
  }
});

test("a draft for which the run was held can be discarded so that the run goes on; one that was paused stays so", async () => {
  await show(recorded.running);
  await press("edit-plan");
  const held = { ...recorded.paused.header, reason: "to edit the plan" };
  expect(kernel.commands).toEqual([{ kind: "pause", reason: held.reason }]);
  await say({ ...recorded.paused, n: 2, header: held });
  await press("discard-resume");
  expect(screen.queryByTestId("draft")).toBeNull();
  expect(kernel.commands.slice(1)).toEqual([{ kind: "resume" }]);

  await say({ ...recorded.paused, n: 3, header: { ...held, reason: "lunch" } });
  await press("edit-plan");
  expect(screen.queryByTestId("discard-resume")).toBeNull();
  await press("discard");
  expect(kernel.commands).toHaveLength(2);
});

test("editing a running plan pauses it first, then sends the edits with their base revision", async () => {
  await show(recorded.running);
  await press("edit-plan");
  await say({ ...recorded.paused, n: 2 });
  expect(screen.getByTestId("draft").textContent).toContain("Draft of revision 3, no step begins");
  await say(partial(recorded.paused, 3, { header: { ...recorded.paused.header, in_flight: 0 } }));
  expect(screen.getByTestId("draft").textContent).toContain("Draft of revision 3, nothing runs");
  expect(within(screen.getByTestId("draft-load")).queryByRole("button")).toBeNull();
  await press("add-step");
  await type("new-id", "summary");
  await type("step-title", "Write a summary");
  await type("arg-path", "out/summary.md");
  await type("source-text", "top");
  await type("arg-text", "rows.0");
  await press("skip-mail");
  expect(screen.getByTestId("apply").textContent).toBe("Apply (1 new, 1 skipped)");
  await type("edit-reason", "short version");
  await press("apply");
  expect(kernel.commands).toEqual([
    { kind: "pause", reason: "to edit the plan" },
    {
      kind: "edit",
      base: "sha256:3c9a",
      reason: "short version",
      edits: [
        {
          op: "add",
          step: {
            id: "summary",
            tool: "files.write",
            args: { path: "out/summary.md", text: { $ref: "top", path: ["rows", 0] } },
            after: ["report"],
            title: "Write a summary",
          },
          before: "mail",
        },
        { op: "skip", step: "mail" },
      ],
    },
  ]);
  expect(screen.queryByTestId("draft")).toBeNull();
});

test("a refused draft stays as it is, with Python's sentence beside it", async () => {
  await show(recorded.paused);
  kernel.verdict = "Revision 4 is current, this edit starts from revision 3.";
  await press("edit-plan");
  await press("remove-mail");
  await press("apply");
  expect(screen.getByTestId("edit-error").textContent).toContain("Revision 4 is current");
  expect(screen.getByTestId("draft-mail").dataset.mark).toBe("removed");
});

test("a draft keeps its base when the plan changes meanwhile, and says that it is stale", async () => {
  await show(recorded.paused);
  await press("edit-plan");
  await press("skip-mail");
  const header = { ...recorded.paused.header, revision: 4, digest: "sha256:new" };
  await say({ ...recorded.paused, n: 2, header });
  expect(screen.getByTestId("draft-stale").textContent).toContain("revision 4");
  await press("apply");
  expect(kernel.commands[0]).toMatchObject({ base: "sha256:3c9a" });
});

test("a draft with findings cannot be applied, and discarding it sends nothing", async () => {
  await show(recorded.paused);
  await press("edit-plan");
  await press("remove-chart");
  expect(screen.getByTestId("draft-report").textContent).toContain(
    "It needs chart, which is not in the draft.",
  );
  await press("apply");
  await press("discard");
  expect(kernel.commands).toEqual([]);
  expect(screen.getByTestId("step-chart")).toBeTruthy();
});

test("a silent kernel is told calmly, with the time of what is shown", async () => {
  await show(recorded.running);
  await pass(20_000);
  expect(root().dataset.live).toBe("false");
  expect(screen.getByTestId("not-live").textContent).toMatch(/shown as of \d\d:\d\d:\d\d/);
  expect(root().textContent).toContain("was running");
});

test("a saved snapshot is shown, as such, until the kernel answers", async () => {
  render(<RunView session={session(kernel, recorded.running.header)} />);
  expect(screen.getByTestId("not-live").textContent).toContain("Saved picture as of");
  await say(recorded.running);
  expect(screen.queryByTestId("not-live")).toBeNull();
});

test("ten thousand trace rows and nine hundred steps draw only a window of them", async () => {
  await show(recorded.long);
  expect(root().querySelectorAll(".wb-row").length).toBeLessThan(100);
  expect(root().querySelectorAll(".wb-step").length).toBeLessThan(100);
  expect(screen.getByText("12,000 rows", { exact: false })).toBeTruthy();
});

test("a run that is over offers only the way back, and says what came out", async () => {
  await show(recorded.finished);
  const controls = [...screen.getByRole("toolbar").querySelectorAll("button")];
  expect(controls.map((one) => one.dataset.testid)).toEqual(["go-back"]);
  expect(screen.getByTestId("outcome").textContent).toContain("mailed to boss@example.org");
});

test("what was edited is dropped with its form, so nothing unseen is approved", async () => {
  await show({ ...recorded.manyRequests, requests: recorded.manyRequests.requests.slice(1, 2) });
  await press("edit-request");
  await type("arg-path", "/etc/passwd");
  await press("edit-request");
  await press("approve");
  expect(answers()[0]).toMatchObject({ args: null, scope: "once" });
});

test("what a person should know beforehand stands above the steps, as text, and goes when it is moot", async () => {
  await show(recorded.warned);
  const remarks = screen.getByTestId("remarks");
  expect(remarks.textContent).toContain("Before you go on");
  expect(remarks.textContent).toContain("Mail the report: cannot be undone, and may be done before report");
  expect(within(remarks).getAllByRole("listitem")).toHaveLength(2);
  const first = screen.getByTestId("step-load");
  expect(remarks.compareDocumentPosition(first) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
  await say(partial(recorded.warned, 2, { remarks: [] }));
  expect(screen.queryByTestId("remarks")).toBeNull();
});

test("a plan of which nothing has begun says so", async () => {
  const steps = recorded.warned.steps.map((step) => ({ ...step, started: null }));
  await show({ ...recorded.warned, steps });
  expect(screen.getByTestId("remarks").textContent).toContain("Before you start");
});

test("before the first step the tools held, the worst of them first, and the caps are shown; then they are gone", async () => {
  await show(recorded.held);
  const stakes = screen.getByTestId("stakes");
  expect(stakes.textContent).toContain("At worst: send_mail: irreversible, allowed (2 tools held)");
  const rows = within(stakes).getAllByRole("row").slice(1);
  expect(rows.map((row) => row.textContent)).toEqual([
    "send_mailirreversibleallowed15 red",
    "write_filelocalasked1 green",
  ]);
  expect(stakes.textContent).toContain("3000 orders_usd per day: 2500 of 3000 left");
  await say({ ...recorded.held, n: 2, steps: recorded.running.steps });
  expect(screen.queryByTestId("stakes")).toBeNull();
});
