"""Where a run is played again: a journal of its own, the real engine, nothing else that is real.

The engine drives the run from its first events on: it plans, decides, asks, waits and ends by
itself. What came from outside stands in the recording and is given at its place: proposals of the
planner, answers of tools and of the world, orders of people, and the ends of processes.
"""

from __future__ import annotations

import secrets as chance
import tempfile
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.to_thread

from workbench import events as e
from workbench.engine import Drive, Parts, family, limits
from workbench.engine.log import Log
from workbench.engine.outputs import Outputs
from workbench.errors import JournalError
from workbench.events import Record
from workbench.ids import foreseen
from workbench.journal import Journal, Lease
from workbench.replay.answers import RecordedExecutor
from workbench.replay.beside import is_beside
from workbench.replay.clock import RecordedClock
from workbench.replay.course import Course
from workbench.replay.facts import cast
from workbench.replay.orders import Orders
from workbench.replay.planner import RecordedPlanner
from workbench.replay.progress import Progress
from workbench.replay.rules import Rules
from workbench.replay.scenery import copy_artifact, drawn, write
from workbench.replay.undos import RecordedUndos
from workbench.replay.verdicts import RecordedVerdicts
from workbench.view import RunView, fold

PATIENCE_S = 5.0
"""Seconds in which nothing happens, and all that is there is waited for: then nothing will."""
LOOK_S = 0.02
IDLE = 3
"""Times that the engine drives the run without any event; then it rests."""
GRACE_S = 1.0
LEFT_S = 0.3
LEFT = ("cancelled: no longer needed", "cancelled while it was being done")
"""What the outcome of a call says when its process has let go of the run."""
BEGINS = (
    e.CallIntended,
    e.CallFailed,
    e.CallRefused,
    e.LoopExhausted,
    e.RequestOpened,
    e.ResourceSeen,
    e.StepDenied,
    e.StepSkipped,
    e.StepTimedOut,
)
"""What a step that is ready may bring."""


