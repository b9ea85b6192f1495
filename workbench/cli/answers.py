"""Commands that answer an open request: approve, deny."""

from __future__ import annotations

import json
import math
import sys
import time
from enum import StrEnum
from typing import Annotated, Any

import typer

from workbench.cli.delivery import deliver, tell
from workbench.cli.freezing import tell_frozen
from workbench.cli.journals import DEFAULT, JournalOption, RunArgument, look, opened
from workbench.commands import Command
from workbench.engine.refusing import frozen_tool
from workbench.errors import WorkbenchError
from workbench.gate import YES, same
from workbench.inbox import Batch, Inbox
from workbench.lookup import asking, find_request
from workbench.request import Request
from workbench.run import Run
from workbench.workbench import Workbench

NumberOption = Annotated[
    int | None,
    typer.Option("--request", "-r", help="Its number in `inbox`.", show_default="the only one"),
]


class ScopeChoice(StrEnum):
    """How far an approval reaches."""

    once = "once"
    step = "step"
    run = "run"
    always = "always"


class ThenChoice(StrEnum):
    """What the run does after a refusal; values as in `Request.deny`."""

    go_on = "continue"
    replan = "replan"
    freeze = "freeze"
    stop = "stop"


def approve(
    run: RunArgument = None,
    journal: JournalOption = DEFAULT,
    request: NumberOption = None,
    *,
    scope: Annotated[
        ScopeChoice,
        typer.Option(
            help="This call, this step again, this tool in this run, or, by a rule that can be "
            "lifted, such calls of every run."
        ),
    ] = ScopeChoice.once,
    limits: Annotated[
        str | None,
        typer.Option(
            help='How far run and always reach, as JSON: {"calls": 5, "usd": {"at_most": 500}}.'
        ),
    ] = None,
    args: Annotated[
        str | None, typer.Option(help='Other arguments, as JSON: {"to": "me@example.org"}.')
    ] = None,
    confirm: Annotated[
        str, typer.Option(help="What the request asks to be typed, such as the amount.")
    ] = "",
    arm: Annotated[
        bool, typer.Option("--arm", help="Take the first of two steps, and nothing more.")
    ] = False,
    batch: Annotated[
        bool, typer.Option("--batch", help="Also what is alike: same tool, same light class.")
    ] = False,
    without: Annotated[
        str, typer.Option(help="With --batch: numbers in `inbox` to leave out, as 3,5.")
    ] = "",
    choose: Annotated[
        str | None, typer.Option(help="The answer, where the request asks for a choice or a text.")
    ] = None,
) -> None:
    """Allow what a run asks for, or answer its question."""
    edited, reach = _read_object(args, "--args"), _read_object(limits, "--limits")
    with opened(journal) as bench:
        answer = _Answer(bench, look(bench, run, asking), request)
        if choose is not None:
            answer.request.choose(choose, surface="cli")
        elif arm:
            answer.request.arm(surface="cli")
        elif batch:
            answer.batch(_numbers(without)).approve(surface="cli")
        else:
            given = confirm or ask_for(answer.request)
            answer.request.approve(edited, scope.value, confirm=given, limits=reach, surface="cli")
        answer.tell()


def deny(
    run: RunArgument = None,
    journal: JournalOption = DEFAULT,
    request: NumberOption = None,
    *,
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why; the planner reads it.")] = "",
    then: Annotated[
        ThenChoice,
        typer.Option(
            help="What the run does without it; freeze: it is held, and no run calls this tool "
            "until it is lifted by `unfreeze`."
        ),
    ] = ThenChoice.go_on,
) -> None:
    """Refuse what a run asks for."""
    with opened(journal) as bench:
        answer = _Answer(bench, look(bench, run, asking), request)
        answer.request.deny(reason, then.value, surface="cli")
        answer.tell()
        if then is ThenChoice.freeze:
            tell_frozen(bench, frozen_tool(answer.request.view), journal)


class _Answer:
    """One request, whose answer is delivered and waited for a little."""

    def __init__(self, bench: Workbench, run: Run, number: int | None) -> None:
        self._bench, self._run = bench, run
        found = find_request(run.inbox, number)
        self.request = Request(run.id, found.view, self._send)
        self._carried_out = False

    def batch(self, without: list[int]) -> Batch:
        """Give what is alike, without the requests of these numbers in the inbox."""
        inbox = Inbox(Request(self._run.id, r.view, self._send) for r in self._run.inbox)
        for found in inbox.batches():
            ids = [request.id for request in found]
            if self.request.id in ids:
                out = [find_request(inbox, number).id for number in without]
                return found.without(*(r for r in found if r.id in out))
        raise WorkbenchError(
            f"Nothing is like {self.request.title!r}, or its class is answered one by one.",
            "Approve it alone: leave out --batch.",
        )

    def tell(self) -> None:
        tell(self._run, carried_out=self._carried_out)
        given = self._run.view.requests[self.request.id].answer
        if given is not None and given.rule is not None and given.verdict == "approve":
            lift = f"bench.rules.lift({given.rule_id!r})"
            print(f"It stands for every run: {given.rule}. To lift it: {lift}")

    def _send(self, command: Command) -> None:
        self._carried_out = deliver(self._bench, self._run, command)


def ask_for(request: Request) -> str:
    """Ask the person at a terminal for what the class of risk asks for; elsewhere, for nothing.

    A command that was written out is a deliberate act; whether it is enough says the workbench.

    Raises:
        WorkbenchError: the person did not confirm.
    """
    gate = request.gate
    if request.kind not in ("permission", "budget") or gate.one_press or not sys.stdin.isatty():
        return ""
    print(request)
    if gate.form == "two_step":
        if request.armed is None:
            request.arm(surface="cli")
        for left in range(math.ceil(gate.delay_s), 0, -1):
            print(f"    Armed. Think once more: {left} s.")
            time.sleep(1)
        typed, wanted = typer.prompt("    Type yes to go on", default="no"), YES
    else:
        typed, wanted = typer.prompt(f"    Type {gate.value} to allow it", default=""), gate.value
    if not same(typed, wanted):
        raise WorkbenchError("It was not allowed.", "The request is still open.")
    return gate.value


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise WorkbenchError(f"{text!r} is no list of numbers.", "Write --without 3,5.") from error


def _read_object(text: str | None, option: str) -> dict[str, Any] | None:
    if text is None:
        return None
    example = f'Write {option} \'{{"name": "value"}}\'.'
    what = "arguments" if option == "--args" else "limits"
    try:
        read = json.loads(text)
    except ValueError as error:
        raise WorkbenchError(f"The {what} are no JSON: {error}.", example) from error
    if not isinstance(read, dict):
        raise WorkbenchError(f"The {what} are no JSON object.", example)
    return read
