/** What a page says while the Jupyter server does not give it the run. */

import { render, screen } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import * as recorded from "../dev/recorded.ts";
import { RunView } from "../src/components/RunView.tsx";
import { pass, root, say, session } from "./stage.tsx";

beforeEach(() => void vi.useFakeTimers());

test("a server that cannot give the run is named, with what it said, until it can", async () => {
  render(<RunView session={session()} />);
  expect(root().textContent).toBe("Asking for this run…");
  await say({ kind: "lost", status: 500 });
  expect(root().textContent).toContain("The Jupyter server cannot show this run now (500)");
  await say({ kind: "lost", status: 404 });
  expect(root().textContent).toContain("This run is not there any more");
  await say(recorded.running);
  expect(root().textContent).not.toContain("not there any more");
  await say({ kind: "lost", status: 0 });
  await pass(20_000);
  expect(screen.getByTestId("not-live").textContent).toMatch(/Shown as of .* does not answer/);
});
