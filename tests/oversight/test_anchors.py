"""Anchors outside the journal: what was changed, cut off, written anew or removed is found."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain
from workbench.errors import JournalTampered, WorkbenchError
from workbench.journal.chain import GENESIS, link
from workbench.widgets.show import mimebundle


def done(lab: Lab, bench: wb.Workbench | None = None) -> wb.Run:
    """A run that has ended, of three calls that change the world."""
    run = (bench or lab.bench()).start(plan=chain("a", "b", "c", tool="send"))
    run.wait(20)
    return run


def by_hand(run: wb.Run, change: Callable[[sqlite3.Connection], object]) -> None:
    """Change the journal as somebody who may write the file."""
    with closing(sqlite3.connect(run.bench.journal.name, timeout=20)) as database:
        change(database)
        database.commit()


def cut(run: wb.Run, events: int) -> None:
    """Take the last events away, and make everything else fit."""

    def change(database: sqlite3.Connection) -> None:
        last = run.view.seq - events
        database.execute("delete from wb_events where run = ? and seq > ?", (run.id, last))
        head = "select hash from wb_events where run = ? and seq = ?"
        (hash_,) = database.execute(head, (run.id, last)).fetchone()
        database.execute("update wb_runs set seq = ?, head = ? where id = ?", (last, hash_, run.id))
        database.execute("delete from wb_snapshots where run = ?", (run.id,))

    by_hand(run, change)


def rewrite(run: wb.Run) -> None:
    """Change the reason of an early line and make the whole chain fit it."""

    def change(database: sqlite3.Connection) -> None:
        head = GENESIS
        rows = "select seq, at_us, epoch, kind, body from wb_events where run = ? order by seq"
        for seq, at_us, epoch, kind, body in database.execute(rows, (run.id,)).fetchall():
            text = body.replace('"a chain"', '"another"')
            head = link(head, run.id, seq, at_us, epoch, kind, text)
            line = "update wb_events set body = ?, hash = ? where run = ? and seq = ?"
            database.execute(line, (text, head, run.id, seq))
        database.execute("update wb_runs set head = ? where id = ?", (head, run.id))
        database.execute("delete from wb_snapshots where run = ?", (run.id,))

    by_hand(run, change)


@pytest.fixture
def unaudited(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the harness's own check of every chain: these tests break them on purpose."""
    monkeypatch.setattr(lab, "_audit", lambda _journal: None)


def test_an_anchor_names_a_place(lab: Lab, world: World) -> None:
    """An anchor of a running journal holds when it has grown [AUTH-14]."""
    run = lab.bench().start(plan=chain("a", "b"))
    early = run.anchor()
    run.wait(20)
    assert set(early) == {"run", "seq", "head", "rules"}
    assert run.verify(anchor=early) == run.verify() == run.view.seq
    assert run.verify(anchor=json.loads(json.dumps(run.anchor()))) == run.view.seq


@pytest.mark.usefixtures("unaudited")
def test_a_cut_end_is_found(lab: Lab, world: World) -> None:
    """A journal whose end was cut off has a valid chain; its anchor does not hold [AUTH-14]."""
    run = done(lab)
    anchor, seq = run.anchor(), run.view.seq
    cut(run, 2)
    assert run.verify() == seq - 2
    with pytest.raises(JournalTampered, match=f"ends with event {seq - 2}, and had {seq} before"):
        run.verify(anchor=anchor)


@pytest.mark.usefixtures("unaudited")
def test_a_journal_written_anew_is_found(lab: Lab, world: World) -> None:
    """A journal that was changed with a new chain over it does not go through the anchor
    [AUTH-14]."""
    run = done(lab)
    anchor = run.anchor()
    rewrite(run)
    assert run.verify() == anchor["seq"]
    with pytest.raises(JournalTampered, match="does not go through event"):
        run.verify(anchor=anchor)


def test_an_anchor_of_nothing_is_refused(lab: Lab, world: World) -> None:
    """What is no anchor is not taken for one that holds [AUTH-14]."""
    run = done(lab)
    for wrong in ({}, {"run": run.id, "seq": "x", "head": ""}, {"seq": 3}):
        with pytest.raises(WorkbenchError, match="no anchor"):
            run.verify(anchor=wrong)
    for wrong in ({**run.anchor(), "seq": 0}, {**run.anchor(), "seq": -4}):
        with pytest.raises(JournalTampered):
            run.verify(anchor=wrong)


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
@pytest.mark.parametrize("fault", ["cut", "rewrite", "gone"])
@pytest.mark.usefixtures("unaudited")
def test_an_export_finds_what_was_done_to_the_journal(
    lab: Lab, world: World, fault: str, suffix: str, tmp_path: Path
) -> None:
    """The anchors of an export find a cut end, a new chain and a run that is gone [AUTH-14]."""
    bench = lab.bench()
    run, sound = done(lab, bench), done(lab, bench)
    path = bench.export_audit(tmp_path / f"audit.{suffix}")
    assert bench.verify_anchors(path) == {run.id: run.view.seq, sound.id: sound.view.seq}
    if fault == "gone":
        by_hand(run, lambda d: d.execute("delete from wb_events where run = ?", (run.id,)))
        by_hand(run, lambda d: d.execute("delete from wb_runs where id = ?", (run.id,)))
    else:
        {"cut": lambda: cut(run, 2), "rewrite": lambda: rewrite(run)}[fault]()
    with pytest.raises(JournalTampered, match=run.id):
        bench.verify_anchors(path)


