"""The notebook's variables beside a run: captured after each step, and put back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from IPython.lib.pretty import pretty

import workbench as wb
from workbench.errors import CommandRefused, JournalError, NotFound, VariablesChanged
from workbench.lookback import Lookback
from workbench.testing import allow_all

Open = Callable[..., wb.Workbench]


def nothing(**_: Any) -> None:
    """Undo nothing."""


def tools(names: dict[str, Any]) -> list[wb.Tool]:
    """Make tools that change variables, each in another way."""

    @wb.tool(effect="reversible", undo=nothing)
    def double() -> None:
        names["df"].loc[:, "a"] *= 2

    @wb.tool(effect="reversible", undo=nothing)
    def make() -> None:
        names["new"] = [1, 2]
        names["alias"] = names["new"]

    @wb.tool(effect="reversible", undo=nothing)
    def drop() -> None:
        del names["df"]

    @wb.tool(effect="reversible", undo=nothing)
    def bind(name: str, value: int) -> None:
        names[name] = value

    @wb.tool(effect="pure")
    def think() -> int:
        return 1

    return [double, make, drop, bind, think]


ENGINES = [
    pytest.param(("sqlite", "asyncio"), id="sqlite"),
    pytest.param(("sqlite", "trio"), id="sqlite on trio"),
    pytest.param(("postgres", "asyncio"), id="postgres", marks=pytest.mark.postgres),
]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Name a database, and the backend of the engine's loop."""
    return request.param


@pytest.fixture
def journal(request: pytest.FixtureRequest, engine: tuple[str, str], tmp_path: Path) -> str:
    """Name a journal, by its URL."""
    if engine[0] == "postgres":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'runs.db'}"


@pytest.fixture
def bench(journal: str, engine: tuple[str, str]) -> Iterator[Open]:
    """Open workbenches on one journal, each with a namespace, as kernels do one after another."""
    made: list[wb.Workbench] = []

    def open_bench(names: dict[str, Any], **options: Any) -> wb.Workbench:
        options |= {"tools": tools(names), "policy": allow_all(), "backend": engine[1]}
        made.append(wb.Workbench(journal, variables=names, **options))
        return made[-1]

    yield open_bench
    for one in made:
        one.close()


def chain(*steps: tuple[str, str] | tuple[str, str, dict[str, Any]]) -> wb.Plan:
    """Make a plan of steps one after another."""
    made: list[wb.Step] = []
    for name, tool, *args in steps:
        after = [made[-1].id] if made else []
        made.append(wb.Step(id=name, tool=tool, args=args[0] if args else {}, after=after))
    return wb.Plan(goal="change variables", steps=made)


def frame() -> pd.DataFrame:
    """Make a small frame."""
    return pd.DataFrame({"a": [1, 2, 3], "s": ["x", "y", None]})


def captured(run: wb.Run) -> list[Any]:
    """Give the captures of a run."""
    return [r.event for r in run.events() if r.kind == "variables.captured"]


def test_each_checkpoint_has_its_variables(bench: Open) -> None:
    """The start and the end of every step have the variables as they were there; steps that
    change nothing add nothing [RUNT-6, RUNT-18]."""
    names = {"df": frame(), "x": 1}
    run = bench(names).start(
        plan=chain(
            ("a", "double"), ("t", "think"), ("b", "make"), ("c", "bind", {"name": "x", "value": 5})
        )
    )
    run.wait(20)
    at = {mark.name: run.checkpoint_at(mark) for mark in run.checkpoints}
    assert list(at["start"].variables) == ["df", "x"]
    assert at["start"].variables["x"].summary == "1"
    assert at["after a"].variables["df"].digest != at["start"].variables["df"].digest
    assert at["after t"].variables == at["after a"].variables
    assert at["after b"].variables["new"].same_as == "alias"
    assert at["after c"].variables["x"].summary == "5"
    assert [sorted(event.names) for event in captured(run)] == [
        ["df", "x"], ["df"], ["alias", "new"], ["x"]
    ]  # fmt: skip


def test_a_checkpoint_is_a_document(bench: Open) -> None:
    """A checkpoint is JSON with a version, described by a schema: plan revision, states, outputs,
    budget, requests, seed, digests of the tools, variables, and what was not captured and why
    [RUNT-6]."""
    names = {"df": frame(), "lock": threading.Lock()}
    run = bench(names, budget=wb.Budget(calls=9)).start(plan=chain(("a", "think")), seed=7)
    run.wait(20)
    run_end = run.checkpoint_at("after a")
    again = wb.Checkpoint.model_validate_json(run_end.model_dump_json())
    assert again.variables == run_end.variables
    assert (again.schema_version, again.seed, again.view.limits) == (1, 7, {"calls": 9})
    assert again.specs["think"] == run.view.tools["think"]
    assert again.view.steps["a"].output.value == 1
    assert again.not_captured == {"lock": "values of type _thread.lock are not captured"}
    assert "modules" in again.never_captured
    schema = wb.Checkpoint.model_json_schema()
    assert set(schema["properties"]) == set(wb.Checkpoint.model_fields)


