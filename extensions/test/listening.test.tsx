/** What those who listen are told, and where the focus is when something goes. */

import { act, fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import * as recorded from "../dev/recorded.ts";
import { SPOKEN_MS } from "../src/announce.ts";
import { ARM_MS } from "../src/components/Requests.tsx";
import { RunView } from "../src/components/RunView.tsx";
import type { RequestRow, SettledRow } from "../src/wire.ts";
import { FakeKernel, partial } from "./fakes.ts";
import { kernel, pass, press, root, say, session, showArmed as show } from "./stage.tsx";

/** What is settled then is settled now, however long the tests before have taken. */
const NOW = new Date();
beforeEach(() => void vi.useFakeTimers({ now: NOW }));

const spoken = (what: string) => screen.getAllByTestId(`spoken-${what}`).map((one) => one.textContent);

const [first, second] = recorded.manyRequests.requests as [RequestRow, RequestRow];
const settled: SettledRow = {
  id: first.id,
  title: first.title,
  how: "answered",
  by: "ada",
  surface: "cli",
  verdict: "deny",
  at: NOW.toISOString(),
};
const gone = partial(recorded.running, 2, { settled: [settled] });

test("a request is said once; another one that goes does not make it be said again", async () => {
  await show(recorded.manyRequests);
  expect(spoken("request")[0]).toContain("Send a mail to boss@example.org. mail.send.");
  await pass(SPOKEN_MS);
  expect(spoken("request")).toEqual([""]);
  const left = recorded.manyRequests.requests.slice(0, 2);
  await say(partial(recorded.manyRequests, 2, { requests: left }));
  expect(spoken("request")).toEqual([""]);
});

test("two views of one run say a request and a result once between them", async () => {
  const other = new FakeKernel();
  const { rerender } = render(<RunView session={session()} />);
  await say(recorded.running);
  rerender(
    <>
      <RunView key="one" session={session()} />
      <RunView key="two" session={session(other)} />
    </>,
  );
  const both = (message: unknown) => act(async () => [kernel, other].forEach((one) => void one.say(message)));
  await both({ ...recorded.running, n: 2 });
  await both({ ...recorded.waiting, n: 3 });
  expect(spoken("request").filter((text) => text !== "")).toHaveLength(1);
  expect(spoken("state").filter((text) => text !== "")).toHaveLength(0);
  await both({ ...recorded.finished, n: 4 });
  expect(spoken("state").filter((text) => text !== "")).toHaveLength(1);
});

test("a step that ends is not said, the end of the run is", async () => {
  await show(recorded.running);
  await say(partial(recorded.running, 2, { header: { ...recorded.running.header, done: 3 } }));
  expect(spoken("state")).toEqual([""]);
  await say({ ...recorded.finished, n: 3 });
  expect(spoken("state")[0]).toBe(recorded.finished.header.text);
  await pass(SPOKEN_MS);
  expect(spoken("state")).toEqual([""]);
});

test("a question that was answered through another door says so, and by whom", async () => {
  await show(recorded.waiting);
  await say(gone);
  expect(screen.queryByTestId("request")).toBeNull();
  expect(screen.getByTestId("answered-elsewhere").textContent).toContain(
    "Send a mail to boss@example.org — answered elsewhere: refused by ada in a terminal, now.",
  );
  await say(partial(recorded.running, 3, { requests: [second] }));
  expect(screen.queryByTestId("answered-elsewhere")).toBeNull();
});

test("one's own answer is not said to come from elsewhere, unless it came too late", async () => {
  const light = { ...recorded.manyRequests, requests: recorded.manyRequests.requests.slice(1, 2) };
  const [asked] = light.requests as [RequestRow];
  const row = { ...settled, id: asked.id, title: asked.title };
  await show(light);
  await press("approve");
  await say(partial(recorded.running, 2, { settled: [{ ...row, verdict: "approve", by: "person" }] }));
  expect(screen.queryByTestId("answered-elsewhere")).toBeNull();

  await say({ ...light, n: 3, requests: [{ ...asked, id: "q9", token: "t-9" }] });
  await pass(ARM_MS);
  kernel.verdict = "This request is not open any more.";
  await press("approve");
  await say(partial(recorded.running, 4, { settled: [{ ...row, id: "q9" }] }));
  expect(screen.getByTestId("answered-elsewhere").textContent).toContain("refused by ada");
});

test("a question that became moot goes without a word; one that expired says what that means", async () => {
  await show(recorded.waiting);
  await say(partial(recorded.running, 2, { settled: [{ ...settled, how: "voided" }] }));
  expect(screen.queryByTestId("answered-elsewhere")).toBeNull();
  await say({ ...recorded.waiting, n: 3 });
  await say(partial(recorded.running, 4, { settled: [{ ...settled, how: "expired" }] }));
  expect(screen.getByTestId("answered-elsewhere").textContent).toContain("counts as a refusal");
});

test("when the card under the hands is answered elsewhere, the focus stays in the view, on no button", async () => {
  await show(recorded.waiting);
  screen.getByTestId("edit-request").focus();
  await say(gone);
  expect(document.activeElement).toBe(root());
});

test("a form that closes leaves the focus in its place", async () => {
  await show(recorded.waiting);
  await press("refuse");
  screen.getByTestId("refuse-back").focus();
  await press("refuse-back");
  expect(document.activeElement).toBe(screen.getByTestId("request"));
  await press("stop");
  screen.getByTestId("stop-text").focus();
  await act(async () => void fireEvent.keyDown(screen.getByTestId("stop-text"), { key: "Escape" }));
  expect(document.activeElement?.className).toBe("wb-controls");
});

test("no batch moves the focus, whatever it brings", async () => {
  await show(recorded.running);
  const focused = screen.getByTestId("trace-filter");
  focused.focus();
  for (const [n, run] of [recorded.waiting, recorded.inDoubt, recorded.failed, recorded.finished].entries()) {
    await say({ ...run, n: n + 2 });
    expect(document.activeElement).toBe(focused);
  }
});
