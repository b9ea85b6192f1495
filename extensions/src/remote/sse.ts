/** Reads server-sent events out of a streamed answer; `EventSource` sends no headers, and Jupyter's token is one. */

export interface ServerEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
}

/** Collects text that arrives in pieces, and gives the events that are whole. */
export function createParser(): (piece: string) => ServerEvent[] {
  let rest = "";
  return (piece) => {
    const parts = `${rest}${piece}`.split("\n\n");
    rest = parts.pop() ?? "";
    return parts.map(read).filter((event) => event.data !== "");
  };
}

function read(block: string): ServerEvent {
  const found = { id: null as string | null, event: "message", data: "" };
  for (const line of block.split("\n")) {
    const at = line.indexOf(": ");
    const value = line.slice(at + 2);
    if (line.startsWith("id: ")) found.id = value;
    if (line.startsWith("event: ")) found.event = value;
    if (line.startsWith("data: ")) found.data += value;
  }
  return found;
}

/** What asks the Jupyter server: a path below `workbench/api`, with the page's own credentials. */
export type Ask = (path: string, init: RequestInit) => Promise<Response>;

const AGAIN_MS = [500, 1_000, 2_000, 5_000];

/** Follows a stream until `signal` fires, and takes it up again behind the last event that was heard. */
export async function follow(
  ask: Ask,
  path: string,
  hear: (event: ServerEvent) => void,
  signal: AbortSignal,
  /** Called when it cannot be had now, with why; it is tried again, but not after a 4xx. */
  lost: (status: number) => void = () => undefined,
): Promise<void> {
  let last = "";
  let failures = 0;
  while (!signal.aborted) {
    let status = 0;
    try {
      const answer = await ask(path, { signal, headers: last ? { "Last-Event-ID": last } : {} });
      status = answer.status;
      if (!answer.ok || !answer.body) throw new Error(`status ${status}`);
      const parse = createParser();
      for await (const piece of pieces(answer.body)) {
        failures = 0;
        for (const event of parse(piece)) {
          if (event.id !== null) last = event.id;
          hear(event);
        }
      }
    } catch {
      if (signal.aborted) return;
      lost(status);
      if (status >= 400 && status < 500) return;
    }
    await sleep(AGAIN_MS[Math.min(failures++, AGAIN_MS.length - 1)] ?? 0, signal);
  }
}

async function* pieces(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settled = new AbortController();
    const end = () => {
      settled.abort();
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { signal: settled.signal });
  });
}
