import { expect, test } from "vitest";
import * as recorded from "../dev/recorded.ts";
import { readMessage, readSnapshot } from "../src/wire.ts";

test("every recorded run passes the boundary unchanged", () => {
  for (const batch of [recorded.running, recorded.waiting, recorded.manyRequests, recorded.inDoubt]) {
    expect(readMessage(JSON.parse(JSON.stringify(batch)))).toEqual(batch);
  }
});

test("a message that does not fit names the place and what was expected there", () => {
  const bad = JSON.parse(JSON.stringify(recorded.running));
  bad.steps[3].state = "<b>exploded</b>";
  expect(() => readMessage(bad)).toThrow(
    /steps\[3\]\.state: expected one of pending, .* got "<b>exploded<\/b>"/,
  );
  expect(() => readMessage({ kind: "reply", id: "7", ok: true })).toThrow("id: expected a number");
  expect(() => readMessage("batch")).toThrow("expected an object");
});

test("an unknown kind is left to others, and unknown fields are dropped", () => {
  expect(readMessage({ kind: "bundle", text: "" })).toBeNull();
  expect(readMessage({ kind: "pong", extra: 1 })).toEqual({ kind: "pong", n: null, driven: null });
  expect(readMessage({ kind: "toString" })).toBeNull();
});

test("a snapshot that is no header is no snapshot", () => {
  expect(readSnapshot({})).toBeNull();
  expect(readSnapshot(recorded.running.header)).toEqual(recorded.running.header);
});
