"""How people name a run and a request: by what they see, not by the whole id."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workbench.errors import NotFound
from workbench.journal import RunRow
from workbench.request import Request
from workbench.states import RUN_FINAL

PREFIX = "run-"


def any_run(_row: RunRow) -> bool:
    """Take every run."""
    return True


def unfinished(row: RunRow) -> bool:
    """Take the runs that have not ended."""
    return row.state not in RUN_FINAL


def asking(row: RunRow) -> bool:
    """Take the runs that have an open request."""
    return row.open_requests > 0


def find_run(
    rows: Sequence[RunRow], name: str | None, default: Callable[[RunRow], bool] = any_run
) -> RunRow:
    """Find a run by its id, the beginning of it (`7F2K`), or its key.

    Args:
        rows: all runs, newest first.
        name: what the person typed; None: the newest run that `default` takes.
        default: which runs may be meant when none is named.

    Raises:
        NotFound: no run is meant, or more than one.
    """
    if name is None:
        row = next((row for row in rows if default(row)), None)
        if row is None:
            raise NotFound(f"The journal has no {_words(default)}.", "`runs` lists what there is.")
        return row
    exact = [row for row in rows if name in (row.id, row.key)]
    start = PREFIX + name.lower().removeprefix(PREFIX)
    found = exact or [row for row in rows if row.id.startswith(start)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFound(f"The journal has no run {name!r}.", "`runs` lists what there is.", run=name)
    raise NotFound(
        f"{len(found)} runs begin with {name!r}.",
        f"Name one of them: {', '.join(row.id for row in found)}.",
        run=name,
    )


def place_of(name: str | None) -> str | int | None:
    """Understand a place in a run as a person types it: a checkpoint's name, or a position."""
    if name is None or not name.strip():
        return None
    text = name.strip().strip("\"'")
    return int(text) if text.isdecimal() else text


def _words(default: Callable[[RunRow], bool]) -> str:
    if default is asking:
        return "run with an open request"
    return "unfinished run" if default is unfinished else "run"


def find_request(requests: Sequence[Request], number: int | None) -> Request:
    """Find an open request by its place in the list, from 0.

    Args:
        requests: the open ones, oldest first.
        number: its place; None: the only one.

    Raises:
        NotFound: none is meant, or it is not clear which.
    """
    if not requests:
        raise NotFound("No request is open.", "There is nothing to answer.")
    listed = "; ".join(f"{at}: {request.title}" for at, request in enumerate(requests))
    if number is None:
        if len(requests) == 1:
            return requests[0]
        raise NotFound(f"{len(requests)} requests are open.", f"Say which one: {listed}.")
    if not 0 <= number < len(requests):
        raise NotFound(f"There is no request number {number}.", f"Open are: {listed}.")
    return requests[number]
