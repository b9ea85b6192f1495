"""Steps that may write the same thing at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.plan import graph
from workbench.plan.finding import Finding

if TYPE_CHECKING:
    from workbench.plan.plan import Plan


def writers(plan: Plan, known: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give, for each resource whose key the plan itself tells, the steps that will write it."""
    declared = {name for name, tool in known.items() if getattr(tool, "writes", None) is not None}
    found: dict[str, list[str]] = {}
    if not declared:
        return found
    for step in plan.by_id.values():
        if step.tool in declared and not step.skip and step.output is None:
            for key in known[step.tool].planned_writes(step.args):
                found.setdefault(key, []).append(step.id)
    return found


def parallel_writers(plan: Plan, known: Mapping[str, Any]) -> list[Finding]:
    """Find steps that write one resource, of which neither waits for the other.

    They pass when the tools of both say how the writes are merged. A plan with a cycle has no
    order to speak of and is not looked at.
    """
    shared = {key: steps for key, steps in writers(plan, known).items() if len(steps) > 1}
    merged = {name for name, tool in known.items() if getattr(tool, "merge", None) is not None}
    # The order of these among themselves is the runtime's business.
    free = {step.id for step in plan.by_id.values() if step.tool in merged}
    shared = {key: steps for key, steps in shared.items() if not free.issuperset(steps)}
    if not shared:
        return []
    line = graph.line(plan.needs)
    place = {step: at for at, step in enumerate(line)}
    sharing = dict.fromkeys(step for steps in shared.values() for step in steps)
    marked = {step: bit for bit, step in enumerate(sharing)}
    before = graph.ancestors(line, plan.needs, marked)
    findings: list[Finding] = []
    for key, steps in shared.items() if line else ():
        findings += _of_one(key, sorted(steps, key=place.__getitem__), marked, before, free)
    return findings


def _of_one(
    key: str,
    steps: list[str],
    marked: Mapping[str, int],
    before: Mapping[str, int],
    free: set[str],
) -> list[Finding]:
    """Compare the writers of one resource: each must come behind every one that is listed before.

    Sorted by the line, a later one is never an ancestor of an earlier one, so one look back serves.
    """
    earlier, strict, findings = 0, 0, []
    for step in steps:
        bit = 1 << marked[step]
        missing = (strict if step in free else earlier) & ~before[step]
        if missing:
            first = next(one for one in steps if missing >> marked[one] & 1)
            findings.append(_finding(key, first, step))
        earlier |= bit
        strict |= 0 if step in free else bit
    return findings


def _finding(key: str, first: str, second: str) -> Finding:
    message = (
        f"writes {key}, and so does {first}, and neither waits for the other: what would be there "
        f"in the end is left to chance; let one wait (after=[{first!r}]), or declare on both tools "
        'how such writes are merged: @wb.tool(merge="in_order")'
    )
    return Finding(code="parallel_writers", step=second, message=message)
