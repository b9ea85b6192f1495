"""The addresses below `workbench/api`: each checks who asks, and works in a thread."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import ensure_async
from pydantic import ValidationError
from tornado.web import HTTPError, authenticated

from workbench.errors import (
    CommandRefused,
    JournalError,
    NotFound,
    PlanError,
    VariablesChanged,
    WorkbenchError,
)
from workbench.lookback import WITHHELD, Lookback
from workbench.server.looking import Looking, said, without_tokens
from workbench.server.ordering import Ordering
from workbench.server.threads import Threads

T = TypeVar("T")
Method = TypeVar("Method", bound=Callable[..., Any])

RUNS = "workbench-runs"
"""What a person needs `read` on to look, and `write` on to add a journal."""
COMMANDS = "workbench-commands"
"""What a person needs `write` on to order."""
HIDDEN = "workbench-hidden"
"""What a person needs `read` on to be shown tools that the principal of a run may not know."""
LARGEST_BODY = 1_000_000
"""Bytes."""
LONGEST_NUMBER = 16
"""Digits."""
STATUS: tuple[tuple[type[WorkbenchError], int], ...] = (
    (NotFound, 404),
    (CommandRefused, 409),
    (PlanError, 409),
    (VariablesChanged, 409),
    (JournalError, 503),
    (WorkbenchError, 400),
)


def allowed(action: str, resource: str) -> Callable[[Method], Method]:
    """Let in only who is known to the server and whom its authorizer allows this."""

    def guarded(method: Method) -> Method:
        checked: Any = authorized(action, resource)(method)
        return cast("Method", authenticated(checked))

    return guarded


class Door(APIHandler):  # type: ignore[misc, unused-ignore]
    """What all addresses share."""

    looking: Looking
    ordering: Ordering
    threads: Threads

    def initialize(self, looking: Looking, ordering: Ordering, threads: Threads) -> None:
        """Take what the server made for all requests."""
        self.looking, self.ordering, self.threads = looking, ordering, threads

    async def off_loop(self, work: Callable[..., T], *given: Any) -> T:
        """Work in a thread; what the workbench refuses becomes an answer that says why."""
        try:
            return await self.threads.reading(work, *given)
        except WorkbenchError as fault:
            raise _answer(fault) from fault

    async def may_order(self) -> bool:
        """Whether this person may do more than look."""
        asked = self.authorizer.is_authorized(self, self.current_user, "write", COMMANDS)
        return bool(await ensure_async(asked))

    async def sees_all(self) -> bool:
        """Whether this person is shown tools that the principal of a run may not know."""
        asked = self.authorizer.is_authorized(self, self.current_user, "read", HIDDEN)
        return bool(await ensure_async(asked))

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """Read a number from the address.

        Raises:
            HTTPError: it is none, or too large or small.
        """
        text = self.get_query_argument(name, str(default))
        given = (
            int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else -1
        )
        if not least <= given <= most:
            raise HTTPError(400, f"{name} must be a number from {least} to {most}.")
        return given

    def body(self) -> dict[str, Any]:
        """Read the JSON object that was sent.

        Raises:
            HTTPError: it is none.
        """
        if len(self.request.body) > LARGEST_BODY:
            raise HTTPError(413, f"More than {LARGEST_BODY} bytes were sent.")
        try:
            read = json.loads(self.request.body)
        except (ValueError, RecursionError) as error:
            raise HTTPError(400, "What was sent is no JSON.") from error
        if not isinstance(read, dict):
            raise HTTPError(400, "What was sent is no JSON object.")
        return read

    def write_error(self, status_code: int, **given: Any) -> None:  # noqa: ARG002 - tornado's
        """Answer in JSON, with the sentence to show."""
        fault = (given.get("exc_info") or (None, None))[1]
        cause = fault.__cause__ if isinstance(fault, HTTPError) else None
        if isinstance(cause, WorkbenchError):
            self.finish(json.dumps(said(cause)))
            return
        sentence = (
            (fault.log_message or "").replace("%%", "%") if isinstance(fault, HTTPError) else ""
        )
        self.finish(json.dumps({"message": sentence or self._reason, "error": self._reason}))


class ApiHandler(Door):
    """What this door can do for the person who asks."""

    @allowed("read", RUNS)
    async def get(self) -> None:
        """Say that it is here."""
        self.finish(json.dumps({"workbench": 1, "may_order": await self.may_order()}))


class DescriptionHandler(Door):
    """The OpenAPI description."""

    @allowed("read", RUNS)
    async def get(self) -> None:
        """Describe every address."""
        from workbench.server.description import description

        self.finish(json.dumps(description(f"{self.base_url}workbench/api")))


class JournalsHandler(Door):
    """The journals of this user."""

    @allowed("read", RUNS)
    async def get(self) -> None:
        """List them."""
        rows = await self.off_loop(self.looking.list_journals)
        self.finish(json.dumps({"journals": rows}))

    @allowed("write", RUNS)
    async def post(self) -> None:
        """Add one by its path below the root folder."""
        path = self.body().get("path")
        if not isinstance(path, str):
            raise HTTPError(400, "`path` must be a text.")
        note = await self.off_loop(self.looking.journals.add, path)
        self.set_status(201)
        name = self.looking.journals.shown(note)
        self.finish(json.dumps({"id": note.id, "name": name, "fault": None}))


class RunsHandler(Door):
    """Runs of all journals."""

    @allowed("read", RUNS)
    async def get(self) -> None:
        """List the newest."""
        limit = self.number("limit", 100, 1, 1000)
        look = partial(self.looking.list_runs, sees_all=await self.sees_all())
        self.finish(json.dumps(await self.off_loop(look, limit)))


class FreezesHandler(Door):
    """Freezes of all journals."""

    @allowed("read", RUNS)
    async def get(self) -> None:
        """List those in force, the oldest first."""
        look = partial(self.looking.list_freezes, sees_all=await self.sees_all())
        self.finish(json.dumps(await self.off_loop(look)))


class InboxHandler(Door):
    """What waits for a person."""

    @allowed("read", RUNS)
    async def get(self) -> None:
        """List it, the oldest first."""
        look = partial(self.looking.inbox, sees_all=await self.sees_all())
        self.finish(json.dumps(await self.off_loop(look)))


class RunHandler(Door):
    """One run, as a page sees it."""

    @allowed("read", RUNS)
    async def get(self, journal: str, run: str) -> None:
        """Give the whole view of it, as the first batch of a feed."""
        look = partial(self.looking.feed, sees_all=await self.sees_all())
        feed = await self.off_loop(look, journal, run)
        batch = await self.off_loop(feed.full)
        may = await self.may_order()
        self.finish(json.dumps(batch if may else without_tokens(batch)))


class TraceHandler(Door):
    """The trace of one run, in pages."""

    @allowed("read", RUNS)
    async def get(self, journal: str, run: str) -> None:
        """Give the rows behind an event."""
        after = self.number("after", 0, 0, 2**53)
        limit = self.number("limit", 500, 1, 1000)
        look = partial(self.looking.trace, sees_all=await self.sees_all())
        page = await self.off_loop(look, journal, run, after, limit)
        self.finish(json.dumps(page))


class PastDoor(Door):
    """What all addresses of the past share."""

    async def past(self, journal: str, run: str) -> Lookback:
        """Give the past to who may see all: what is hidden from others is not sorted out in it.

        Raises:
            HTTPError: this person may not.
        """
        look = partial(self.looking.past, sees_all=await self.sees_all())
        found = await self.off_loop(look, journal, run)
        if found is None:
            raise HTTPError(403, WITHHELD)
        return found


class PlacesHandler(PastDoor):
    """The places of one run to go back to."""

    @allowed("read", RUNS)
    async def get(self, journal: str, run: str) -> None:
        """List them, with the runs beside it and what was taken back."""
        past = await self.past(journal, run)
        self.finish(json.dumps(await self.off_loop(past.places)))


class PlaceHandler(PastDoor):
    """One place."""

    @allowed("read", RUNS)
    async def get(self, journal: str, run: str, seq: str) -> None:
        """Say what it holds, and what it does not."""
        past = await self.past(journal, run)
        self.finish(json.dumps(await self.off_loop(past.place, int(seq))))


class UndoHandler(PastDoor):
    """What an undo would do."""

    @allowed("read", RUNS)
    async def get(self, journal: str, run: str, seq: str) -> None:
        """Foresee it for each effect since a place, as far as the journal knows."""
        past = await self.past(journal, run)
        self.finish(json.dumps(await self.off_loop(past.undo, int(seq))))


class ChangesHandler(PastDoor):
    """What one revision of the plan changed."""

    @allowed("read", RUNS)
    async def get(self, journal: str, run: str, number: str) -> None:
        """Hold it against the revision before, step by step."""
        past = await self.past(journal, run)
        self.finish(json.dumps(await self.off_loop(past.changes, int(number))))


class TermsHandler(PastDoor):
    """What one run acts on."""

    @allowed("read", RUNS)
    async def get(self, journal: str, run: str) -> None:
        """Say how much it asks, its limits and rights, and what was decided and said."""
        past = await self.past(journal, run)
        self.finish(json.dumps(await self.off_loop(past.terms)))


class CompareHandler(PastDoor):
    """Two runs side by side."""

    @allowed("read", RUNS)
    async def get(self, journal: str, run: str, other: str) -> None:
        """Compare one with another of the same journal."""
        past = await self.past(journal, run)
        self.finish(json.dumps(await self.off_loop(past.compare, other)))


class CommandsHandler(Door):
    """Orders to one run, or to all of a journal."""

    @allowed("write", COMMANDS)
    async def post(self, journal: str, run: str | None = None) -> None:
        """Write one command, and say what became of it."""
        body = self.body()
        if body.get("surface", "panel") not in ("panel", "widget"):
            raise HTTPError(400, "`surface` must be panel or widget.")
        if not isinstance(body.get("id", ""), str):
            raise HTTPError(400, "`id` must be a text.")
        if not isinstance(body.get("command"), dict):
            raise HTTPError(400, "`command` must be an object.")
        connection = self.request.connection
        caller = getattr(getattr(connection, "stream", None), "socket", None)
        try:
            done = await self.threads.ordering(self.ordering.order, journal, run, body, caller)
        except ValidationError as fault:
            first = fault.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise HTTPError(400, f"{where}: {first['msg']}") from fault
        except WorkbenchError as fault:
            look = partial(self.looking.said, sees_all=await self.sees_all())
            self.set_status(_answer(fault).status_code)
            self.finish(json.dumps(await self.off_loop(look, fault, journal, run)))
            return
        self.finish(json.dumps({"carried_out": done}))


class NowhereHandler(Door):
    """Every other address below this door."""

    @allowed("read", RUNS)
    async def get(self) -> None:
        """Say that there is nothing."""
        raise HTTPError(404, "There is nothing at this address.")

    post = put = patch = delete = get


def _answer(fault: WorkbenchError) -> HTTPError:
    status = next(status for kind, status in STATUS if isinstance(fault, kind))
    return HTTPError(status, str(fault))
