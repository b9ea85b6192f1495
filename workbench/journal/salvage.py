"""Salvage: what is sound of a damaged journal is copied into a new one; the old one stays as it is.

A run that is cut off at its fault may have done more than is known, so it comes out paused, with
the reason; it goes on only when a person has looked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from workbench.clock import Clock, SystemClock
from workbench.errors import JournalDamaged, JournalError
from workbench.events import Event, FaultRecorded, Record, RunPaused, dump
from workbench.ids import digest_bytes
from workbench.journal import lines as line_store
from workbench.journal import runs
from workbench.journal.chain import Chain
from workbench.journal.journal import Journal
from workbench.journal.rows import Line
from workbench.journal.sound import Prefix
from workbench.journal.times import from_us, to_us
from workbench.states import RUN
from workbench.view import fold

ARTIFACTS = text("select digest, content from wb_artifacts")


@dataclass(frozen=True)
class Salvaged:
    """What became of one run."""

    run: str
    events: int
    """Events that were copied; 0: nothing of it could be read."""
    fault: JournalDamaged | None
    """Why there are no more; None: it is whole."""


def salvage(old: str | Path, new: str | Path, clock: Clock | None = None) -> list[Salvaged]:
    """Copy all sound runs, and the others up to their fault, into a new journal.

    Events keep their ids, places and hashes. Orders that nobody had decided are left behind.

    Raises:
        JournalError: the old journal cannot be read at all, or something is where the new one is
            to be made.
    """
    if "://" not in str(new) and Path(new).expanduser().exists():
        raise JournalError(f"{new} exists already.", "Name a file that is not there yet.")
    source = Journal(old, read_only=True)
    try:
        if source.name == str(new):
            raise JournalError("A journal cannot be copied onto itself.", "Name another file.")
        target = Journal(new)
        try:
            return _copy(source, target, (clock or SystemClock()).now())
        finally:
            target.close()
    finally:
        source.close()


def _copy(source: Journal, target: Journal, now: datetime) -> list[Salvaged]:
    for row in source.sound.tolerant(ARTIFACTS):
        if isinstance(row.content, bytes) and digest_bytes(row.content) == row.digest:
            target.put_artifact(row.digest, row.content)
    done = []
    for run in source.sound.names():
        prefix, fault = source.sound.prefix(run), source.sound.fault(run)
        if prefix.rows:
            target.write(partial(_write, prefix=prefix, fault=fault, now=now)).result()
        done.append(Salvaged(run, len(prefix.rows), fault))
    return done


def _write(
    connection: Connection, *, prefix: Prefix, fault: JournalDamaged | None, now: datetime
) -> None:
    """Write one run: its row, its lines, and how it stands now."""
    view, rows = prefix.view, prefix.rows
    last = Line(rows[-1].seq, rows[-1].at_us, rows[-1].kind, rows[-1].body, rows[-1].hash)
    key = view.key if view.key is None or not _taken(connection, view.key) else None
    runs.make(connection, prefix.run, key, view.goal, now=view.created or now, last=last)
    for row in rows:
        line = Line(row.seq, row.at_us, row.kind, row.body, row.hash)
        line_store.write(connection, prefix.run, row.epoch, [line])
    chain, added, epoch = Chain(prefix.run, view.seq, prefix.head), [], view.epoch + 1
    for event in _closing(prefix, fault):
        at_us = max(to_us(now), rows[-1].at_us)
        body = dump(event)
        seq, head = chain.extend(at_us, epoch, event.kind, body)
        added.append(Line(seq, at_us, event.kind, body, head))
        fold(view, Record(prefix.run, seq, from_us(at_us), epoch, event, head))
    if added:
        line_store.write(connection, prefix.run, epoch, added)
    runs.stand(connection, prefix.run, _standing(prefix, chain))


def _closing(prefix: Prefix, fault: JournalDamaged | None) -> list[Event]:
    """Give the events that say what happened to a run that was cut off."""
    if fault is None or prefix.view.final:
        return []
    recorded = FaultRecorded(where="salvage", error=fault.what)
    if (prefix.view.state, "run.paused") not in RUN:
        return [recorded]
    reason = (
        f"copied from a damaged journal up to event {prefix.view.seq}: what was done after it is "
        "not known, so look before you resume"
    )
    return [recorded, RunPaused(by="engine", reason=reason)]


def _standing(prefix: Prefix, chain: Chain) -> dict[str, Any]:
    view = prefix.view
    return {
        "seq": chain.seq,
        "head": chain.head,
        "epoch": view.epoch,
        "state": view.state,
        "updated_us": to_us(view.at) if view.at else 0,
        "done": sum(view.counts.get(state, 0) for state in ("succeeded", "skipped")),
        "total": len(view.steps),
        "open_requests": len(view.open_requests),
    }


def _taken(connection: Connection, key: str) -> bool:
    return runs.BY_KEY(connection, key=key) is not None
