import { act, cleanup, fireEvent, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import * as recorded from "../dev/recorded.ts";
import { startDraft } from "../src/draft.ts";
import { toEdits } from "../src/edits.ts";
import { cardsOf, spokenOf } from "../src/face.ts";
import { joinFault, joinSteps, partFault, partSteps } from "../src/joins.ts";
import { type Box, CARD_WIDTH, layOut, lineId } from "../src/layout.ts";
import { firstView, READABLE, shownView } from "../src/viewport.ts";
import type { Batch } from "../src/wire.ts";
import { partial } from "./fakes.ts";
import { kernel, press, say, show } from "./stage.tsx";

const keys = (...names: string[]) =>
  names.reduce(
    (before, key) => before.then(() => act(async () => void fireEvent.keyDown(flow(), { key }))),
    Promise.resolve(),
  );
const flow = () => screen.getByTestId("rf__wrapper");
const pressed = () => document.querySelector<HTMLElement>("[aria-pressed=true]")?.dataset.testid;
const current = () => document.querySelector<HTMLElement>("[data-current=true]")?.dataset.testid;
const chosen = () => kernel.sent.flatMap((one) => (one.kind === "select" ? [one.step] : []));

async function showGraph(batch: Batch): Promise<void> {
  localStorage.setItem("workbench-plan-look", "graph");
  await show(batch);
}

const chain = (n: number): Box[] =>
  Array.from({ length: n }, (_, i) => ({ id: `${i}`, needs: i ? [`${i - 1}`] : [], height: 50 }));
const wide: Box[] = [
  { id: "a", needs: [], height: 50 },
  ...Array.from({ length: 9 }, (_, i) => ({ id: `p${i}`, needs: ["a"], height: 50 + i })),
  { id: "z", needs: ["a", ...Array.from({ length: 9 }, (_, i) => `p${i}`), "not there"], height: 50 },
];

test.each([
  ["a chain", chain(30)],
  ["branches", wide],
  ["free steps", chain(30).map((box) => ({ ...box, needs: [] }))],
])(
  "%s: each line leads down, no card lies on another, and four at most stand side by side",
  (_name, boxes) => {
    const { places, routes, width, height } = layOut(boxes);
    expect(places.size).toBe(boxes.length);
    for (const { id, needs } of boxes) {
      for (const from of needs.filter((one) => places.has(one))) {
        const route = routes.get(lineId(from, id)) ?? [];
        expect(route.length).toBeGreaterThan(1);
        expect(route.map((point) => point.y)).toEqual(
          route.map((point) => point.y).toSorted((a, b) => a - b),
        );
        expect(places.get(id)?.layer).toBeGreaterThan(places.get(from)?.layer ?? Infinity);
      }
    }
    const all = [...places.values()];
    for (const one of all) {
      expect(one.x >= 0 && one.x + CARD_WIDTH <= width && one.y >= 0 && one.y + one.height <= height).toBe(
        true,
      );
      const beside = all.filter((other) => other.layer === one.layer);
      expect(beside.length).toBeLessThanOrEqual(4);
      expect(beside.every((b) => b === one || Math.abs(b.x - one.x) > CARD_WIDTH)).toBe(true);
    }
  },
);

test("a chain is one straight column, whatever else waits for its first step", () => {
  const { places } = layOut(
    chain(40).map((box, i) => (i > 1 ? { ...box, needs: [...box.needs, "0"] } : box)),
  );
  expect(new Set([...places.values()].map((place) => place.x)).size).toBe(1);
});

test("steps that wait for each other, and very long plans, are laid out too", () => {
  const ring = chain(3).map((box) => (box.id === "0" ? { ...box, needs: ["2"] } : box));
  expect(layOut(ring).places.size).toBe(3);
  expect(layOut(chain(3000)).places.size).toBe(3000);
  expect(layOut([])).toMatchObject({ width: 0, height: 0 });
});

test("a small graph is seen whole; a large one begins, large enough to read, where the work is", () => {
  const size = { width: 500, height: 400 };
  const small = firstView(layOut(chain(4)), size, undefined);
  expect(small).toMatchObject({ zoom: 1, x: (500 - CARD_WIDTH) / 2 });
  const layout = layOut(chain(500));
  const place = layout.places.get("250") ?? { x: 0, y: 0, layer: 0, height: 0 };
  const view = firstView(layout, size, place);
  expect(view.zoom).toBeGreaterThanOrEqual(READABLE);
  expect(shownView(view, size, place, false)).toBeNull();
  expect(shownView(view, size, layout.places.get("0") ?? place, false)).not.toBeNull();
});

test("of 500 steps only those in sight are drawn", async () => {
  await showGraph(recorded.branched);
  const drawn = document.querySelectorAll(".wb-node").length;
  expect(drawn).toBeGreaterThan(3);
  expect(drawn).toBeLessThan(60);
  expect(current()).toBe("node-b123");
});

test("a card says state, tool, risk, what it took of what was expected, who proposed it, and the one-way door", async () => {
  await showGraph(recorded.finished);
  expect(screen.getByTestId("node-chart").textContent).toContain("1.3 s of ~1 s");
  const mail = screen.getByTestId("node-mail");
  for (const words of ["done", "Mail the report", "mail.send", "outward", "one way"]) {
    expect(mail.textContent).toContain(words);
  }
  expect(screen.getByTestId("node-report").textContent).toContain("you");
  expect(screen.getByTestId("one-way").textContent).toBe("point of no return, passed");
  expect(mail.textContent).toContain("cannot be undone, point of no return, passed, after Write the report");
});

test("one selection: the graph, the list, the detail, the trace and Python have the same", async () => {
  await showGraph(recorded.running);
  await press("node-columns");
  expect(screen.getByTestId("step-detail").textContent).toContain("Check columns");
  expect(screen.getByRole("region", { name: "Trace" }).textContent).toContain("1 row of Check columns");
  await press("look-list");
  expect(pressed()).toBe("step-columns");
  await press("step-chart");
  await press("look-graph");
  expect(pressed()).toBe("node-chart");
  expect(current()).toBe("node-chart");
  await press("node-chart");
  expect(chosen()).toEqual(["columns", "chart", null]);
});

test("the choice of list or graph is remembered in the browser", async () => {
  await show(recorded.running);
  expect(screen.queryByTestId("graph")).toBeNull();
  await press("look-graph");
  cleanup();
  await show(recorded.running);
  expect(screen.queryByTestId("graph")).not.toBeNull();
  await press("look-list");
  expect(screen.queryByTestId("graph")).toBeNull();
  expect(localStorage.getItem("workbench-plan-look")).toBe("list");
});

test("arrow keys walk along the lines, Page keys through the list, Enter chooses, once for Tab", async () => {
  await showGraph(recorded.running);
  expect(current()).toBe("node-top");
  await keys("ArrowUp");
  expect(current()).toBe("node-columns");
  await keys("ArrowUp", "ArrowUp", "ArrowLeft");
  expect(current()).toBe("node-load");
  await keys("ArrowDown", "ArrowDown", "ArrowDown");
  expect(current()).toBe("node-chart");
  await keys("PageDown", "End", "PageUp");
  expect(current()).toBe("node-report");
  expect(chosen()).toEqual([]);
  await keys("Enter", "Enter", " ");
  expect(chosen()).toEqual(["report", null, "report"]);
  const graph = screen.getByTestId("graph");
  expect([...graph.querySelectorAll("[tabindex='0']")]).toEqual([flow()]);
  act(() => flow().focus());
  const active = flow().getAttribute("aria-activedescendant") ?? "";
  expect(document.getElementById(active)?.dataset.testid).toBe("node-report");
});

test("left and right walk within a layer", async () => {
  await showGraph({ ...recorded.branched, steps: recorded.branched.steps.slice(120, 130) });
  await keys("ArrowRight");
  expect(current()).toBe("node-b124");
  await keys("ArrowLeft", "ArrowLeft");
  expect(current()).toBe("node-b122");
});

test("a batch that changes a state draws the card anew and moves nothing", async () => {
  await showGraph(recorded.running);
  const places = () =>
    [...document.querySelectorAll<HTMLElement>(".react-flow__node")].map((one) => one.style.transform);
  const before = places();
  const [, , top] = recorded.running.steps;
  await say(
    partial(recorded.running, 2, { steps: [{ ...(top as never as object), state: "failed" } as never] }),
  );
  expect(screen.getByTestId("node-top").dataset.state).toBe("failed");
  expect(places()).toEqual(before);
});

test("a hostile string in a card or a line is text", async () => {
  const poison = `<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>`;
  await showGraph(recorded.hostile(poison));
  expect(screen.getByTestId("node-s0").textContent).toContain(poison);
  expect(screen.getByTestId("graph").querySelectorAll("img, script, a")).toHaveLength(0);
});

const draft = () => startDraft("sha256:3c9a", 3, recorded.paused.steps);

test("a line that is drawn or taken away is the edit that the list makes", () => {
  const joined = joinSteps(draft(), "columns", "mail");
  expect(toEdits(joined)).toEqual([{ op: "move", step: "mail", after: ["columns"] }]);
  expect(toEdits(partSteps(joined, "columns", "mail"))).toEqual([]);
  expect(toEdits(partSteps(draft(), "top", "report"))).toEqual([{ op: "move", step: "report", after: [] }]);
});

test("a line that cannot be says why", () => {
  expect(joinFault(draft(), "chart", "mail")).toBeNull();
  expect(joinFault(draft(), "mail", "mail")).toContain("itself");
  expect(joinFault(draft(), "report", "mail")).toContain("already");
  expect(joinFault(draft(), "mail", "chart")).toBe(
    "mail waits for chart, so they would wait for each other.",
  );
  expect(joinFault(draft(), "chart", "load")).toContain("has begun");
  expect(partFault(draft(), "report", "mail")).toContain("uses the output of report");
  expect(joinSteps(draft(), "mail", "chart")).toEqual(draft());
});

test("in a draft lines are drawn by two clicks or a drag, marked as new, chosen and removed", async () => {
  vi.stubGlobal("document", Object.assign(document, { elementFromPoint: () => null }));
  await showGraph(recorded.paused);
  await press("node-report");
  await press("edit-plan");
  const dot = (id: string, kind: "source" | "target") =>
    document.querySelector(`.react-flow__handle.${kind}[data-nodeid="${id}"]`) as Element;
  await act(async () => void fireEvent.click(dot("columns", "source")));
  await act(async () => void fireEvent.click(dot("mail", "target")));
  const line = lineId("columns", "mail");
  expect(screen.getByTestId(`line-${line}`).dataset.mark).toBe("new");
  expect(screen.getByTestId("node-mail").textContent).toContain("moved");
  expect(screen.getByTestId("apply").textContent).toContain("1 moved");
  expect(screen.getByTestId("graph-said").textContent).toContain("mail waits for columns.");
  expect(pressed()).toBe("node-report");
  await press("part");
  expect(screen.queryByTestId(`line-${line}`)).toBeNull();
  await act(async () => void fireEvent.click(screen.getByTestId(`line-${lineId("report", "mail")}`)));
  expect(screen.getByTestId("graph-said").textContent).toContain("mail uses the output of report");
  expect(screen.queryByTestId("part")).toBeNull();
  await act(async () => void fireEvent.click(screen.getByTestId(`line-${lineId("top", "report")}`)));
  await keys("Delete");
  expect(screen.getByTestId(`line-${lineId("top", "report")}`).dataset.mark).toBe("removed");
  await press("node-chart");
  await press("remove-chart");
  expect(screen.getByTestId("node-chart").dataset.mark).toBe("removed");
});

test("a step that needs one which is not shown is told without a line", () => {
  const [step] = recorded.running.steps;
  const [card] = cardsOf([{ ...(step as NonNullable<typeof step>), needs: ["gone"] }]);
  expect(card && spokenOf(card, new Map())).toContain("after gone");
});
