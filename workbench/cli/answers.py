"""Commands that answer an open request: approve, deny."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any

import typer

from workbench.cli.delivery import deliver, tell
from workbench.cli.journals import DEFAULT, JournalOption, RunArgument, look, opened
from workbench.commands import Command
from workbench.errors import WorkbenchError
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
        ScopeChoice, typer.Option(help="This call, this step again, or this tool in this run.")
    ] = ScopeChoice.once,
    args: Annotated[
        str | None, typer.Option(help='Other arguments, as JSON: {"to": "me@example.org"}.')
    ] = None,
    choose: Annotated[
        str | None, typer.Option(help="The answer, where the request asks for a choice or a text.")
    ] = None,
) -> None:
    """Allow what a run asks for, or answer its question."""
    edited = _read_args(args)
    with opened(journal) as bench:
        answer = _Answer(bench, look(bench, run, asking), request)
        if choose is not None:
            answer.request.choose(choose, surface="cli")
        else:
            answer.request.approve(edited, scope.value, surface="cli")
        answer.tell()


def deny(
    run: RunArgument = None,
    journal: JournalOption = DEFAULT,
    request: NumberOption = None,
    *,
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why; the planner reads it.")] = "",
    then: Annotated[
        ThenChoice, typer.Option(help="What the run does without it.")
    ] = ThenChoice.go_on,
) -> None:
    """Refuse what a run asks for."""
    with opened(journal) as bench:
        answer = _Answer(bench, look(bench, run, asking), request)
        answer.request.deny(reason, then.value, surface="cli")
        answer.tell()


class _Answer:
    """One request, whose answer is delivered and waited for a little."""

    def __init__(self, bench: Workbench, run: Run, number: int | None) -> None:
        self._bench, self._run = bench, run
        found = find_request(run.inbox, number)
        self.request = Request(run.id, found.view, self._send)
        self._carried_out = False

    def tell(self) -> None:
        tell(self._run, carried_out=self._carried_out)

    def _send(self, command: Command) -> None:
        self._carried_out = deliver(self._bench, self._run, command)


def _read_args(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        read = json.loads(text)
    except ValueError as error:
        raise WorkbenchError(
            f"The arguments are no JSON: {error}.", 'Write --args \'{"name": "value"}\'.'
        ) from error
    if not isinstance(read, dict):
        raise WorkbenchError(
            "The arguments are no JSON object.", 'Write --args \'{"name": "value"}\'.'
        )
    return read
