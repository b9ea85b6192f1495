"""Orders that hold every run of a journal: no engine and no process that drives it is needed."""

from __future__ import annotations

from datetime import datetime

from workbench.commands import Answer, Command, Freeze, Lift
from workbench.engine.answers import open_request
from workbench.engine.refusing import freeze_id, freeze_of, stands
from workbench.errors import CommandRefused, NotFound
from workbench.events import RunCreated
from workbench.grants import freeze_rule
from workbench.ids import digest
from workbench.journal import Journal
from workbench.journal.snapshot import load_view

WORDS = {"writes": "no writes", "deletes": "no deletes", "everything": "everything"}
"""Of what is frozen, as `freeze_rule` reads it; a tool is named in them."""


def carry_out(journal: Journal, now: datetime, run: str, order: Freeze | Lift) -> None:
    """Set a freeze, or lift one; what is so already stays as it is.

    Args:
        journal: whose runs it holds.
        now: when it was ordered.
        run: the run in whose view it was ordered.
        order: one that a person gave; an order of the same name sets one freeze.

    Raises:
        ToolError: it names nothing that can be frozen.
        CommandRefused: it names a tool that the run does not have.
        NotFound: there was never such a freeze.
    """
    if isinstance(order, Lift):
        _lift(journal, now, order)
        return
    if order.what == "tool" and order.tool not in (known := _tools_of(journal, run)):
        raise CommandRefused(
            f"Run {run} has no tool {order.tool!r}.", f"It has: {', '.join(sorted(known))}."
        )
    rule = freeze_rule(WORDS.get(order.what, f"not tool {order.tool}"), order.reason)
    name = digest([run, order.order or now.isoformat(), order.what, order.tool])[:12]
    journal.put_rule(f"rule-{name}", rule, order.by, now)


def ahead(journal: Journal, now: datetime, run: str, command: Command) -> bool:
    """Set the freeze of a refusal that nobody is there to decide; says whether it did.

    Other runs are held meanwhile. It is the same rule that the answer sets once it is decided; one
    that would be refused sets none.

    Args:
        journal: whose runs it holds.
        now: when it was ordered.
        run: the run that was answered.
        command: what was written for it.
    """
    if not isinstance(command, Answer) or command.then != "freeze":
        return False
    try:
        request = open_request(load_view(journal, run), command, now)
        rule = freeze_of(request, command)
    except CommandRefused:
        return False
    standing = [one.rule for one in journal.rules()[1] if not one.lifted_by]
    if rule is None or stands(rule, standing):
        return False
    journal.put_rule(freeze_id(run, request.id), rule, command.by, now)
    return True


def _lift(journal: Journal, now: datetime, order: Lift) -> None:
    found = [one for one in journal.rules()[1] if one.id == order.rule and one.rule.freeze]
    if not found:
        raise NotFound(f"No freeze {order.rule!r} was set in this journal.", "Look at bench.rules.")
    if not found[0].lifted_by:
        journal.lift_rule(order.rule, order.by, now)


def _tools_of(journal: Journal, run: str) -> set[str]:
    made = (record.event for record in journal.records(run, limit=1))
    return {name for event in made if isinstance(event, RunCreated) for name in event.tools}
