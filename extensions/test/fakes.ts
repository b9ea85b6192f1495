/** A transport in place of the kernel: records what the page sends, says what the test tells it to. */

import type { Question } from "../src/past.ts";
import { emptyState } from "../src/store.ts";
import type { Transport } from "../src/transport.ts";
import type { Batch, Command, ToPython } from "../src/wire.ts";

export class FakeKernel implements Transport {
  readonly sent: ToPython[] = [];
  private readonly listeners = new Set<(message: unknown) => void>();
  /** What the kernel answers to a command: null accepts, a text refuses, undefined stays silent. */
  verdict: string | null | undefined = null;

  /** What it answers to a question about the past; one that throws refuses. */
  answer: (question: Question) => unknown = () => null;

  send(message: ToPython): void {
    this.sent.push(message);
    if (message.kind === "ask") this.tell(message.id, message.ask);
    if (message.kind !== "command" || this.verdict === undefined) return;
    const reply = { kind: "reply", id: message.id, ok: this.verdict === null, error: this.verdict };
    queueMicrotask(() => this.say(reply));
  }

  private tell(id: number, question: Question): void {
    let told: { answer: unknown; error: string | null };
    try {
      told = { answer: this.answer(question), error: null };
    } catch (fault) {
      told = { answer: null, error: fault instanceof Error ? fault.message : String(fault) };
    }
    queueMicrotask(() => this.say({ kind: "told", id, ...told }));
  }

  onMessage(listener: (message: unknown) => void, signal: AbortSignal): void {
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener));
  }

  say(message: unknown): void {
    for (const listener of [...this.listeners]) listener(message);
  }

  get commands(): Command[] {
    return this.sent.flatMap((message) => (message.kind === "command" ? [message.command] : []));
  }

  count(kind: ToPython["kind"]): number {
    return this.sent.filter((message) => message.kind === kind).length;
  }
}

export const nothing = emptyState();

export function partial(batch: Batch, n: number, part: Partial<Batch> = {}): Batch {
  return { ...batch, full: false, n, steps: [], trace: [], removed_steps: [], tools: [], ...part };
}