@pytest.mark.parametrize("recomputed", [False, True])
def test_a_changed_row_of_an_export_is_found(
    lab: Lab, world: World, recomputed: bool, tmp_path: Path
) -> None:
    """Export, tamper one row: verification fails, with a new digest over the rows too [AUTH-14]."""
    from workbench.ids import digest

    bench = lab.bench()
    done(lab, bench)
    path = bench.export_audit(tmp_path / "audit.jsonl")
    header, *rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[1]["outcome"] = "denied"
    if recomputed:
        header["rows"] = digest(rows)
    path.write_text("\n".join(json.dumps(line) for line in (header, *rows)))
    with pytest.raises(JournalTampered, match="do not agree"):
        bench.verify_anchors(path)
    del rows[1]
    path.write_text("\n".join(json.dumps(line) for line in (header, *rows)))
    with pytest.raises(JournalTampered, match="do not agree"):
        bench.verify_anchors(path)


def test_a_changed_row_of_parquet_is_found(lab: Lab, world: World, tmp_path: Path) -> None:
    """A value that was changed in the Parquet file is found [AUTH-14]."""
    import pyarrow.parquet as pq

    bench = lab.bench()
    done(lab, bench)
    path = bench.export_audit(tmp_path / "audit.parquet")
    table = pq.read_table(path)
    frame = table.to_pandas()
    frame.loc[0, "decided_by"] = "ada"
    changed = type(table).from_pandas(frame, preserve_index=False)
    pq.write_table(changed.replace_schema_metadata(table.schema.metadata), path)
    with pytest.raises(JournalTampered, match="do not agree"):
        bench.verify_anchors(path)


def test_an_export_stays_true_while_runs_go_on(lab: Lab, world: World, tmp_path: Path) -> None:
    """What happened after an export, a run that was pruned, and another process without the tools
    do not make it false [AUTH-14]."""
    bench = lab.bench()
    old, gate = done(lab, bench), world.gate("x")
    run = bench.start(plan=chain("x", "y"))
    gate.wait_reached()
    path = bench.export_audit(tmp_path / "audit.jsonl")
    gate.open()
    run.wait(20)
    counts = bench.verify_anchors(path)
    assert counts == {old.id: old.view.seq, run.id: run.view.seq}
    with wb.Workbench(lab.place, planner=None) as bare:
        assert bare.verify_anchors(path) == counts
    bench.prune(timedelta(0), keep=1)
    assert bench.verify_anchors(path) == {old.id: 0, run.id: run.view.seq}


@pytest.mark.usefixtures("unaudited")
def test_a_saved_notebook_anchors_its_runs(lab: Lab, world: World, tmp_path: Path) -> None:
    """A run that shows itself leaves its anchor in the output's metadata, which finds a cut end
    [AUTH-14]."""
    run = done(lab)
    _, metadata = mimebundle(run)
    assert metadata["workbench"] == run.anchor()
    output = {"output_type": "execute_result", "metadata": metadata, "data": {}}
    path = tmp_path / "saved.ipynb"
    path.write_text(json.dumps({"cells": [{"outputs": [output]}, {"source": ""}]}))
    assert run.bench.verify_anchors(path) == {run.id: run.view.seq}
    cut(run, 1)
    with pytest.raises(JournalTampered, match="ends with event"):
        run.bench.verify_anchors(path)


def test_a_file_without_anchors_proves_nothing(lab: Lab, world: World, tmp_path: Path) -> None:
    """A file that holds no anchor is an error and not a success [AUTH-14]."""
    run = done(lab)
    for name, text in [("a.json", "[]"), ("a.ipynb", '{"cells": []}'), ("b.json", "?")]:
        (tmp_path / name).write_text(text)
        with pytest.raises(WorkbenchError, match=r"no anchor|cannot be read"):
            run.bench.verify_anchors(tmp_path / name)
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "c.parquet")
    (tmp_path / "c.jsonl").write_text('{"format": "other"}\n')
    for name in ("c.parquet", "c.jsonl", "not-there.jsonl"):
        with pytest.raises(WorkbenchError, match="no audit"):
            run.bench.verify_anchors(tmp_path / name)
    (tmp_path / "one.json").write_text(json.dumps(run.anchor()))
    assert run.bench.verify_anchors(tmp_path / "one.json") == {run.id: run.view.seq}
