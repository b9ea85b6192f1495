import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import * as recorded from "../dev/recorded.ts";
import { RunView } from "../src/components/RunView.tsx";
import { openSession } from "../src/session.ts";
import { count } from "../src/words.ts";
import { FakeKernel } from "./fakes.ts";

const page = globalThis as { __workbenchWords?: unknown };
const closing = new AbortController();

afterEach(() => {
  closing.abort();
  cleanup();
  page.__workbenchWords = undefined;
});

const GERMAN: Readonly<Record<string, string>> = {
  Pause: "Anhalten",
  running: "läuft",
  "Edit plan": "Plan ändern",
  "%1 of %2": "%1 von %2",
};
const filled = (text: string, values: unknown[]) => text.replace(/%(\d)/g, (_, n) => String(values[n - 1]));

test("the view speaks the language of its page, in buttons, states and numbers, and English without one", async () => {
  expect(count(1, "step")).toBe("1 step");
  page.__workbenchWords = {
    __: (text: string, ...values: unknown[]) => filled(GERMAN[text] ?? text, values),
    _n: (_one: string, many: string, n: number) => `${n} ${many === "%1 steps" ? "Schritte" : many}`,
  };
  expect(count(2, "step")).toBe("2 Schritte");
  const kernel = new FakeKernel();
  render(<RunView session={openSession(kernel, null, closing.signal)} />);
  await act(async () => kernel.say(recorded.running));
  expect(screen.getByTestId("pause").textContent).toBe("Anhalten");
  expect(screen.getByTestId("edit-plan").textContent).toBe("Plan ändern");
  expect(screen.getByTestId("progress").textContent).toBe("2 von 6");
  expect(screen.getByTestId("step-top").textContent).toContain("läuft");
});
