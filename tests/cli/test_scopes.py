"""`workbench approve --scope …`: how far an approval from a terminal reaches."""

from __future__ import annotations

import pytest

import workbench as wb
from tests.cli.test_freezing import workbench
from workbench.errors import CommandRefused, WorkbenchError


def note(line: str, after: tuple[str, ...] = ()) -> wb.Step:
    """Make a step that writes a line, and asks."""
    return wb.Step(id=f"write-{line}", tool="note", args={"line": line}, after=after)


def test_always_is_a_rule_that_is_named(bench, waiting, tmp_path):
    """`--scope always` sets a visible rule for such calls of every run, within `--limits`, and says
    how it is lifted; what goes beyond asks again [REL-4]."""
    place = tmp_path / "runs.db"
    limits = '{"line": {"one_of": ["42", "43"]}}'

    said = workbench(place, "approve", "--scope", "always", "--limits", limits)

    waiting.wait(timeout_s=20)
    (rule,) = bench.rules
    assert f"bench.rules.lift({rule.id!r})" in said
    assert "It stands for every run: allow 'note'" in said
    run = bench.start(plan=wb.Plan(steps=[note("43"), note("44", ("write-43",))]))
    run.wait_until("waiting", timeout_s=20)
    assert run.inbox[0].args == {"line": "44"}
    bench.rules.lift(rule.id)


def test_a_run_within_limits(bench, waiting, tmp_path):
    """`--scope run` with a number of calls asks again when they are used up; limits that are none
    are refused in one sentence, and the request stays [REL-4]."""
    place = tmp_path / "runs.db"
    with pytest.raises(WorkbenchError, match="limits are no JSON"):
        workbench(place, "approve", "--scope", "run", "--limits", "5")
    with pytest.raises(CommandRefused, match="no limits"):
        workbench(place, "approve", "--scope", "run", "--limits", '{"calls": "many"}')
    assert len(waiting.inbox) == 1

    workbench(place, "approve", "--scope", "run", "--limits", '{"calls": 1}')

    waiting.wait(timeout_s=20)
    answer = next(r.event for r in waiting.events() if r.kind == "request.answered")
    assert (answer.scope, answer.limits) == ("run", {"calls": 1})
