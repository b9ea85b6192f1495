import { afterEach, beforeEach, expect, test, vi } from "vitest";
import loader from "../src/loader.ts";

type Listener = (message: unknown) => void;

class FakeModel {
  readonly asked: unknown[] = [];
  private readonly listeners = new Set<Listener>();
  constructor(readonly digest: string) {}
  get = (): string => this.digest;
  send = (message: unknown): void => void this.asked.push(message);
  on = (_event: string, listener: Listener): void => void this.listeners.add(listener);
  off = (_event: string, listener: Listener): void => void this.listeners.delete(listener);
  say(message: unknown): void {
    for (const listener of [...this.listeners]) listener(message);
  }
  get listening(): number {
    return this.listeners.size;
  }
}

const VIEW = `export default { render({ el }) { el.textContent = "the view"; } }`;

function show(model: FakeModel): { el: HTMLElement; shown: Promise<unknown> } {
  const el = document.createElement("div");
  document.body.append(el);
  // The loader uses five methods of a model, all of which the fake has.
  const rendering = { model, el, signal: new AbortController().signal } as unknown as Parameters<
    typeof loader.render
  >[0];
  return { el, shown: loader.render(rendering) };
}

beforeEach(() => {
  vi.useFakeTimers();
  // Node cannot import a blob; a data URL takes the same road through the loader.
  vi.spyOn(URL, "createObjectURL").mockReturnValue(`data:text/javascript,${encodeURIComponent(VIEW)}`);
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
  document.head.replaceChildren();
});

test("two widgets of a page ask once, share the bundle and add its style once", async () => {
  const model = new FakeModel("one");
  const first = show(model);
  const second = show(new FakeModel("one"));
  expect(first.el.textContent).toContain("Loading the view of this run");
  expect(model.asked).toEqual([{ kind: "bundle" }]);
  model.say({ kind: "bundle", digest: "one", text: VIEW, css: ".wb-root {}" });
  await Promise.all([first.shown, second.shown]);
  expect(first.el.textContent).toBe("the view");
  expect(second.el.textContent).toBe("the view");
  expect(document.head.querySelectorAll("style")).toHaveLength(1);
  expect(model.listening).toBe(0);
});

test("it asks again while nobody answers, and takes no bundle of another digest", async () => {
  const model = new FakeModel("two");
  const { el } = show(model);
  vi.advanceTimersByTime(4_100);
  expect(model.asked).toHaveLength(3);
  model.say({ kind: "bundle", digest: "other", text: VIEW, css: "" });
  await vi.advanceTimersByTimeAsync(10);
  expect(el.textContent).toContain("Loading");
});

test("a kernel that never answers leads to one readable sentence and a button that tries again", async () => {
  const model = new FakeModel("three");
  const { el, shown } = show(model);
  await vi.advanceTimersByTimeAsync(30_000);
  await shown;
  expect(el.textContent).toContain(
    "The view could not be loaded. The kernel did not send the view for 30 s.",
  );
  const before = model.asked.length;
  el.querySelector("button")?.click();
  expect(model.asked).toHaveLength(before + 1);
  expect(el.textContent).toContain("Loading");
});
