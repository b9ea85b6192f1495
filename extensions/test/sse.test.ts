import { expect, test } from "vitest";
import { createParser, follow } from "../src/remote/sse.ts";

function streamed(...pieces: string[]): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(encoder.encode(piece));
      controller.close();
    },
  });
  return new Response(body);
}

test("an event that comes in pieces is given once it is whole", () => {
  const parse = createParser();
  expect(parse("id: 1.2\nevent: ba")).toEqual([]);
  expect(parse('tch\ndata: {"n":1}\n')).toEqual([]);
  expect(parse("\nevent: beat\ndata: {}\n\n")).toEqual([
    { id: "1.2", event: "batch", data: '{"n":1}' },
    { id: null, event: "beat", data: "{}" },
  ]);
});

test("a stream that ends is taken up again behind the last event with an id", async () => {
  const closing = new AbortController();
  const asked: (string | undefined)[] = [];
  const heard: string[] = [];
  const answers = [streamed("id: 7\ndata: a\n\n", "data: b\n\n"), streamed("id: 8\ndata: c\n\n")];
  await follow(
    (_path, init) => {
      asked.push((init.headers as Record<string, string>)["Last-Event-ID"]);
      return Promise.resolve(answers.shift() ?? new Response("", { status: 404 }));
    },
    "/x",
    (event) => heard.push(event.data),
    closing.signal,
  );
  expect(heard).toEqual(["a", "b", "c"]);
  expect(asked).toEqual([undefined, "7", "8"]);
});
