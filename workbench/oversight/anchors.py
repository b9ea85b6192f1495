"""Anchors: the heads of a run's hash chain and of the rules', kept out of the journal's reach.

A chain alone shows that a line was changed. That the last lines were cut off, or that everything
was written anew, shows only beside an anchor.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

from workbench.errors import JournalTampered, NotFound, WorkbenchError
from workbench.journal import Journal, standing

METADATA = "workbench"
"""Key of an anchor in the metadata of a notebook's output."""


class RulesHead(TypedDict):
    """How many rows the rules of a journal had, and the hash that stands for all of them."""

    count: int
    head: str


class Anchor(TypedDict):
    """A place in a run's journal, and the hash that stands for all up to it."""

    run: str
    seq: int
    head: str
    rules: NotRequired[RulesHead]
    """Of the rules that stood or had stood then; older anchors say nothing of them."""


def anchor_of(journal: Journal, run: str) -> Anchor:
    """Give the newest anchor of a run.

    Raises:
        NotFound: there is no such run.
    """
    row = journal.run(run)
    heads = journal.read(standing.heads)
    rules = RulesHead(count=len(heads), head=heads[-1] if heads else "")
    return Anchor(run=run, seq=row.seq, head=row.head, rules=rules)


def check_anchor(journal: Journal, anchor: Mapping[str, Any]) -> int:
    """Check a run's chain, and that it still goes through an anchor; gives the number of events.

    Raises:
        JournalTampered: an event was changed, removed or added, the end was cut off, or the run
            was written anew or removed without `prune`; or rules were removed or changed.
        WorkbenchError: it is no anchor.
    """
    try:
        run, seq, head = str(anchor["run"]), int(anchor["seq"]), str(anchor["head"])
    except (KeyError, TypeError, ValueError) as error:
        raise WorkbenchError(
            f"{anchor!r} is no anchor.", "An anchor has run, seq and head: run.anchor()."
        ) from error
    if anchor.get("rules") is not None:
        _check_rules(journal, anchor["rules"], run)
    try:
        count = journal.verify(run)
    except NotFound as error:
        if any(run in cast("list[str]", what.get("runs", ())) for _, what in journal.pruned()):
            return 0
        raise _broken(run, f"the run is gone, which had {seq} events", 1) from error
    if seq > count:
        raise _broken(run, f"it ends with event {count}, and had {seq} before", count + 1)
    record = journal.records(run, after=seq - 1, limit=1) if seq > 0 else []
    if not record or record[0].hash != head:
        raise _broken(run, f"its chain holds, but does not go through event {seq} as before", seq)
    return count


def _check_rules(journal: Journal, rules: Mapping[str, Any], run: str) -> None:
    """Check that the rules of a journal still go through an anchor."""
    try:
        count, head = int(rules["count"]), str(rules["head"])
    except (KeyError, TypeError, ValueError) as error:
        raise WorkbenchError(
            f"{rules!r} anchors no rules.", "It has count and head: run.anchor()['rules']."
        ) from error
    journal.rules()  # its chain
    heads = journal.read(standing.heads)
    if len(heads) < count or (count > 0 and heads[count - 1] != head):
        raise JournalTampered(
            f"The rules of the journal are not what they were when run {run} was anchored: they "
            f"have {len(heads)} rows, had {count}, and do not go through the last of those.",
            "Rules or freezes were removed by hand: set them again, and find out who can write it.",
            run=run,
        )


def check_all(journal: Journal, anchors: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Check several anchors; gives the number of events by run, 0 for one that was pruned.

    Raises:
        JournalTampered: at least one of them does not hold; all that do not are named.
    """
    found: dict[str, int] = {}
    faults: list[JournalTampered] = []
    for anchor in anchors:
        try:
            found[str(anchor.get("run"))] = check_anchor(journal, anchor)
        except JournalTampered as fault:
            faults.append(fault)
    if len(faults) > 1:
        raise JournalTampered(
            " ".join(fault.what for fault in faults), faults[0].next_step, **faults[0].fields
        )
    if faults:
        raise faults[0]
    return found


def notebook_anchors(path: Path) -> Iterator[Anchor]:
    """Give the anchors that a saved notebook's outputs carry in their metadata."""
    for cell in json.loads(path.read_text(encoding="utf-8")).get("cells", ()):
        for output in cell.get("outputs", ()):
            found = output.get("metadata", {}).get(METADATA)
            if isinstance(found, dict) and {"run", "seq", "head"} <= set(found):
                yield cast("Anchor", found)


def _broken(run: str, why: str, seq: int) -> JournalTampered:
    return JournalTampered(
        f"Run {run} is not what it was when it was anchored: {why}.",
        "Restore the journal from a copy, and find out who can write it.",
        run=run,
        seq=seq,
    )