def test_variables_go_back_and_forth(bench: Open) -> None:
    """Restoring puts back what the run has changed, removes what it has made, and can itself be
    taken back; two names of one object are one object again [RUNT-6]."""
    names = {"df": frame(), "x": 1, "mine": np.arange(3)}
    mine = names["mine"]
    run = bench(names).start(plan=chain(("a", "double"), ("b", "make"), ("c", "drop")))
    run.wait(20)
    done = run.restore("start")
    pd.testing.assert_frame_equal(names["df"], frame())
    assert (done.restored, done.removed) == (("df",), ("alias", "new"))
    assert set(names) == {"df", "x", "mine"}
    assert names["mine"] is mine
    run.restore(done.undo)
    assert "df" not in names
    assert names["new"] == [1, 2]
    assert names["new"] is names["alias"]
    run.restore("after b", ["df"])
    assert list(names["df"].a) == [2, 4, 6]
    run.verify()


def test_what_a_person_has_changed_is_not_replaced(bench: Open) -> None:
    """A variable that was changed by hand since the last capture is not replaced: the refusal
    names it and changes nothing; `overwrite` does it, and keeps what was there [RUNT-16]."""
    names = {"df": frame(), "x": 1, "y": 1}
    run = bench(names).start(plan=chain(("a", "double"), ("b", "bind", {"name": "x", "value": 2})))
    run.wait(20)
    names["df"].loc[0, "a"] = 99
    names["y"] = 7
    with pytest.raises(VariablesChanged, match="df") as refused:
        run.restore("start")
    assert refused.value.fields["names"] == ["df"]
    assert (names["x"], names["df"].a[0]) == (2, 99)
    done = run.restore("start", overwrite=True)
    assert done.by_hand == ("y",)
    told = Lookback(run.bench.journal, run.id, None).places()["restored"]
    assert (sorted(told["restored"]), told["by_hand"]) == (["df", "x"], ["y"])
    assert (names["x"], names["df"].a[0], names["y"]) == (1, 1, 7)
    run.restore(done.undo)
    assert (names["x"], names["df"].a[0]) == (2, 99)


def test_what_is_changed_by_hand_again_is_refused_again(bench: Open) -> None:
    """After a restoration a new change by hand is noticed, and none is seen where there is none
    [RUNT-16]."""
    names = {"df": frame(), "x": 1}
    run = bench(names).start(plan=chain(("a", "double"), ("b", "bind", {"name": "x", "value": 2})))
    run.wait(20)
    run.restore("start")
    run.restore("after a")
    assert list(names["df"].a) == [2, 4, 6]
    names["df"].iloc[1, 0] = 0
    with pytest.raises(VariablesChanged, match="df"):
        run.restore("start")


def test_a_new_kernel_restores_from_the_journal(bench: Open) -> None:
    """In another kernel, with nothing in it, the journal alone gives the variables back
    [RUNT-6, ASYN-5]."""
    first = bench({"df": frame(), "arr": np.arange(4.0)})
    run = first.start(plan=chain(("a", "double")))
    run.wait(20)
    first.close()
    names: dict[str, Any] = {}
    second = bench(names).open(run.id)
    done = second.restore("start")
    assert done.restored == ("arr", "df")
    pd.testing.assert_frame_equal(names["df"], frame())


def test_damaged_bytes_are_named_with_what_can_be_read(bench: Open, journal: str) -> None:
    """A value whose bytes are damaged or gone is not restored: it is named with the reason and an
    earlier place that still has one; the others are restored [RUNT-17]."""
    names = {"df": frame(), "x": 1}
    run = bench(names).start(
        plan=chain(("a", "double"), ("b", "bind", {"name": "x", "value": 2}), ("c", "drop"))
    )
    run.wait(20)
    entry = run.checkpoint_at("after a")
    stored = [e.names["df"] for e in captured(run) if "df" in e.names][-1]
    assert stored.digest == entry.variables["df"].digest
    database = sa.create_engine(journal)
    with database.begin() as connection:
        damaged = {"c": b"\0", "d": stored.stored.artifact.digest}
        change = sa.text("update wb_artifacts set content = :c where digest = :d")
        connection.execute(change, damaged)
    database.dispose()
    done = run.restore("after a")
    assert done.restored == ("x",)
    assert "was changed" in done.not_captured["df"]
    assert "run.restore(1, ['df'])" in done.not_captured["df"]
    assert run.restore(1, ["df"]).restored == ("df",)
    pd.testing.assert_frame_equal(names["df"], frame())


