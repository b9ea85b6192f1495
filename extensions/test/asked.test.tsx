/** What a server of somebody else asks during a call: its question is what a person reads first. */

import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { askedRequest } from "../dev/requests.ts";
import { RequestFacts } from "../src/components/RequestFacts.tsx";

afterEach(cleanup);

test("the question stands first and is not folded, however long; the form has the defaults", () => {
  const question = `asks: ${"Where will you pick it up? ".repeat(30)}`;
  const { container } = render(<RequestFacts request={{ ...askedRequest, evidence: question }} />);
  expect(container.querySelector(".wb-fact")?.textContent).toContain("Where will you pick it up?");
  expect(container.querySelector("details")?.open).toBe(true);
  expect(screen.queryByText("days")).toBeNull();
});
