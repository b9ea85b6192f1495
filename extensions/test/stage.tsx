/** The view of a run on a page of its own for each test, with a kernel that the test plays, and hands to press its buttons. */

import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, vi } from "vitest";
import { ARM_MS } from "../src/components/Requests.tsx";
import { RunView } from "../src/components/RunView.tsx";
import { openSession, type Session } from "../src/session.ts";
import type { Batch, Header } from "../src/wire.ts";
import { FakeKernel } from "./fakes.ts";

export let kernel: FakeKernel;
let closing: AbortController;

beforeEach(() => {
  kernel = new FakeKernel();
  closing = new AbortController();
  (globalThis as { __workbenchSaid?: unknown }).__workbenchSaid = undefined;
});
afterEach(() => {
  closing.abort();
  cleanup();
  localStorage.clear();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

export const session = (of = kernel, snapshot: Header | null = null): Session =>
  openSession(of, snapshot, closing.signal);

export async function show(batch: Batch, part: Partial<Session> = {}): Promise<void> {
  render(<RunView session={{ ...session(), ...part }} />);
  await say(batch);
}

/** Until what asks can be answered. */
export async function showArmed(batch: Batch): Promise<void> {
  await show(batch);
  await pass(ARM_MS);
}

export const say = (message: unknown) => act(async () => kernel.say(message));
export const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
export const press = (testId: string) => act(async () => void fireEvent.click(screen.getByTestId(testId)));
export const type = (testId: string, value: string) =>
  act(async () => void fireEvent.change(screen.getByTestId(testId), { target: { value } }));
export const text = (testId: string) => screen.getByTestId(testId).textContent ?? "";
export const unfold = (testId: string) =>
  act(async () => {
    const details = screen.getByTestId(testId) as HTMLDetailsElement;
    details.open = true;
    fireEvent(details, new Event("toggle"));
  });
export const root = () => screen.getByTestId("workbench-run");
