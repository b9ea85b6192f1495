"""Streams of server-sent events: what has changed, as it changes; each can be taken up again."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Any

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError

from workbench.feed import Feed
from workbench.server.handlers import RUNS, Door, allowed
from workbench.server.looking import Looking, without_tokens
from workbench.server.ordering import Ordering
from workbench.server.threads import Threads

LOOK_S = 0.05
"""Seconds between two looks at a run that changes."""
CALM_S = 0.25
"""Seconds between two looks at a run that doesn't, and at the inbox."""
BEAT_S = 4.0
"""Seconds between two signs of life."""
MOST = 64
"""Streams at the same time."""


class Stream(Door):
    """One open stream."""

    _track_activity = False
    _open = 0

    def initialize(self, looking: Looking, ordering: Ordering, threads: Threads) -> None:
        """Prepare to notice that the page has gone."""
        super().initialize(looking, ordering, threads)
        self._gone = asyncio.Event()

    def on_connection_close(self) -> None:
        """The page has gone."""
        self._gone.set()

    async def tell(self, events: AsyncIterator[tuple[str, dict[str, Any], str | None]]) -> None:
        """Send events until the page goes, or there are no more."""
        if Stream._open >= MOST:
            raise HTTPError(503, f"There are {MOST} streams already.")
        self.set_header("Cache-Control", "no-cache, no-transform")
        self.set_header("X-Accel-Buffering", "no")
        self.set_header("Content-Type", "text/event-stream")
        Stream._open += 1
        try:
            with suppress(StreamClosedError):
                async for kind, data, place in events:
                    mark = "" if place is None else f"id: {place}\n"
                    self.write(f"{mark}event: {kind}\ndata: {json.dumps(data)}\n\n")
                    await self.flush()
        except HTTPError:
            if not self._headers_written:  # later there is no answer to give: a page that comes
                raise  # again for the rest is told
        finally:
            Stream._open -= 1

    def finish(self, *given: Any, **named: Any) -> Any:
        """End; a stream stays a stream to its end."""
        if self._headers_written or self.get_status() == 200:  # noqa: PLR2004 - a stream that began
            named["set_content_type"] = "text/event-stream"
        return super().finish(*given, **named)

    async def rest(self, seconds: float) -> bool:
        """Wait; False when the page has gone meanwhile."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._gone.wait(), seconds)
        return not self._gone.is_set()


class RunStream(Stream):
    """The batches of one run; the id of each is its number and the event that it goes up to."""

    @allowed("read", RUNS)
    async def get(self, journal: str, run: str) -> None:
        """Send all, or what came behind `Last-Event-ID`; then each batch when it is made."""
        look = partial(self.looking.feed, sees_all=await self.sees_all())
        feed = await self.off_loop(look, journal, run)
        await self.tell(self._batches(feed, may_order=await self.may_order()))

    async def _batches(
        self, feed: Feed, *, may_order: bool
    ) -> AsyncIterator[tuple[str, dict[str, Any], str | None]]:
        loop = asyncio.get_running_loop()
        known = re.fullmatch(
            r"(\d{1,15})\.(\d{1,15})", self.request.headers.get("Last-Event-ID", "")
        )
        again = known is not None and await self.off_loop(
            feed.begin_behind, int(known[1]), int(known[2])
        )
        batch = None if again else await self.off_loop(feed.full)
        beat_at, pause_s = loop.time(), LOOK_S
        while True:
            if batch is not None:
                place = f"{feed.number}.{feed.seq}"
                yield "batch", batch if may_order else without_tokens(batch), place
                pause_s = LOOK_S
            if loop.time() >= beat_at:
                yield "beat", await self.off_loop(self.looking.beat, feed), None
                beat_at = loop.time() + BEAT_S
            if not await self.rest(pause_s):
                return
            batch = await self.off_loop(feed.next)
            pause_s = min(CALM_S, pause_s * 1.5)


class InboxStream(Stream):
    """The list of all that waits for a person, whenever it or the state of a run changes."""

    @allowed("read", RUNS)
    async def get(self) -> None:
        """Send it, unless `Last-Event-ID` is what it is; then again after each change."""
        await self.tell(self._changes())

    async def _changes(self) -> AsyncIterator[tuple[str, dict[str, Any], str | None]]:
        loop = asyncio.get_running_loop()
        look = partial(self.looking.inbox, sees_all=await self.sees_all())
        sent, beat_at = self.request.headers.get("Last-Event-ID", ""), loop.time()
        while True:
            mark = await self.off_loop(self.looking.inbox_mark)
            if mark != sent:
                yield "inbox", await self.off_loop(look), mark
                sent = mark
            if loop.time() >= beat_at:
                yield "beat", {"kind": "pong", "n": None}, None
                beat_at = loop.time() + BEAT_S
            if not await self.rest(CALM_S):
                return
