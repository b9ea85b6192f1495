"""An answer for always: the visible rule that it sets, which covers what was asked. No I/O."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from workbench import commands as c
from workbench.engine.authority import judged
from workbench.errors import CommandRefused
from workbench.grants import Predicate, Rule, Subject, equals
from workbench.tools import Registry
from workbench.view import RequestView, RunView


def always_rule(
    view: RunView, request: RequestView, command: c.Answer, tools: Registry, args: dict[str, Any]
) -> Rule | None:
    """Make the rule of an approval for always; None when the answer is none.

    It allows this tool, in this environment, with arguments as limited, or as they are.

    Args:
        view: the run.
        request: the question.
        command: its answer, with `limits` by argument; without them the arguments are exact.
        tools: the catalogue.
        args: the arguments that are approved, edits included.

    Raises:
        CommandRefused: the limits are none, or the rule would not cover the very call that the
            person was asked about.
    """
    if command.scope != "always" or command.verdict != "approve":
        return None
    opened, tool = request.opened, tools.get(request.opened.tool)
    if tool is None or opened.about != "permission":
        raise CommandRefused(
            f"Request {request.id} cannot be answered for always.", "Approve it once."
        )
    if opened.by_rule:
        raise CommandRefused(
            f"Request {request.id} is asked because a rule or its step says so, and a rule that "
            "allows is weaker.",
            "Change that rule, or approve it for this run.",
        )
    try:
        asked_args = judged(tool.bind(args), args)
    except Exception as error:
        raise CommandRefused(
            f"The arguments of request {request.id} are no plain values, so no rule can name them.",
            "Approve it once.",
        ) from error
    limits = dict(command.limits or {})
    if "calls" in limits:
        raise CommandRefused(
            "A rule for always has no number of calls.", "Use scope='run' with limits={'calls': …}."
        )
    where: dict[str, Any] = limits or {name: equals(value) for name, value in asked_args.items()}
    try:
        rule = Rule(
            "allow",
            tool.name,
            where={name: _predicate(demand) for name, demand in where.items()},
            environment=view.environment,
            why=f"answer of {command.by} to {request.id}",
        )
    except (ValidationError, TypeError, ValueError) as error:
        raise CommandRefused(
            f"{limits!r} are no limits: {error}", "Give predicates by argument: wb.at_most(500)."
        ) from error
    asked = Subject(tool, asked_args, str(opened.step), view.environment, dict(opened.spend))
    if not rule.covers(asked):
        raise CommandRefused(
            f"The rule {rule} would not cover the call that request {request.id} asks about.",
            "Widen the limits, or approve it once.",
        )
    return rule


def _predicate(demand: Any) -> Any:
    return demand if isinstance(demand, (Predicate, dict)) else equals(demand)