def test_without_variables_nothing_is_captured(bench: Open, tmp_path: Path) -> None:
    """A workbench without a namespace writes no captures, and says that it cannot restore; a run
    that nobody drives is not restored silently [RUNT-6]."""
    plain = wb.Workbench(tmp_path / "other.db", tools=tools({}), policy=allow_all())
    run = plain.start(plan=chain(("a", "think")))
    run.wait(20)
    assert captured(run) == []
    with pytest.raises(NotFound, match="variables=get_ipython"):
        run.restore("start")
    plain.close()
    first = bench({"df": frame()})
    run = first.start(plan=chain(("a", "double")))
    run.wait(20)
    first.close()
    with pytest.raises(CommandRefused, match=r"bench\.open"):
        bench({}).look(run.id).restore("start")


def test_sizes_show_what_captures_take(bench: Open) -> None:
    """`bench.sizes()` tells the bytes of captures; pruning keeps what a run that stays has captured
    and takes the rest along with its run [RUNT-18]."""
    names = {"arr": np.random.default_rng(3).random(50_000)}
    made = bench(names)
    run = made.start(plan=chain(("a", "think")))
    run.wait(20)
    row = made.sizes().set_index("run").loc[run.id]
    assert row.captured_bytes == run.checkpoint_at("start").variables["arr"].size > 400_000
    made.prune(timedelta(0), keep=1, orphans=True)
    assert run.restore("start", ["arr"]).unchanged == ("arr",)
    del names["arr"]
    assert run.restore("start").restored == ("arr",)


def test_a_cell_that_ends_with_a_report_says_it_in_words(bench: Open) -> None:
    """What going back, a fork or a plan will come to, or has, stands in a cell's output as `print`
    shows it; a restoration that had nothing to do says so [COMP-7, COMP-8, RUNT-11]."""
    opened = bench({"df": pd.DataFrame({"a": [1]})})
    run = opened.start(plan=wb.Plan(steps=[wb.Step(id="d", tool="double")]))
    run.wait(20)
    idle = run.restore("after d")
    reports = [
        run.undo_preview(), run.rollback(timeout_s=20), idle, run.restore("start"),
        run.fork_preview(at="start"), opened.forecast(run.plan),
    ]  # fmt: skip
    for report in reports:
        assert pretty(report) == str(report) != repr(report)
    assert "nothing to do" in str(idle)


def test_a_rollback_gives_the_variables_back(bench: Open) -> None:
    """Going back takes the notebook's variables along, and says so; with variables=False they stay
    as they are, and what was changed by hand is left alone and named [MULT-7, RUNT-16]."""
    names: dict[str, Any] = {"df": pd.DataFrame({"a": [1, 2]})}
    steps = [
        wb.Step(id="d", tool="double"),
        wb.Step(id="b", tool="bind", args={"name": "x", "value": 1}, after=["d"]),
    ]
    made = bench(names)

    run = made.start(plan=wb.Plan(goal="double", steps=steps))
    run.wait(timeout_s=20)
    report = run.rollback(timeout_s=20)

    assert names["df"]["a"].tolist() == [1, 2]
    assert "x" not in names
    assert "restored: df" in report.variables
    assert report.counts["undone"] == 2

    run = made.start(plan=wb.Plan(goal="double", steps=steps))
    run.wait(timeout_s=20)
    names["df"] = pd.DataFrame({"a": [7]})
    report = run.rollback(timeout_s=20)

    assert names["df"]["a"].tolist() == [7]
    assert "df" in report.variables

    run = made.start(plan=wb.Plan(goal="double", steps=steps))
    run.wait(timeout_s=20)
    report = run.rollback(variables=False, timeout_s=20)

    assert names["df"]["a"].tolist() == [14]
    assert report.variables == ""


@pytest.mark.parametrize("size", [10, 300_000])
def test_a_journal_that_fails_during_a_capture_is_reported(bench: Open, size: int) -> None:
    """When the journal cannot be written while variables are captured, whoever waits for the run
    is told, as always [ASYN-6]."""
    made = bench({"arr": np.arange(float(size))})
    for _ in range(5):
        run = made.start(plan=chain(("a", "think"), ("b", "think")))
        writer = made.journal._writer
        original = writer.submit

        def full(work: object, **_: object) -> object:
            raise JournalError("The disk is full.", "Free some space.")

        writer.submit = full  # type: ignore[method-assign]  # as when the disk is full
        try:
            with suppress(JournalError):
                run.wait(20)
        finally:
            writer.submit = original  # type: ignore[method-assign]
        made.open(run.id).wait(20)
