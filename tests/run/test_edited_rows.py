"""A row that was edited by hand is not driven on: the chain of what is read is checked at once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, chain, plan, step
from workbench.errors import JournalTampered
from workbench.journal import Journal
from workbench.journal.snapshot import FOLD_VERSION, load_frontier


def waiting(lab: Lab, of: wb.Plan) -> wb.Run:
    """Start a run that waits for a person, and close everything, as a kernel restart would."""
    run = lab.bench(policy=wb.Policy(allow=["*"])).start(plan=of)
    run.wait_until("waiting", timeout_s=20)
    lab.close()
    return run


def edit(lab: Lab, seq: int, before: str, after: str) -> None:
    with closing(sqlite3.connect(lab.place)) as database:
        changed = database.execute(
            "update wb_events set body = replace(body, ?, ?) where seq = ? and body like ?",
            (before, after, seq, f"%{before}%"),
        )
        assert changed.rowcount == 1
        database.commit()


def number_of(lab: Lab, run: wb.Run, kind: str, nth: int = 0) -> int:
    with closing(Journal(lab.place)) as journal:
        return [r.seq for r in journal.records(run.id) if r.kind == kind][nth]


def test_an_edited_event_is_refused_when_the_run_goes_on(lab: Lab) -> None:
    """Opened after an edit by hand, nothing is called: run and event are named, and who only wants
    to look is told how; once it is put back, the run goes on [RUNT-15, AUTH-8].
    """
    run = waiting(lab, plan(step("a", value="x"), step("b", ask=True, after=["a"])))
    seq = number_of(lab, run, "call.succeeded")
    edit(lab, seq, '"x"', '"y"')
    opened = lab.bench().open(run.id)
    with pytest.raises(JournalTampered, match=f"run {run.id} breaks at event {seq}:") as caught:
        opened.wait(20)
    assert "read_only=True" in str(caught.value)
    assert (caught.value.fields["run"], caught.value.fields["seq"]) == (run.id, seq)
    assert lab.world.calls == ["a"]
    with wb.Workbench(lab.place, planner=None, read_only=True) as looking:
        assert looking.look(run.id).view.seq == seq - 1
    edit(lab, seq, '"y"', '"x"')
    run = lab.reopen(run)
    run.inbox[0].approve()
    assert run.wait(20) == "b"


@pytest.mark.parametrize("where", ["before", "behind"])
def test_only_what_is_read_is_checked(lab: Lab, where: str) -> None:
    """From a frontier only the events behind it are read and checked, so that opening costs what it
    cost; `run.verify()` looks at all of them [RUNT-15, RUNT-4].
    """
    names = [f"s{n}" for n in range(70)]
    steps = [*chain(*names).steps, step("end", ask=True, after=[names[-1]])]
    run = waiting(lab, plan(*steps))
    with closing(Journal(lab.place)) as journal:
        (at, _), *_ = journal.snapshots(run.id, FOLD_VERSION)
        assert load_frontier(journal, run.id, head=journal.run(run.id).head) is not None
        last = journal.run(run.id).seq
    if where == "behind" and at == last:
        with closing(sqlite3.connect(lab.place)) as database:
            database.execute("delete from wb_snapshots where seq = ?", (last,))
            database.commit()
    seq = number_of(lab, run, "call.succeeded") if where == "before" else last
    edit(lab, seq, "{", "{ ")
    opened = lab.bench().open(run.id)
    if where == "behind":
        with pytest.raises(JournalTampered, match=f"event {last}:"):
            opened.wait(20)
    else:
        opened.inbox[0].approve()
        assert opened.wait(20) == "end"
        with pytest.raises(JournalTampered, match=f"event {seq}:"):
            opened.verify()
    edit(lab, seq, "{ ", "{")


def test_a_removed_end_is_found(lab: Lab) -> None:
    """Without its last event a run is not driven on either [RUNT-15]."""
    run = waiting(lab, plan(step("a", ask=True)))
    with closing(sqlite3.connect(lab.place)) as database:
        (last,) = database.execute("select max(seq) from wb_events").fetchone()
        row: Any = database.execute("select * from wb_events where seq = ?", (last,)).fetchone()
        database.execute("delete from wb_events where seq = ?", (last,))
        database.commit()
    with pytest.raises(JournalTampered, match=f"event {last}:"):
        lab.bench().open(run.id).wait(20)
    with closing(sqlite3.connect(lab.place)) as database:
        database.execute(f"insert into wb_events values ({','.join('?' * len(row))})", row)
        database.commit()
