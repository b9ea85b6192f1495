import { cleanup, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import * as recorded from "../dev/recorded.ts";
import type { Answer } from "../src/wire.ts";
import { kernel, press, show } from "./stage.tsx";

const answers = () => kernel.commands.filter((command): command is Answer => command.kind === "answer");

test("a refusal that freezes names the tool and says what it does to every run", async () => {
  const [request] = recorded.waiting.requests;
  const tool = request?.tool ?? "";
  await show(recorded.waiting);
  await press("refuse");
  expect(screen.queryByTestId("refuse-does")).toBeNull();
  await press("refuse-freeze");
  expect(screen.getByTestId("refuse-freeze").closest("label")?.textContent).toBe(
    `hold the run and freeze ${tool}`,
  );
  expect(screen.getByTestId("refuse-does").textContent).toContain(`no run of this journal calls ${tool}`);
  await press("refuse-confirm");
  expect(answers()[0]?.then).toBe("freeze");
});

test("what is refused has only the ways on that there are", async () => {
  const [request] = recorded.waiting.requests;
  if (!request) throw new Error("no request was recorded");
  const offered = async (change: Partial<typeof request>) => {
    await show({ ...recorded.waiting, requests: [{ ...request, id: change.kind ?? "", ...change }] });
    await press("refuse");
    const ways = ["continue", "replan", "freeze", "stop"].filter((way) =>
      screen.queryByTestId(`refuse-${way}`),
    );
    await press("refuse-confirm");
    cleanup();
    return [ways, answers().at(-1)?.then];
  };
  expect(await offered({ kind: "question", tool: "" })).toEqual([["stop"], "stop"]);
  expect(await offered({ kind: "proposal", tool: "" })).toEqual([["continue", "replan", "stop"], "continue"]);
});
