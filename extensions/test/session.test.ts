import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { running } from "../dev/recorded.ts";
import { openSession, PING_MS, type Session } from "../src/session.ts";
import { REPLY_TIMEOUT_MS } from "../src/transport.ts";
import { FakeKernel, partial } from "./fakes.ts";

let kernel: FakeKernel;
let session: Session;
let closing: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  kernel = new FakeKernel();
  closing = new AbortController();
  session = openSession(kernel, null, closing.signal);
});
afterEach(() => {
  closing.abort();
  vi.useRealTimers();
});

test("it says hello at once, and again until the kernel answers", () => {
  expect(kernel.sent).toEqual([{ kind: "hello" }]);
  vi.advanceTimersByTime(PING_MS);
  expect(kernel.count("hello")).toBe(2);
  kernel.say(running);
  vi.advanceTimersByTime(PING_MS);
  expect(kernel.count("hello")).toBe(2);
  expect(kernel.count("ping")).toBe(1);
});

test("a gap asks for a resync once, and again with the heartbeat if that was lost too", () => {
  kernel.say(running);
  kernel.say(partial(running, 3));
  kernel.say(partial(running, 4));
  expect(kernel.count("resync")).toBe(1);
  vi.advanceTimersByTime(PING_MS);
  expect(kernel.count("resync")).toBe(2);
  kernel.say({ ...running, n: 9 });
  vi.advanceTimersByTime(PING_MS);
  expect(kernel.count("resync")).toBe(2);
});

test("the last batch of a burst, lost, is noticed by the number in the pong", () => {
  kernel.say(running);
  kernel.say({ kind: "pong", n: 1 });
  expect(kernel.count("resync")).toBe(0);
  kernel.say({ kind: "pong", n: 2 });
  expect(kernel.count("resync")).toBe(1);
});

test("after 15 seconds of silence the run is not live, and the next message makes it live again", () => {
  kernel.say(running);
  vi.advanceTimersByTime(14_000);
  expect(session.store.get().live).toBe(true);
  vi.advanceTimersByTime(1_000);
  expect(session.store.get().live).toBe(false);
  kernel.say({ kind: "pong" });
  expect(session.store.get().live).toBe(true);
});

test("a message that cannot be read changes no row and is told", () => {
  kernel.say(running);
  const { steps } = session.store.get();
  kernel.say({ kind: "batch", n: "two" });
  expect(session.store.get().steps).toBe(steps);
  expect(session.store.get().problem).toContain("n: expected a number");
  kernel.say(partial(running, 2));
  expect(session.store.get().problem).toBeNull();
});

test("a command resolves with its own reply and rejects with Python's sentence", async () => {
  await expect(session.command({ kind: "resume" })).resolves.toBeUndefined();
  kernel.verdict = "The run is over.";
  await expect(session.command({ kind: "resume" })).rejects.toThrow("The run is over.");
});

test("a reply to another page's command settles nothing here", async () => {
  kernel.verdict = undefined;
  const command = session.command({ kind: "resume" });
  const settled = vi.fn();
  command.then(settled, settled);
  kernel.say({ kind: "reply", id: 5, ok: true, error: null });
  await vi.advanceTimersByTimeAsync(100);
  expect(settled).not.toHaveBeenCalled();
  closing.abort();
  await expect(command).rejects.toThrow("The view was closed.");
});

test("a command nobody answers says so in a sentence", async () => {
  kernel.verdict = undefined;
  const command = expect(session.command({ kind: "resume" })).rejects.toThrow("No answer for 15 s");
  await vi.advanceTimersByTimeAsync(REPLY_TIMEOUT_MS);
  await command;
});

test("two pages on one comm never use the same ids", () => {
  const other = new FakeKernel();
  const otherSession = openSession(other, null, closing.signal);
  void session.command({ kind: "resume" });
  void otherSession.command({ kind: "resume" });
  const ids = [...kernel.sent, ...other.sent].flatMap((message) =>
    message.kind === "command" ? [message.id] : [],
  );
  expect(new Set(ids).size).toBe(2);
  expect(ids.every(Number.isSafeInteger)).toBe(true);
});

test("a closed view is silent", () => {
  closing.abort();
  const before = kernel.sent.length;
  vi.advanceTimersByTime(60_000);
  expect(kernel.sent).toHaveLength(before);
});
