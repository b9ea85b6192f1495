/** Orders over the server: a connection that drops orders nothing twice. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Ask } from "../src/remote/sse.ts";
import { NoRoad, serverTransport, tryToGive } from "../src/remote/transport.ts";

const place = { journal: "j", run: "r" };
const order = { kind: "command", id: 7, command: { kind: "resume" } } as const;
let bodies: unknown[];

beforeEach(() => {
  vi.useFakeTimers();
  bodies = [];
});
afterEach(() => vi.useRealTimers());

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
  expect(await settle(tryToGive(losing(2), place, order, "widget"))).toBeNull();
  expect(bodies).toHaveLength(3);
  expect(new Set(bodies.map((body) => (body as { id: string }).id))).toEqual(new Set(["7"]));
});

test("where the server stays silent, or may not, another road has to be tried", async () => {
  expect(await settle(tryToGive(losing(9), place, order, "widget"))).toBeInstanceOf(NoRoad);
  expect(await settle(tryToGive(losing(0, 403), place, order, "widget"))).toBeInstanceOf(NoRoad);
  bodies = [];
  expect(await settle(tryToGive(losing(0, 409), place, order, "widget"))).toBe("no");
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
