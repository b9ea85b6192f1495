/** The frozen corpus, folded here from its batches, and by Python from its events: both must agree. */

import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import pages from "../../tests/golden/pages.json?raw";
import { RunView } from "../src/components/RunView.tsx";
import { openSession } from "../src/session.ts";
import { apply, emptyState, type RunState } from "../src/store.ts";
import { type Batch, readMessage, type TraceRow } from "../src/wire.ts";
import { runSentence, STEP_SIGNS } from "../src/words.ts";
import { FakeKernel } from "./fakes.ts";

const golden: Record<string, { batches: unknown[]; full: unknown }> = JSON.parse(pages);
const runs = Object.entries(golden);

function read(message: unknown): Batch {
  const batch = readMessage(message);
  if (batch?.kind !== "batch") throw new Error("the corpus has batches only");
  return batch;
}

/** What a page shows, without what only says how it came by it; a full batch has no details here. */
function shown({ header, steps, trace, requests, remarks }: RunState) {
  const brief = (row: TraceRow) => ({ ...row, detail: "" });
  return { header, steps, trace: trace.map(brief), requests, remarks };
}

afterEach(cleanup);

test("the corpus has runs in every kind of state", () => {
  const states = new Set(runs.map(([, run]) => read(run.full).header.state));
  for (const state of ["succeeded", "failed", "stopped", "abandoned", "waiting", "paused"] as const) {
    expect(states).toContain(state);
  }
});

test.each(runs)("%s: batch after batch the page comes to what Python says all at once", (_name, run) => {
  const folded = run.batches.map(read).reduce(apply, emptyState());
  expect(folded.behind).toBe(false);
  expect(shown(folded)).toEqual(shown(apply(emptyState(), read(run.full))));
});

test.each(runs)("%s: nothing that Python sends is dropped on the way in", (_name, run) => {
  for (const batch of run.batches) expect(read(batch)).toEqual(batch);
});

test.each(runs)("%s: it is drawn as Python tells it", async (_name, run) => {
  const closing = new AbortController();
  const kernel = new FakeKernel();
  render(<RunView session={openSession(kernel, null, closing.signal)} />);
  await act(async () => kernel.say(run.full));
  const { header, steps, trace, requests } = read(run.full);
  const root = screen.getByTestId("workbench-run");
  expect(root.dataset.state).toBe(header.state);
  expect(root.textContent).toContain(runSentence(header));
  for (const step of steps) {
    const row = screen.getByTestId(`step-${step.id}`);
    expect(row.textContent).toContain(step.title || step.id);
    expect(row.textContent).toContain(STEP_SIGNS[step.state].word);
  }
  expect(screen.queryAllByTestId(/^trace-\d+$/)).toHaveLength(trace.length);
  expect(screen.queryAllByTestId("request")).toHaveLength(requests.length);
  closing.abort();
});
