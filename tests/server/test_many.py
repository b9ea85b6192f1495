"""More journals than anybody looks at: they take nothing from the one that somebody looks at."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import workbench as wb
from tests.server.jupyter import Jupyter
from workbench.agents import Session, add_agent, runs_below
from workbench.clock import SystemClock
from workbench.journal import Journal
from workbench.server import journals
from workbench.server.journals import MOST_OPEN
from workbench.server.looking import SETTLED_S, Looking

SOME = """
for number in range({number}):
    wb.Workbench(f"other-{{number}}.db", tools=[], planner=None).close()
"""
ASK = """
run = bench.start(key="looked", plan=wb.Plan(goal="looked at", steps=[
    wb.Step(id="mail", tool="send_mail", args={"to": "a@example.org", "body": "x"})]))
run.wait_until("waiting")
"""


def test_a_stream_outlives_a_walk_over_many_journals(jupyter: Jupyter) -> None:
    """A user of many journals looks at one run; the lists of all runs and of all requests are read
    meanwhile, again and again. The stream of that run never breaks, and its request is answered
    [RUNT-10] [REL-20]."""
    kernel = jupyter.kernel("many-journals")
    kernel.run(SOME.format(number=MOST_OPEN + 2) + ASK)
    place = jupyter.place("looked at")
    events = jupyter.events(f"{place}/stream")
    heard = (event["data"] for event in events if event["event"] == "batch")
    request = next(heard)["requests"][0]

    for _ in range(2):
        assert jupyter.get("/runs")["faults"] == []
        assert "looked at" in {row["goal"] for row in jupyter.get("/inbox")["requests"]}

    assert jupyter.answer(place, request).status_code == 200
    assert any(not batch["requests"] for batch in heard)
    events.close()


def test_what_nobody_writes_to_is_not_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state of the inbox is asked for four times a second by each page: journals in which
    nothing was written since are not opened for it, and one that was written to is [REL-9]."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "none"))
    paths = [tmp_path / f"{number}.db" for number in range(3)]
    long_ago = SystemClock().now().timestamp() - 2 * SETTLED_S
    for path in paths:
        wb.Workbench(path, tools=[], planner=None).close()
        os.utime(path, (long_ago, long_ago))
    opened: list[Path] = []

    class Counted(Journal):
        def __init__(self, path: Path) -> None:
            opened.append(path)
            super().__init__(path)

    monkeypatch.setattr(journals, "Journal", Counted)
    looking = Looking(journals.Journals(None, map(str, paths)))
    nothing = looking.inbox_mark()
    assert opened == paths
    assert looking.inbox_mark() == nothing
    assert opened == paths

    with wb.Workbench(paths[1], tools=[send], planner=None) as bench:
        run = bench.start(plan=wb.Plan(goal="x", steps=[wb.Step(id="a", tool="send")]))
        run.wait_until("waiting")
        asking = looking.inbox_mark()
        assert asking != nothing
        assert set(opened[len(paths) :]) == {paths[1]}
        run.stop("enough")
        run.wait_until("stopped")
        assert looking.inbox_mark() not in (nothing, asking)


def test_the_runs_of_agents_are_listed_below_the_run_of_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many calls agents have made, the newest runs that a person has begun are listed, and
    what the calls have started comes behind, named by the run of the list that it is below; the
    state of the lists changes with the state of any run [RUNT-10] [MULT-2]."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "none"))
    path = tmp_path / "agents.db"
    with wb.Workbench(path, tools=[look], planner=None) as bench:
        add_agent(bench, lead, name="lead", takes={"n": int}, gives=int, tools=["look"])
        looking = Looking(journals.Journals(None, [str(path)]))
        before = looking.inbox_mark()
        runs = [
            bench.start(plan=wb.Plan(steps=[wb.Step(id="a", tool="lead", args={"n": n})]))
            for n in range(3)
        ]
        for run in runs:
            run.wait(30)
        assert looking.inbox_mark() != before
        rows = looking.list_runs(100)["runs"]
        assert {row["run"] for row in rows[:3]} == {run.id for run in runs}
        below = [row["below"] for row in rows]
        assert below[:3] == ["", "", ""]
        assert {name: below.count(name) for name in {run.id for run in runs}} == {
            run.id: len(runs_below(run)) for run in runs
        }
        least = looking.list_runs(1)["runs"]
        assert [row["run"] for row in least if not row["below"]] == [rows[0]["run"]]


@wb.tool(effect="read")
def look(n: int) -> int:
    """Look something up."""
    return n


def lead(work: Session) -> int:
    """Look up two things."""
    return int(work.call("look", n=work.task["n"])) + int(work.call("look", n=2))


@wb.tool(effect="irreversible")
def send() -> str:
    """Ask before it does anything."""
    return "sent"
