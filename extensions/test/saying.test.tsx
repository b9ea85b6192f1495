import { screen } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { pastOf } from "../dev/past.ts";
import * as recorded from "../dev/recorded.ts";
import { kernel, press, say, show, text, type, unfold } from "./stage.tsx";

beforeEach(() => {
  kernel.answer = pastOf();
});

test("a comment on a step asks the planner, and holds what comes of it unless that is not wanted", async () => {
  await show(recorded.running);
  await press("step-chart");
  await press("comment-step");
  expect(screen.getByTestId("comment-confirm").getAttribute("aria-disabled")).toBe("true");
  await type("comment-text", "  bars, not lines ");
  await press("comment-confirm");
  expect(text("step-said")).toContain("the planner is asked");
  await press("comment-step");
  await type("comment-text", "for later");
  await press("comment-replan");
  expect(screen.queryByTestId("comment-review")).toBeNull();
  await press("comment-confirm");
  expect(kernel.commands).toEqual([
    { kind: "comment", text: "bars, not lines", step: "chart", replan: true, review: true },
    { kind: "comment", text: "for later", step: "chart", replan: false, review: false },
  ]);
});

test("a step is refused before it has begun, and not after", async () => {
  await show(recorded.paused);
  await press("step-load");
  expect(screen.queryByTestId("refuse-step")).toBeNull();
  await press("step-mail");
  await press("refuse-step");
  expect(text("refuse-step-form")).toContain("The planner is asked when you resume.");
  await type("refuse-step-text", "nobody reads it");
  await press("refuse-step-review");
  await press("refuse-step-confirm");
  expect(kernel.commands).toEqual([
    { kind: "refuse", step: "mail", reason: "nobody reads it", review: false },
  ]);
});

test("what was typed stays when the kernel refuses it", async () => {
  kernel.verdict = "The plan has no step 'chart'.";
  await show(recorded.running);
  await press("step-chart");
  await press("comment-step");
  await type("comment-text", "bars");
  await press("comment-confirm");
  expect(text("comment-form")).toContain("The plan has no step 'chart'.");
  expect((screen.getByTestId("comment-text") as HTMLTextAreaElement).value).toBe("bars");
});

test("a refusal at the request that plans anew holds the new plan", async () => {
  await show(recorded.waiting);
  await press("refuse");
  await press("refuse-replan");
  expect((screen.getByTestId("refuse-review") as HTMLInputElement).checked).toBe(true);
  await press("refuse-confirm");
  // biome-ignore lint/suspicious/noThenProperty: the wire names it so
  expect(kernel.commands[0]).toMatchObject({ verdict: "deny", then: "replan", review: true });
});

test("a run that is held shows the difference at once; else it is folded, and asks for nothing", async () => {
  await show(recorded.running);
  expect(kernel.count("ask")).toBe(0);
  await say({ ...recorded.held4you, n: 2, full: true });
  expect(text("changes-sum")).toContain("1 new, 1 changed, 1 removed, by planner builtin");
  expect(text("changed-top")).toContain("output of load");
  expect(screen.getByTestId("changed-mail").querySelector("del")).not.toBeNull();
});

test("a revision that comes while one looks on is opened", async () => {
  await show(recorded.running);
  const header = { ...recorded.running.header, revision: 4 };
  await say({ ...recorded.running, n: 2, header });
  expect(text("changes")).toContain("What revision 4 changed");
  expect(text("changes-sum")).toContain("by planner builtin");
});

test("who may not see the run's past reads why, and not an empty place", async () => {
  kernel.answer = () => {
    throw new Error("What a run has done is shown to who may see all of it.");
  };
  await show(recorded.held4you);
  await press("go-back");
  await unfold("terms");
  for (const place of ["changes", "past", "terms"]) expect(text(place)).toContain("may see all of it");
});

test("autonomy, limits, rights and decisions each send their order, and only when something differs", async () => {
  await show(recorded.running);
  await unfold("terms");
  expect(screen.getByTestId("autonomy-set").getAttribute("aria-disabled")).toBe("true");
  await type("autonomy-choice", "ask");
  await press("autonomy-set");
  await type("limit-usd-to", "much");
  expect(screen.getByTestId("limit-usd-set").getAttribute("aria-disabled")).toBe("true");
  await type("limit-usd-to", "2.5");
  await press("limit-usd-set");
  expect(screen.queryByTestId("revoke-grant-2")).toBeNull();
  await press("revoke-grant-1");
  expect(text("decisions")).toContain("year: 2008 by planner builtin; against an earlier one");
  await type("decide-subject", "currency");
  await type("decide-choice", "euro");
  await press("decide-confirm");
  expect(kernel.commands).toEqual([
    { kind: "autonomy", to: "ask" },
    { kind: "raise", unit: "usd", to: 2.5 },
    { kind: "revoke", grant: "grant-1", reason: "" },
    { kind: "decide", subject: "currency", choice: "euro", why: "" },
  ]);
});

test("a run that has ended shows its terms, and takes no order", async () => {
  await show(recorded.finished);
  await unfold("terms");
  expect(text("autonomy")).toContain("asks by class of risk");
  expect(screen.getByTestId("terms").querySelectorAll("button, input, select")).toHaveLength(0);
  expect(screen.queryByTestId("say-plan")).toBeNull();
});

test("stopping as pointless is abandoning", async () => {
  await show(recorded.paused);
  await press("stop");
  await press("stop-pointless");
  await type("stop-text", "the table is empty");
  await press("stop-confirm");
  expect(kernel.commands).toEqual([{ kind: "abandon", reason: "the table is empty" }]);
});