class Stage:
    """Plays one run again."""

    def __init__(self, course: Course, parts: Parts, patience_s: float = PATIENCE_S) -> None:
        """Set it up with the policy and the declarations of `parts`; nothing else of them is used.

        Args:
            course: what is played.
            parts: the engine of the workbench that plays it.
            patience_s: seconds without any event after which the replay counts as stuck.
        """
        self.course, self._parts, self._patience_s = course, parts, patience_s
        self.progress = Progress(course.records, course.first)
        known = parts.tools.tool_map()
        self.tools, self.missing = cast(known, course.tools, course.created.tools, course.spends)
        self.verdict = RecordedVerdicts(self.progress).find
        undos = RecordedUndos(self.progress)
        self.image, self.look_ready = undos.image, undos.look_ready
        self.view = RunView(run=course.run)
        self._orders = Orders(course, self.progress, self.tools, parts)
        self._rules = Rules(course)
        self._nobody = chance.token_hex(16)
        self._given: set[str] = set()
        """Ids that were handed out as they were recorded."""
        self._taking = False
        """Whether events are being added as they were recorded."""
        self._drive: Drive | None = None
        self._scope: anyio.CancelScope | None = None
        self._host = ""
        for record in course.records[: course.first]:
            fold(self.view, record)

    def play(self) -> None:
        """Play it to its end, or to where it diverges; blocks, in a loop of its own.

        Raises:
            JournalError: the journal of the replay cannot be written.
        """
        with tempfile.TemporaryDirectory(prefix="workbench-replay-") as folder:
            anyio.run(self._play, Path(folder))

    async def _play(self, folder: Path) -> None:
        family.APART.set(True)
        foreseen.set(self._foreseen)
        number = 0
        while not self.progress.over:
            self._take_beside()
            if self.progress.over:
                break
            number += 1
            journal = Journal(folder / f"{number}.db")
            try:
                await anyio.to_thread.run_sync(self._furnish, journal)
                await self._scene(journal)
            finally:
                await anyio.to_thread.run_sync(journal.close)

    # -- one drive ---------------------------------------------------------------------------

    async def _scene(self, journal: Journal) -> None:
        """Let the engine drive the run as far as one process did."""
        idle = 0
        while idle < IDLE and not self.progress.over:
            before = self.progress.at
            lease = await self._lease(journal)
            self._drive = drive = Drive(self._made_parts(journal), lease, self.view)
            self._look_for_order()
            with anyio.CancelScope() as self._scope:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._keep_going)
                    try:
                        await drive.run()
                    finally:
                        self._drive = None
                        tasks.cancel_scope.cancel()
            ended = self._scope.cancel_called
            self.view = self._seen(drive.view)
            if ended or self._is_for_another_scene():
                return
            idle = idle + 1 if self.progress.at == before else 0
        if not self.progress.over:
            self._stuck("it rests")

    def _is_for_another_scene(self) -> bool:
        return self._changes_host() or self._next_is_beside()

    async def _lease(self, journal: Journal) -> Lease:
        event = self.progress.next.event if self.progress.next is not None else None
        if isinstance(event, e.HostAttached):
            self._host = event.host
        now = self._clock.now()
        taken = journal.acquire(self.course.run, self._host or "replay", now)
        lease = await anyio.to_thread.run_sync(taken.result)
        if lease is None:
            raise JournalError("The replay could not take its own run.")
        return lease

    def _made_parts(self, journal: Journal) -> Parts:
        outputs = Outputs(journal.artifact)
        planned = any(isinstance(record.event, e.PlannerCalled) for record in self.course.records)
        self._executor = executor = RecordedExecutor(
            self.progress,
            self.tools,
            outputs.decode,
            lambda: self._view,
            lambda: not self._orders.open,
        )
        executor.on_begin = self._look_for_order
        return replace(
            self._parts,
            journal=journal,
            tools=self.tools,
            secrets=self._secret,
            planner=RecordedPlanner(self.progress, self._take_over) if planned else None,
            executor=executor,
            clock=self._clock,
            request_expires_s=self.course.request_expires_s,
            stop_grace_s=GRACE_S,
            caps=(),
            hooks=(),
            stall_s=None,
            variables=None,
            active=0,
            active_runs=None,
            control_requests=0.0,
            attach=lambda _run: None,
            played=self,
        )

    def _secret(self, name: str) -> str | None:
        """Give a text that is none: the calls that would use it are not made."""
        event = self.progress.next.event if self.progress.next is not None else None
        if isinstance(event, e.RunPaused) and f"the secret {name!r}" in event.reason:
            return None
        return f"secret {name} {self._nobody}"

    def _was_left(self) -> bool:
        """Whether the process was told to let go of its runs now."""
        event = self.progress.next.event if self.progress.next is not None else None
        ended = isinstance(event, (e.CallCancelled, e.CallDoubted))
        return ended and getattr(event, "why", "") in LEFT

    def _changes_host(self) -> bool:
        record = self.progress.next
        event = record.event if record is not None else None
        return isinstance(event, e.HostAttached) and event.host != self._host

    async def _keep_going(self) -> None:
        """Let time pass when all wait for it; say so when nothing happens any more."""
        moved, still_s = -1, 0.0
        while True:
            await anyio.sleep(LOOK_S)
            if moved != self.progress.moved:
                moved, still_s = self.progress.moved, 0.0
                continue
            still_s += LOOK_S
            if still_s > LEFT_S and self._was_left() and self._drive is not None:
                self._drive.leave()
            if still_s % (self._patience_s / 10) < LOOK_S and self._clock.go_on():
                self.progress.nudge()
            if still_s > self._patience_s:
                self._stuck("nothing more happens")
                self._end()

    # -- what the engine adds ----------------------------------------------------------------

    def saw(self, log: Log, record: Record) -> None:
        """Hold an event against the recording, then give what comes from outside next."""
        self._log = log
        if self._is_off or self._taking:
            return
        if self._changes_host() and not isinstance(record.event, e.HostAttached):
            self._end()  # it never came to be: the process had ended by then
            return
        if not self.progress.take(record):
            self._end()
            return
        self._orders.saw_event()
        if self._rules.put(self._journal, self._clock.now()):
            log.rules_revision = self._journal.rules()[0]
        while self._next_is_beside():
            self._take_over(1)
        if self.progress.over or self._changes_host():
            self._end()
        else:
            self._look_for_order()

    @property
    def _is_off(self) -> bool:
        return self._scope is None or self._scope.cancel_called or self.progress.over

    def _take_over(self, count: int) -> None:
        """Add events as they were recorded."""
        self._taking = True
        try:
            for _ in range(count):
                record = self.progress.next
                if record is not None:
                    self._log.add(record.event)
                    self.progress.pass_over()
        finally:
            self._taking = False
        if self.progress.over or self._changes_host():
            self._end()

    async def may_begin(self, step: str) -> bool:
        """Wait until it is a step's turn, as it was recorded."""
        while True:
            index = self._begins(step)
            if self._is_off:
                await anyio.sleep_forever()  # it is being ended
            if self._view.state != "running":
                return True  # the engine looks again, and leaves it
            if index is not None and self.progress.at >= index and not self._orders.open:
                return not self._is_over_cap(index)
            record = self.progress.next
            if self._stopped_there(step):
                return True
            by_itself = record is not None and record.step is None and not self._orders.open
            if (
                index is None
                and by_itself
                and record
                and self._orders.find(record, self._view, self._clock.now()) is None
            ):
                return False
            await self.progress.change()

    def _stopped_there(self, step: str) -> bool:
        """Whether the run paused next because this step could not be done."""
        event = self.progress.next.event if self.progress.next is not None else None
        if not isinstance(event, e.RunPaused) or event.by != "engine":
            return False
        return event.reason.startswith((f"step {step} cannot be done here", "the tool "))

    def _begins(self, step: str) -> int | None:
        """Find the next event that this step itself has brought, while this process drove it."""
        for n, record in self.progress.to_come():
            event = record.event
            if isinstance(event, e.HostAttached) and event.host != self._host:
                return None
            if record.step == step:
                by = getattr(event, "by", "")
                mine = isinstance(event, BEGINS) and by in ("", "policy", "probe", "engine")
                return n if mine else None
        return None

    def _is_over_cap(self, index: int) -> bool:
        """Ask what was asked because of what other runs have spent; they are not here."""
        event = self.course.records[index].event
        if not isinstance(event, e.RequestOpened) or event.about != "budget":
            return False
        names = event.evidence.get(limits.CROSSES, ())
        if all(name in self._view.limits for name in names):
            return False
        self._take_over(1)
        return True

    def _take_beside(self) -> None:
        """While nobody drives it: what others have written then."""
        while self._next_is_beside():
            fold(self.view, self.course.records[self.progress.at])
            self.progress.pass_over()

    def _next_is_beside(self) -> bool:
        following = self.progress.next
        return following is not None and is_beside(following.event, self.progress, self._view)

    def _end(self) -> None:
        if self._scope is not None:
            self._scope.cancel()

    def _stuck(self, how: str) -> None:
        record = self.progress.next
        assert record is not None  # noqa: S101 - looked at before
        step = f" of step {record.step!r}" if record.step else ""
        refused = f" ({self._orders.refusal})" if self._orders.refusal else ""
        why = f"recorded was {record.kind}{step}, and in the replay {how}{refused}"
        self.progress.diverge(why)

    # -- orders ------------------------------------------------------------------------------

    def _look_for_order(self) -> None:
        """Give the order that has brought the next recorded event, if one has."""
        record = self.progress.next
        if record is None or self._drive is None or self._orders.open or self._is_off:
            return
        found = self._orders.find(record, self._view, self._clock.now())
        if found is None or not self._executor.all_begun():
            return
        if found.meant_less(record.event):
            self._orders.give(found.number, 0)
            self._take_over(len(found.brings))
        else:
            self._orders.give(found.number, len(found.brings))
            self._journal.command(self.course.run, found.command, self._clock.now())
        self._drive.look_again()

    @property
    def _view(self) -> RunView:
        return self._drive.view if self._drive is not None else self.view

    # -- the journal of the replay -----------------------------------------------------------

    def _furnish(self, journal: Journal) -> None:
        """Write into a new journal what the run has come to, and what it refers to."""
        self._journal, self._clock = journal, RecordedClock(self.progress)
        for name in sorted(self.course.digests()):
            copy_artifact(self.course, journal, name)
        write(journal, self.course.run, self.progress.replayed)
        for name, records in self.course.others.items():
            write(journal, name, records)
        self._rules.begin(self.progress.replayed)
        self._rules.put(journal, self._clock.now())

    def _seen(self, view: RunView) -> RunView:
        """Fold what was replayed; what the last drive has added behind it does not count."""
        if view.seq == len(self.progress.replayed):
            return view
        view = RunView(run=self.course.run)
        for record in self.progress.replayed:
            fold(view, record)
        return view

    def _foreseen(self, prefix: str) -> str | None:
        """Say which id was drawn when it was recorded."""
        for _, record in self.progress.to_come():
            name = drawn(record.event, prefix)
            if name and name not in self._given:
                if prefix == "req":
                    self._given.add(name)
                return name
        return None
