"""The frozen corpus: journals of every version, as they were written, read by this one."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import workbench as wb
from tests.golden import story, undo_story
from tests.golden.frozen import reduce
from workbench.errors import JournalTampered
from workbench.journal import Journal, schema
from workbench.journal.snapshot import load_view

GOLDEN = Path(__file__).parent
VERSIONS = sorted(path.stem for path in GOLDEN.glob("*.sql"))

FORGOTTEN = {"doubt": ["skip"]}
"""By key of a run: steps whose call may have happened, and whose own version forgot it when they
were skipped; this one keeps it in `RunView.left`."""


@pytest.fixture(params=VERSIONS)
def frozen(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Read what a version made of its journal."""
    read: dict[str, Any] = json.loads((GOLDEN / f"{request.param}.json").read_text("utf-8"))
    return {"name": request.param, **read}


@pytest.fixture
def path(frozen: dict[str, Any], tmp_path: Path) -> Path:
    """Make the journal again, as the version left it."""
    path = tmp_path / "runs.db"
    thaw(frozen["name"], path)
    return path


def thaw(name: str, path: Path) -> None:
    """Write the journal that a version has left."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((GOLDEN / f"{name}.sql").read_text("utf-8"))


def having(key: str) -> list[str]:
    """Name the versions that have frozen a run with this key."""
    return [name for name in VERSIONS if f'"key":"{key}"' in (GOLDEN / f"{name}.json").read_text()]


def test_the_corpus_has_every_version() -> None:
    """Each version of the tables is there, from the first to the present one [RUNT-17]."""
    known = {
        json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))["version"] for name in VERSIONS
    }
    assert known == set(range(1, schema.VERSION + 1))


@pytest.mark.parametrize("snapshots", [True, False], ids=["snapshots", "events only"])
def test_an_old_journal_folds_to_what_it_was(
    path: Path, frozen: dict[str, Any], snapshots: bool
) -> None:
    """Every run of every version folds to what its own version made of it, with a whole chain.

    Fields that did not exist then are left aside; see `reduce` [RUNT-17].
    """
    if not snapshots:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("delete from wb_snapshots")
            connection.commit()
    journal = Journal(path)
    assert {row.id for row in journal.runs()} == frozen["runs"].keys()
    for run, then in frozen["runs"].items():
        row, view = journal.run(run), load_view(journal, run)
        assert (row.seq, row.head, row.state, row.key) == (
            then["seq"], then["head"], then["state"], then["key"]
        )  # fmt: skip
        assert journal.verify(run) == then["seq"]
        assert [record.kind for record in journal.records(run)] == then["kinds"]
        now = reduce(view, frozen["fields"])
        if then["key"] in FORGOTTEN and "left" in frozen["fields"]["RunView"]:
            assert [one["step"] for one in now.pop("left")] == FORGOTTEN[then["key"]]
        assert now == then["view"]
    journal.close()


def test_the_comparison_sees_a_difference(path: Path, frozen: dict[str, Any]) -> None:
    """A fold that lost a step, or has another value somewhere, is not taken for the old one."""
    journal = Journal(path)
    run = next(run for run, then in frozen["runs"].items() if then["key"] == "success")
    view = load_view(journal, run)
    journal.close()
    then = frozen["runs"][run]["view"]
    assert reduce(view, frozen["fields"]) == then
    step = view.steps.pop("used")
    assert reduce(view, frozen["fields"]) != then
    view.steps["used"] = step.model_copy(update={"attempt": 2})
    assert reduce(view, frozen["fields"]) != then


@pytest.mark.parametrize("key", story.UNFINISHED)
def test_an_unfinished_run_of_an_old_journal_goes_on(
    path: Path, frozen: dict[str, Any], tmp_path: Path, key: str
) -> None:
    """A run that an older version left waiting, paused or killed is carried to its end by this one.

    Nothing is done twice [RUNT-17].
    """
    if key not in {then["key"] for then in frozen["runs"].values()}:
        pytest.skip("this version's corpus was frozen without it")
    run_id, then = next((r, t) for r, t in frozen["runs"].items() if t["key"] == key)
    with story.bench(path, tmp_path) as bench:
        run = story.finish(bench.open(run_id))
        assert run.state == "succeeded"
        assert run.verify() > then["seq"]
        kinds = [record.kind for record in run.events()]
        assert kinds[: then["seq"]] == then["kinds"]
        steps = run.view.steps
        assert {step.state for step in steps.values()} == {"succeeded"}
        assert all(step.attempt == 1 for name, step in steps.items() if name != "sent")
    effects = (tmp_path / "effects.txt").read_text().split()
    assert len(effects) == 1


def test_its_values_can_be_read(path: Path, frozen: dict[str, Any], tmp_path: Path) -> None:
    """The artifacts of an old journal become the values again that they were [RUNT-17]."""
    with story.bench(path, tmp_path) as bench:
        run = next(run for run, then in frozen["runs"].items() if then["key"] == "success")
        frame = bench.look(run).output("table")
    assert frame["number"].tolist() == list(range(20))


def test_a_changed_line_of_the_corpus_is_found(path: Path, frozen: dict[str, Any]) -> None:
    """The chains of old journals protect them as well as those of new ones [AUTH-14]."""
    run = next(iter(frozen["runs"]))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "update wb_events set at_us = at_us + 1 where run = ? and seq = 4", [run]
        )
        connection.commit()
    journal = Journal(path)
    with pytest.raises(JournalTampered, match="at event 4:"):
        journal.verify(run)
    journal.close()


def test_an_old_journal_that_is_only_read_has_no_rules(path: Path) -> None:
    """Where an older version kept no rules, a reader is told of none, not of damage [RUNT-17]."""
    journal = Journal(path, read_only=True)
    assert journal.rules() == (0, [])
    journal.close()


@pytest.mark.parametrize("name", having(undo_story.TO_UNDO))
def test_effects_of_an_old_journal_can_be_taken_back(name: str, tmp_path: Path) -> None:
    """The undo entries that an older version wrote, live values in them, serve this one: each
    effect is taken back as it was registered then, and the report is that of the run which the
    older version took back itself [RUNT-17, COMP-3]."""
    thaw(name, path := tmp_path / "runs.db")
    effects = tmp_path / "effects.txt"
    effects.write_text("laid\nfilled:shelf:2000\nsent\n")
    with story.bench(path, tmp_path, *undo_story.tools(tmp_path)) as bench:
        runs = {row.key: bench.look(row.id) for row in bench.journal.runs()}
        (before,) = runs["undone"].undo_reports
        run = bench.open(runs[undo_story.TO_UNDO].id)
        levels = [run.view.steps[step].level for step in ("laid", "filled", "sent")]
        report = run.rollback("after laid")
    assert levels == ["confirmed", "performed", "accepted"]
    assert report.outcomes == before.outcomes == {
        "sent": "not_undoable", "filled": "undone_with_traces"
    }  # fmt: skip
    assert [row.told for row in report] == [(), ("shelf",)]
    assert effects.read_text() == "laid\nsent\n"


@pytest.mark.parametrize("name", having(undo_story.REMEMBERED))
def test_variables_of_an_old_journal_can_be_restored(name: str, tmp_path: Path) -> None:
    """The variables that an older version has captured come back as they were at each place, two
    names of one frame as one frame, and what had no form is named [RUNT-17, RUNT-6]."""
    thaw(name, path := tmp_path / "runs.db")
    names: dict[str, Any] = {}
    with wb.Workbench(path, planner=None, variables=names) as bench:
        row = next(row for row in bench.journal.runs() if row.key == undo_story.REMEMBERED)
        run = bench.open(row.id)
        first = run.restore("start")
        then, start = names.copy(), undo_story.variables()
        run.restore("after first")
    pd.testing.assert_frame_equal(then["sales"], start["sales"])
    assert then["sales"] is then["same"]
    assert (then["count"], set(then)) == (3, {"sales", "same", "count"})
    assert first.not_captured.keys() == {"lock"}
    assert names["made"] == [1, {"deep": (2, "x")}]
    assert names["sales"].amount.sum() == 2 * start["sales"].amount.sum()
