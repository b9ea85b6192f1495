/** Orders over the server: a connection that drops orders nothing twice. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createInstead, SILENCE_MS } from "../src/remote/instead.ts";
import type { Ask } from "../src/remote/sse.ts";
import { NoRoad, pathOf, serverTransport, tryToGive } from "../src/remote/transport.ts";

const place = { journal: "j", run: "r" };
const path = pathOf(place);
const order = { kind: "command", id: 7, command: { kind: "resume" } } as const;
let bodies: unknown[];

beforeEach(() => {
  vi.useFakeTimers();
  bodies = [];
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A server whose answers are lost so many times, though it hears everything. */
function losing(times: number, status = 200): Ask {
  return async (_path, init) => {
    bodies.push(JSON.parse(String(init.body)));
    if (bodies.length <= times) throw new TypeError("the connection was reset");
    return new Response(JSON.stringify({ carried_out: true, message: "no" }), { status });
  };
}

async function settle<T>(promise: Promise<T>): Promise<T | Error> {
  const settled = promise.catch((error: Error) => error);
  await vi.runAllTimersAsync();
  return settled;
}

test("an order whose answer was lost is sent again under the same id", async () => {
  expect(await settle(tryToGive(losing(2), path, order, "widget"))).toBeNull();
  expect(bodies).toHaveLength(3);
  expect(new Set(bodies.map((body) => (body as { id: string }).id))).toEqual(new Set(["7"]));
});

test("where the server stays silent, or may not, another road has to be tried", async () => {
  expect(await settle(tryToGive(losing(9), path, order, "widget"))).toBeInstanceOf(NoRoad);
  expect(await settle(tryToGive(losing(0, 403), path, order, "widget"))).toBeInstanceOf(NoRoad);
  bodies = [];
  expect(await settle(tryToGive(losing(0, 409), path, order, "widget"))).toBe("no");
  expect(bodies).toHaveLength(1);
});

test("the panel says what became of its order, also when nobody answers", async () => {
  const heard: unknown[] = [];
  const closing = new AbortController();
  const transport = serverTransport(losing(9), place);
  transport.onMessage((message) => heard.push(message), closing.signal);
  transport.send(order);
  await vi.runAllTimersAsync();
  expect(heard).toMatchObject([{ kind: "reply", id: 7, ok: false }]);
  closing.abort();
});

/** A road over the server: what is sent on it, and a way to speak. */
function fakeRoad() {
  const sent: string[] = [];
  const listeners = new Set<(message: unknown) => void>();
  const road = {
    send: ({ kind }: { kind: string }) => void sent.push(kind),
    onMessage(listener: (message: unknown) => void, signal: AbortSignal) {
      listeners.add(listener);
      signal.addEventListener("abort", () => listeners.delete(listener));
    },
  };
  return { road, sent, listeners };
}

test("while the kernel keeps silent the server is followed, until the kernel sends all anew", () => {
  const closing = new AbortController();
  const { road, sent, listeners } = fakeRoad();
  const told: unknown[] = [];
  const resync = vi.fn();
  const instead = createInstead(road, (message) => told.push(message), resync, closing.signal);
  instead.asked({ kind: "hello" });
  expect(instead.heard({ kind: "batch", full: true })).toBe(true);
  vi.advanceTimersByTime(SILENCE_MS * 2);
  expect(sent).toEqual([]);
  instead.asked({ kind: "ping" });
  vi.advanceTimersByTime(SILENCE_MS);
  expect(sent).toEqual(["hello"]);
  for (const listener of listeners) listener("from the server");
  expect(told).toEqual(["from the server"]);
  expect(instead.heard({ kind: "pong", n: 3 })).toBe(false);
  expect(instead.heard({ kind: "batch", full: false })).toBe(false);
  expect(resync).toHaveBeenCalledTimes(2);
  expect(instead.heard({ kind: "reply", id: 1 })).toBe(true);
  expect(instead.heard({ kind: "batch", full: true })).toBe(true);
  expect(listeners.size).toBe(0);
  closing.abort();
});

test("a cell's view of a run that is over keeps no stream open, and orders take it up again", async () => {
  const closing = new AbortController();
  const streams: AbortSignal[] = [];
  const events = ['data: {"kind":"batch","header":{"state":"succeeded"}}', 'data: {"kind":"pong"}'];
  const ask: Ask = async (path, init) => {
    if (!path.endsWith("/stream")) return new Response(JSON.stringify({ carried_out: true }));
    if (init.signal) streams.push(init.signal);
    return new Response(`${events.join("\n\n")}\n\n`);
  };
  const heard: unknown[] = [];
  const transport = serverTransport(ask, place, "widget");
  transport.onMessage((message) => heard.push(message), closing.signal);
  transport.send({ kind: "hello" });
  await vi.advanceTimersByTimeAsync(10);
  expect(streams.map((signal) => signal.aborted)).toEqual([true]);
  transport.send({ kind: "ping" });
  expect(heard.at(-1)).toEqual({ kind: "pong", n: null, driven: null });
  transport.send(order);
  await vi.advanceTimersByTimeAsync(10);
  expect(streams).toHaveLength(2);
  closing.abort();
});

test("a cell's view of a run that is over hears of a freeze, and of its end, when the page hears of news", async () => {
  const closing = new AbortController();
  const news = new Set<() => void>();
  vi.stubGlobal("__workbenchNews", (listener: () => void) => {
    news.add(listener);
    return () => news.delete(listener);
  });
  let freezes: object[] = [];
  const asked: string[] = [];
  const ask: Ask = async (path) => {
    asked.push(path);
    if (path === "/freezes") return new Response(JSON.stringify({ freezes }));
    const batch = { kind: "batch", header: { state: "succeeded" }, frozen: freezes };
    return new Response(`data: ${JSON.stringify(batch)}\n\ndata: {"kind":"pong"}\n\n`);
  };
  const heard: unknown[] = [];
  const transport = serverTransport(ask, place, "widget");
  transport.onMessage((message) => heard.push(message), closing.signal);
  transport.send({ kind: "hello" });
  const told = async () => {
    asked.length = 0;
    for (const listener of news) listener();
    await vi.advanceTimersByTimeAsync(10);
    return asked;
  };
  await vi.advanceTimersByTimeAsync(10);
  expect(await told()).toEqual(["/freezes"]);
  const freeze = {
    id: "rule-1",
    what: "writes",
    tool: "",
    why: "",
    by: "person",
    at: "2026-01-05T09:00:00Z",
  };
  const at = (journal: string) => ({ ...freeze, journal, journal_name: `${journal}.db` });
  freezes = [at("another")];
  expect(await told()).toEqual(["/freezes"]);
  for (const now of [[at("j")], []]) {
    freezes = now;
    expect(await told()).toEqual(["/freezes", "/journals/j/runs/r/stream"]);
    expect(heard.findLast((one) => (one as { kind: string }).kind === "batch")).toMatchObject({
      frozen: now,
    });
  }
  closing.abort();
  expect(news.size).toBe(0);
});

test("a server that cannot give the run says so, and is asked again; a run that is gone is not", async () => {
  for (const [status, times] of [
    [500, 2],
    [404, 1],
  ] as const) {
    const closing = new AbortController();
    let asked = 0;
    const transport = serverTransport(async () => new Response(`${++asked}`, { status }), place);
    const heard: unknown[] = [];
    transport.onMessage((message) => heard.push(message), closing.signal);
    transport.send({ kind: "hello" });
    await vi.advanceTimersByTimeAsync(900);
    expect(heard).toEqual(Array(times).fill({ kind: "lost", status }));
    expect(asked).toBe(times);
    closing.abort();
  }
});
