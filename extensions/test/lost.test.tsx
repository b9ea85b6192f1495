/** What a page says while the Jupyter server does not give it the run. */

import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as recorded from "../dev/recorded.ts";
import { RunView } from "../src/components/RunView.tsx";
import { openSession } from "../src/session.ts";
import { FakeKernel } from "./fakes.ts";

let kernel: FakeKernel;
let closing: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  kernel = new FakeKernel();
  closing = new AbortController();
});
afterEach(() => {
  closing.abort();
  cleanup();
  vi.useRealTimers();
});

const say = (message: unknown) => act(async () => kernel.say(message));
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
const root = () => screen.getByTestId("workbench-run");

test("a server that cannot give the run is named, with what it said, until it can", async () => {
  render(<RunView session={openSession(kernel, null, closing.signal)} />);
  expect(root().textContent).toBe("Asking for this run…");
  await say({ kind: "lost", status: 500 });
  expect(root().textContent).toContain("The Jupyter server cannot show this run now (500)");
  await say({ kind: "lost", status: 404 });
  expect(root().textContent).toContain("This run is not there any more");
  await say(recorded.running);
  expect(root().textContent).not.toContain("not there any more");
  await say({ kind: "lost", status: 0 });
  await pass(20_000);
  expect(screen.getByTestId("not-live").textContent).toMatch(/Shown as of .* does not answer/);
});
