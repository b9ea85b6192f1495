import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import * as recorded from "../dev/recorded.ts";
import { RunView } from "../src/components/RunView.tsx";
import { readSaved, savedSession } from "../src/saved.ts";

afterEach(cleanup);

const picture = (part: object = {}) => ({
  version: 1,
  journal: "0123456789abcdef",
  left_out: { steps: 412, events: 3 },
  batch: { ...recorded.waiting, header: { ...recorded.waiting.header, run: "run-7f2k" } },
  ...part,
});

test("what is no picture, or a newer one, is not read", () => {
  expect(readSaved(undefined)).toBeNull();
  expect(readSaved(picture({ version: 2 }))).toBeNull();
  expect(readSaved(picture({ batch: { kind: "reply", id: 1, ok: true, error: null } }))).toBeNull();
  expect(readSaved(picture())?.batch.steps).toHaveLength(6);
});

test("names that we do not give never become an address", () => {
  expect(readSaved(picture())?.place).toEqual({ journal: "0123456789abcdef", run: "run-7f2k" });
  expect(readSaved(picture({ journal: "../../contents" }))?.place).toBeNull();
});

test("a saved run shows plan and trace, says of when it is and what it leaves out, and takes no order", () => {
  const freeze = { id: "rule-1", what: "writes", tool: "", why: "", by: "ada", at: "2026-01-05T09:00:00Z" };
  const saved = readSaved(picture({ batch: { ...recorded.waiting, frozen: [freeze] } }));
  if (!saved) throw new Error("not read");
  render(<RunView session={savedSession(saved, null)} />);
  const root = screen.getByTestId("workbench-run");
  expect(screen.getByTestId("frozen").textContent).toContain("no writes");
  expect(root.dataset.live).toBe("false");
  expect(screen.getByTestId("saved").textContent).toContain("no kernel");
  expect(screen.getByTestId("saved").textContent).toContain("412 more steps and 3 earlier events");
  expect(screen.getByTestId("saved-request").textContent).toContain("boss@example.org");
  expect(root.textContent).toContain("waited for you");
  const orders = [...root.querySelectorAll("button")].filter(
    (one) => !/^(step|trace)-/.test(one.dataset.testid ?? ""),
  );
  expect(orders).toEqual([]);
});

test("where the run itself can be had, one press asks for it", async () => {
  const saved = readSaved(picture());
  if (!saved) throw new Error("not read");
  let pressed = 0;
  render(<RunView session={savedSession(saved, () => pressed++)} />);
  await act(async () => screen.getByTestId("follow").click());
  expect(pressed).toBe(1);
});

test("a hostile picture is shown as text", () => {
  const poison = `<img src=x onerror="globalThis.hacked=1">`;
  const saved = readSaved(picture({ batch: recorded.hostile(poison) }));
  if (!saved) throw new Error("not read");
  render(<RunView session={savedSession(saved, null)} />);
  const root = screen.getByTestId("workbench-run");
  expect(root.querySelectorAll("img, script")).toHaveLength(0);
  expect(root.textContent).toContain(poison);
});
