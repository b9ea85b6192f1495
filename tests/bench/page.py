"""What a person waits for at the page: `page.py rows|updates|click FOLDER N`, in a real Chromium.

rows: N rows of trace and 900 steps of plan, through the real bundle with a fake kernel: from the
data to the paint, and how fluent the lists scroll beside a list that is empty. updates: bytes a
batch carries for each event, early and late in a run of N steps. click: from the press of Pause or
Resume to what the kernel made of it on the screen, in JupyterLab with an idle kernel, N times.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


PAINTED = """
new MutationObserver(() => {
    if (globalThis.paintedAt || !document.querySelector('.wb-row')) return;
    globalThis.paintedAt = -1;
    requestAnimationFrame(() => setTimeout(() => { globalThis.paintedAt = performance.now(); }));
}).observe(document, {childList: true, subtree: true});
"""
SCROLL = """async ([box, empty]) => {
    const real = document.querySelector(box);
    const list = empty ? Object.assign(document.createElement('div'),
        {style: `height:${real.clientHeight}px;overflow:auto`}) : real;
    if (empty) {
        const inside = Object.assign(document.createElement('div'),
            {style: `height:${real.scrollHeight}px`});
        list.append(inside);
        document.body.prepend(list);
    }
    list.scrollTop = 0;
    const frame = () => new Promise(requestAnimationFrame);
    await frame();
    const began = performance.now();
    let frames = 0;
    for (; performance.now() - began < 2000; frames++) {
        list.scrollTop += 90;
        if (list.scrollTop + list.clientHeight >= list.scrollHeight - 1) list.scrollTop = 0;
        await frame();
    }
    const rate = frames / (performance.now() - began) * 1000;
    if (empty) list.remove();
    return rate;
}"""
SELECT = """async () => {
    const began = performance.now();
    document.querySelector('.wb-step').click();
    const detail = () => document.querySelector('[data-testid=step-detail]');
    while (!detail()) await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""
CLICK = """() => new Promise(done => {
    const view = document.querySelector('[data-testid=workbench-run]');
    const was = view.dataset.state;
    const began = performance.now();
    new MutationObserver((_, observer) => {
        if (view.dataset.state === was) return;
        observer.disconnect();
        requestAnimationFrame(() => done(performance.now() - began));
    }).observe(view, {attributes: true});
    view.querySelector('[data-testid=pause], [data-testid=resume]').click();
})"""


def rows(_folder: Path, count: int) -> dict[str, Any]:
    """Paint and scroll."""
    from tests.browser.lab import browser_page
    from tests.browser.recorded import State, served, show

    with served() as home, browser_page(1060, 900) as page:
        page.add_init_script(PAINTED)
        show(page, home, State(f"state=long&rows={count}"))
        page.wait_for_function("() => globalThis.paintedAt > 0")
        paint = page.evaluate("paintedAt - performance.getEntriesByName('data')[0].startTime")
        found: dict[str, Any] = {"paint_ms": paint, "select_ms": page.evaluate(SELECT)}
        page.get_by_test_id("close-detail").click()
        for name, box in (("trace", ".wb-trace-rows"), ("plan", ".wb-plan .wb-scroll")):
            empty, ours = [], []
            for _ in range(3):
                empty.append(page.evaluate(SCROLL, [box, True]))
                ours.append(page.evaluate(SCROLL, [box, False]))
            found[f"{name}_fps"], found[f"{name}_empty_fps"] = median(ours), median(empty)
        return found


def updates(folder: Path, steps: int) -> dict[str, Any]:
    """Follow a run as a page does; gives bytes for each event in its first and last tenth."""
    import workbench as wb
    from workbench.feed import Feed
    from workbench.testing import allow_all

    @wb.tool(effect="pure")
    def add(a: int) -> int:
        return a + 1

    plan = wb.Plan(
        goal="rows",
        steps=[wb.Step(id=f"s{n}", tool="add", args={"a": n}) for n in range(steps)],
    )
    with wb.Workbench(folder / "runs.db", tools=[add], planner=None, policy=allow_all()) as bench:
        run = bench.start(plan=plan)
        feed = Feed(bench.journal, run.id, bench.tool_map(), bench.clock)
        feed.full()
        sizes: list[tuple[int, int]] = []
        while not feed.final:
            batch = feed.next()
            if batch is not None:
                sizes.append((len(batch["trace"]), len(json.dumps(batch))))
        run.wait(60)
    tenth = max(1, len(sizes) // 10)
    early, late = sizes[1 : 1 + tenth], sizes[-1 - tenth : -1]

    def a_row(batches: list[tuple[int, int]]) -> float:
        return sum(size for _, size in batches) / max(1, sum(count for count, _ in batches))

    events = sum(count for count, _ in sizes)
    return {"events": events, "early_bytes": a_row(early), "late_bytes": a_row(late)}


def click(folder: Path, times: int) -> dict[str, Any]:
    """Press Pause and Resume in turn."""
    from tests.browser.lab import Notebook, browser_page, expect, lab_server, write_notebook

    path = folder / "click.ipynb"
    write_notebook(
        path,
        "from tests.browser.world import *\nbench = bench()\n"
        "run = bench.start(plan=chain(step('hold', 'gate', name='end')))\nrun",
    )
    with lab_server(folder) as server, browser_page() as page:
        notebook = Notebook(page, server, path, folder)
        notebook.run(0)
        expect(notebook.at("step-hold")).to_have_attribute("data-state", "running", timeout=20_000)
        times_ms = []
        for _ in range(times):
            times_ms.append(page.evaluate(CLICK))
            expect(page.locator("[aria-busy=true]")).to_have_count(0)
        (folder / "end.open").touch()
        notebook.close()
    return {"median_ms": median(times_ms), "p95_ms": quantiles(times_ms, n=20)[-1]}


def main(case: str, folder: str, count: str) -> None:
    """Measure one case."""
    cases = {"rows": rows, "updates": updates, "click": click}
    print("RESULT", json.dumps(cases[case](Path(folder), int(count))))


if __name__ == "__main__":
    main(*sys.argv[1:])
