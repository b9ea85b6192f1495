"""A refusal that freezes: the visible rule that it sets, for every run of the journal. No I/O."""

from __future__ import annotations

from collections.abc import Iterable

from workbench import commands as c
from workbench import events as e
from workbench.engine.controls import is_control
from workbench.errors import CommandRefused
from workbench.grants import Rule
from workbench.ids import digest
from workbench.tools.undoing import PREFIX
from workbench.view import RequestView, RunView


def with_freeze(view: RunView, command: c.Answer, events: list[e.Event]) -> list[e.Event]:
    """Put the freeze that an answer sets into the event that says so.

    Args:
        view: the run.
        command: the answer.
        events: what else it comes to.

    Raises:
        CommandRefused: the request is about no tool.
    """
    freeze = freeze_of(view.requests[command.request], command)
    if freeze is None:
        return events
    set_by = {"rule": freeze, "rule_id": freeze_id(view.run, command.request)}
    return [
        event.model_copy(update=set_by) if isinstance(event, e.RequestAnswered) else event
        for event in events
    ]


def freeze_of(request: RequestView, command: c.Answer) -> Rule | None:
    """Make the freeze of the tool that was asked about; None when the answer sets none.

    Of an undo it is the tool whose calls it takes back, which holds both. A control speaks of no
    tool that there is, so nothing is frozen by it.

    Raises:
        CommandRefused: the request is about no tool.
    """
    if command.verdict != "deny" or command.then != "freeze" or is_control(request.opened):
        return None
    tool = frozen_tool(request)
    if not tool:
        raise CommandRefused(
            f"Request {request.id} is about no tool, so there is nothing to freeze.",
            "Refuse it, and say what is to be frozen: bench.freeze('no writes').",
        )
    return Rule("deny", tool, freeze=True, why=command.reason)


def frozen_tool(request: RequestView) -> str:
    """Name the tool that a refusal would freeze; empty: the request is about none."""
    return request.opened.tool.removeprefix(PREFIX)


def freeze_id(run: str, request: str) -> str:
    """Name the freeze of a request: whoever sets it, and however often, it is one rule."""
    return f"rule-{digest([run, request, 'freeze'])[:12]}"


def stands(freeze: Rule, rules: Iterable[Rule]) -> bool:
    """Whether one of these rules freezes the same already, whatever it gives as its reason."""
    said = {"why": freeze.why}
    return any(rule.freeze and rule.model_copy(update=said) == freeze for rule in rules)
