"""What the toolkit's tools write, how they know it again, and what a run makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

import workbench as wb
from workbench.testing import allow_all
from workbench.toolkit import files, notebook, sql


@wb.tool(effect="pure")
def think(of: Any = None) -> Any:
    """Think."""
    return of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    return made


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    """Start runs that wait for the person before each step with `ask`."""
    benches: list[wb.Workbench] = []

    class AskWhereThePlanSays:
        def decide(self, call: Any) -> Any:
            return wb.Policy().decide(call) if call.step.ask else allow_all().decide(call)

    def begin(tools: list[wb.Tool], *steps: wb.Step) -> wb.Run:
        bench = wb.Workbench(
            tmp_path / f"runs-{len(benches)}.db",
            tools=[*tools, think],
            planner=None,
            policy=AskWhereThePlanSays(),
        )
        benches.append(bench)
        run = bench.start(plan=wb.Plan(steps=[wb.Step(id="go", tool="think", ask=True), *steps]))
        run.wait_until("waiting", timeout_s=20)
        return run

    yield begin
    for bench in benches:
        bench.close()


def write(name: str, path: str, text: str, *after: str) -> wb.Step:
    return wb.Step(id=name, tool="write_text", args={"path": path, "text": text}, after=after)


def test_a_file_changed_by_hand_is_not_overwritten(start, folder: Path) -> None:
    """The person is asked, with the file named; "overwrite" then writes it [RUNT-16]."""
    (folder / "a.txt").write_text("mine")
    run = start(files(folder), write("w", "a.txt", "new", "go"))
    (folder / "a.txt").write_text("changed by hand")
    run.inbox[0].approve()
    run.wait_until("waiting", timeout_s=20)
    (request,) = run.inbox
    assert request.kind == "conflict"
    assert request.evidence["key"] == f"file:{(folder / 'a.txt').as_posix()}"
    assert (folder / "a.txt").read_text() == "changed by hand"
    request.choose("overwrite")
    run.wait(20)
    assert (folder / "a.txt").read_text() == "new"


def test_a_file_that_appeared_or_was_moved_is_a_change(start, folder: Path) -> None:
    """Nothing was there, now something is: that is asked about, too [RUNT-16]."""
    run = start(files(folder), write("w", "b.txt", "new", "go"))
    (folder / "b.txt").write_text("by hand")
    run.inbox[0].approve()
    run.wait_until("waiting", timeout_s=20)
    assert run.inbox[0].evidence["seen"] is None
    run.inbox[0].choose("skip")
    run.wait(20)
    assert (folder / "b.txt").read_text() == "by hand"


def test_a_frame_changed_by_hand_is_not_overwritten(start) -> None:
    """One cell of a frame, changed in place during the run, is enough [RUNT-16]."""
    space: dict[str, Any] = {"df": pd.DataFrame({"x": [1, 2, 3], "y": list("abc")})}
    step = wb.Step(id="s", tool="set_variable", args={"name": "df", "value": 1}, after=["go"])
    run = start(notebook(space), step)
    space["df"].loc[1, "x"] = 20
    run.inbox[0].approve()
    run.wait_until("waiting", timeout_s=20)
    (request,) = run.inbox
    assert (request.kind, request.evidence["key"]) == ("conflict", "variable:df")
    assert list(space["df"]["x"]) == [1, 20, 3]
    request.choose("overwrite")
    run.wait(20)
    assert space["df"] == 1


def test_an_undisturbed_run_is_asked_nothing_more(start, folder: Path) -> None:
    """Writing, writing again, moving and deleting: the run's own changes are no conflict."""
    space: dict[str, Any] = {"v": [1]}
    steps = [
        write("a", "a.txt", "one", "go"),
        write("b", "a.txt", "two", "a"),
        wb.Step(id="m", tool="move_file", args={"path": "a.txt", "to": "b.txt"}, after=["b"]),
        wb.Step(id="d", tool="delete_file", args={"path": "b.txt"}, after=["m"]),
        wb.Step(id="v", tool="set_variable", args={"name": "v", "value": 2}, after=["go"]),
        wb.Step(id="w", tool="set_variable", args={"name": "v", "value": 3}, after=["v"]),
    ]
    run = start([*files(folder), *notebook(space)], *steps)
    run.inbox[0].approve()
    run.wait(20)
    assert len(run.view.requests) == 1
    assert (list(folder.iterdir()), space) == ([], {"v": 3})


def test_parallel_writes_to_one_place_are_refused(folder: Path, tmp_path: Path) -> None:
    """Two writes to one file, by whatever way its path is written; rows of one table [RUNT-12]."""
    tools = files(folder)
    same = wb.Plan(steps=[write("a", "a.txt", "1"), write("b", "./sub/../a.txt", "2")])
    assert [fault.code for fault in same.check(tools)] == ["parallel_writers"]
    other = wb.Plan(steps=[write("a", "a.txt", "1"), write("b", "b.txt", "2")])
    assert other.check(tools) == []
    (tmp_path / "shop.db").touch()
    shop = sql(f"sqlite:///{tmp_path}/shop.db")

    def change(name: str, tool: str, **args: Any) -> wb.Step:
        return wb.Step(id=name, tool=tool, args={"table": "Orders", **args})

    mixed = [
        change("a", "insert_rows", rows=[{"id": 1}]),
        change("b", "delete_rows", where={"id": 1}, table="orders"),
    ]
    assert [f.code for f in wb.Plan(steps=mixed).check(shop)] == ["parallel_writers"]
    inserts = [change(name, "insert_rows", rows=[{"id": 1}]) for name in "ab"]
    assert wb.Plan(steps=inserts).check(shop) == []


def test_parallel_inserts_go_in_in_the_order_of_the_plan(start, tmp_path: Path) -> None:
    """Rows stand in the table as the plan lists the steps, every time [RUNT-12]."""
    url = f"sqlite:///{tmp_path}/shop.db"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT)")
    names = [f"s{number}" for number in (4, 2, 7, 1, 5)]
    steps = [
        wb.Step(
            id=name, tool="insert_rows", args={"table": "orders", "rows": [{"name": name}]},
            after=["go"],
        )
        for name in names
    ]  # fmt: skip
    run = start(sql(url), *steps)
    run.inbox[0].approve()
    run.wait(20)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name FROM orders ORDER BY id").scalars().all()
    engine.dispose()
    assert rows == names
