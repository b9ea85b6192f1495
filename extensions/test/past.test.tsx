import { fireEvent, screen } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { kin, pastOf, report, restored } from "../dev/past.ts";
import * as recorded from "../dev/recorded.ts";
import type { Batch, Fork } from "../src/wire.ts";
import { kernel, press, say, show, type } from "./stage.tsx";

let opened: string[];

beforeEach(() => {
  kernel.answer = pastOf();
  opened = [];
});

async function showPast(batch: Batch, part: object = {}): Promise<void> {
  kernel.answer = pastOf(part);
  await show(batch, { openRun: (run) => opened.push(run) });
  await press("go-back");
}
const past = () => screen.getByTestId("past");
const orders = () => kernel.commands;

test("nothing is asked before the way back is opened, and at most five buttons are in view", async () => {
  await show(recorded.running);
  expect(kernel.count("ask")).toBe(0);
  const resting = [...screen.getByTestId("workbench-run").querySelectorAll(".wb-button")];
  expect(resting.map((one) => one.textContent)).toHaveLength(5);
});

test("the places stand in order with their names, and one says what it holds and what it does not", async () => {
  await showPast(recorded.running);
  const names = [...past().querySelectorAll(".wb-place .wb-step-title")].map((one) => one.textContent);
  expect(names).toEqual([
    "the start",
    "after Load sales.csv",
    "after Check columns",
    "before the mail",
    "now",
  ]);
  await press("place-9");
  const holds = screen.getByTestId("place-holds").textContent ?? "";
  for (const wanted of [
    "2 variables",
    "sales",
    "1,204 rows",
    "$0.03 of $1.00",
    "3 effects",
    "open socket",
    "names that begin with _",
  ]) {
    expect(holds).toContain(wanted);
  }
});

test("an undo is previewed by effect, with honest words, before it can be ordered; then it is reported", async () => {
  await showPast(recorded.running);
  await press("place-9");
  await press("past-undo");
  const shown = screen.getByTestId("undo-preview");
  expect(shown.textContent).toContain(
    "1 will be undone, 1 will be undone, leaving traces, 1 cannot be undone",
  );
  expect(shown.textContent).toContain("will be told again: ada, grace");
  expect(shown.querySelectorAll("[data-outcome]")).toHaveLength(3);
  expect(screen.getByTestId("undo-confirm").textContent).toBe("Undo 2 of 3 effects");
  expect(orders()).toEqual([]);
  await type("undo-reason", "wrong month");
  kernel.answer = pastOf({ undone: [report] });
  await press("undo-confirm");
  expect(orders()).toEqual([{ kind: "rollback", to: 9, reason: "wrong month" }]);
  expect(screen.getByTestId("undo-report").textContent).toContain(
    "1 undone, 1 undone, with traces, 1 not undone",
  );
});

test("without the tools the preview says how far it knows", async () => {
  await showPast(recorded.running);
  const whole = pastOf();
  kernel.answer = (question) =>
    question.about === "undo" ? { ...(whole(question) as object), told_known: false } : whole(question);
  await press("place-9");
  await press("past-undo");
  expect(screen.getByTestId("undo-preview").textContent).toContain("As far as the journal knows");
});

test("variables are restored by one order, and what was changed by hand only when that is wanted", async () => {
  await showPast(recorded.running);
  await press("place-9");
  await press("past-restore");
  kernel.verdict = "Changed by hand since the run's last capture: sales.";
  await press("restore-confirm");
  expect(past().textContent).toContain("Changed by hand");
  kernel.verdict = null;
  await press("restore-overwrite");
  await press("restore-confirm");
  expect(orders()).toEqual([
    { kind: "restore", to: 9, overwrite: false },
    { kind: "restore", to: 9, overwrite: true },
  ]);
  expect(screen.getByTestId("past-said").textContent).toContain("variables have the values");
});

test("correct the past, try an alternative and change the next step are three different orders", async () => {
  await showPast(recorded.paused);
  await press("place-9");
  await press("past-correct");
  expect(screen.getByTestId("correct-confirm").getAttribute("aria-disabled")).toBe("true");
  await type("correct-value", "not JSON");
  expect(past().textContent).toContain("needs JSON");
  await type("correct-value", '"fine"');
  kernel.answer = pastOf({ family: [kin] });
  await press("correct-confirm");
  await press("past-branch");
  await press("branch-confirm");
  const [corrected, alternative] = orders() as Fork[];
  expect(corrected).toMatchObject({ kind: "fork", at: 9, paused: false, outputs: { columns: "fine" } });
  expect(alternative).toMatchObject({ kind: "fork", at: 9, paused: true, outputs: {} });
  expect(corrected?.key).not.toBe(alternative?.key);
  await press("place-now");
  await press("past-edit");
  expect(screen.getByTestId("draft").textContent).toContain("Draft of revision");
});

test("a fork is compared and opened from where it stands", async () => {
  await showPast(recorded.running, { family: [kin] });
  await press("compare");
  const shown = screen.getByTestId("comparison");
  expect(shown.textContent).toContain("1 output differs");
  expect(screen.getByTestId("compare-top").dataset.different).toBe("true");
  expect(screen.getByTestId("compare-load").textContent).toContain("done once, for both");
  await press("open-run");
  expect(opened).toEqual(["run-9k2m"]);
});

test("amend offers outputs, arguments and limits, one at a time, and only where the run is paused", async () => {
  await showPast(recorded.running);
  expect(screen.getByTestId("past-amend").getAttribute("aria-disabled")).toBe("true");
  await say({ ...recorded.paused, n: 2 });
  await press("past-amend");
  await type("amend-value", '"checked"');
  await press("amend-confirm");
  await press("past-amend");
  await type("amend-what", "an argument");
  await type("amend-name", "mail: to");
  await type("amend-value", "ada@example.org");
  await press("amend-confirm");
  await press("past-amend");
  await type("amend-what", "a limit");
  await type("amend-value", "2.5");
  await type("amend-reason", "it costs more");
  await press("amend-confirm");
  const none = { kind: "amend", outputs: {}, args: {}, limits: {}, reason: "" };
  expect(orders()).toEqual([
    { ...none, outputs: { columns: { value: "checked" } } },
    { ...none, args: { mail: { to: "ada@example.org" } } },
    { ...none, limits: { usd: 2.5 }, reason: "it costs more" },
  ]);
});

test("a fault in an answer is said, and hostile text in it stays text", async () => {
  const poison = `<img src=x onerror="globalThis.hacked=1">`;
  await showPast(recorded.running, { family: [{ ...kin, run: poison }] });
  kernel.answer = () => {
    throw new Error(poison);
  };
  await press("place-6");
  expect(past().querySelectorAll("img")).toHaveLength(0);
  expect(past().textContent).toContain(poison);
  vi.restoreAllMocks();
});

test("Escape closes a form and orders nothing", async () => {
  await showPast(recorded.running);
  await press("place-9");
  await press("past-undo");
  fireEvent.keyDown(screen.getByTestId("undo-reason"), { key: "Escape" });
  expect(screen.queryByTestId("undo")).toBeNull();
  expect(orders()).toEqual([]);
});

test("after a restoration the variables that were left alone are named, with the reason", async () => {
  await showPast(recorded.paused, { restored });
  expect(screen.getByTestId("by-hand").textContent).toBe("limit, colours");
  const said = screen.getByTestId("restored").textContent ?? "";
  for (const wanted of ["sales", "draft", "changed by hand", "it holds an open socket"]) {
    expect(said).toContain(wanted);
  }
});
