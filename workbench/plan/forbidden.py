"""What a plan wants to call and a policy forbids whatever the arguments: found before it starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from workbench.plan.finding import Finding
from workbench.plan.step import Step, checks_of

CURE = "use another tool, or skip the step"

if TYPE_CHECKING:
    from workbench.plan.plan import Plan


def policy_of(tools: object, policy: object) -> object:
    """Give the policy that counts: this one, or else that of the workbench that holds the tools."""
    return getattr(tools, "policy", None) if policy is None else policy


def forbidden(
    plan: Plan,
    known: Mapping[str, Any],
    policy: object,
    settled: Mapping[str, Step] | None = None,
) -> list[Finding]:
    """Find the tools that a policy denies whatever they are called with.

    A policy says so by `forbids(tool) -> str | None`, the reason or None; one without it forbids
    nothing here and is heard when a call is due. One that raises counts as a denial, as it does
    then.

    Args:
        plan: the plan.
        known: the tools by name.
        policy: anything that decides about calls, or None.
        settled: the revision that was edited, by step id; what was in it is not found again.
    """
    if not hasattr(policy, "forbids"):
        return []
    before = settled or {}
    reasons = {name: _reason(policy, known[name]) for name in _names(plan) if name in known}
    if not any(reasons.values()):
        return []
    return [
        Finding(code="forbidden_tool", step=step.id, path=path, message=f"{reason}; {CURE}")
        for step in plan.steps
        if before.get(step.id) != step
        for path, name in _called(step)
        if (reason := reasons.get(name))
    ]


def _reason(policy: Any, tool: Any) -> str | None:
    try:
        said = policy.forbids(tool)
    except Exception as error:  # noqa: BLE001 - a policy that fails must not let anything pass
        return f"the policy failed ({type(error).__name__}: {error}), which counts as a denial"
    return None if said is None else str(said) or f"the policy forbids {tool.name}"


def _names(plan: Plan) -> dict[str, None]:
    return dict.fromkeys(name for step in plan.steps for _, name in _called(step))


def _called(step: Step) -> Iterator[tuple[str, str]]:
    """Give what a step will call, with the place in it that says so."""
    if step.skip or step.output is not None:
        return
    yield "tool", step.tool
    for path, check in checks_of(step):
        if check.tool is not None:
            yield f"{path}.tool", check.tool
        if check.query is not None:
            yield f"{path}.query.tool", check.query.tool
