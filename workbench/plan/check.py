"""The checker: all faults of a plan at once, before anything is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from workbench.plan.costs import over_budget
from workbench.plan.criterion import Check
from workbench.plan.finding import Finding
from workbench.plan.forbidden import forbidden, policy_of
from workbench.plan.graph import find_cycles
from workbench.plan.step import Repeat, Step, checks_of
from workbench.plan.writers import parallel_writers

if TYPE_CHECKING:
    from workbench.plan.plan import Plan


class Checkable(Protocol):
    """What the checker asks of a tool."""

    @property
    def name(self) -> str:
        """The registered name."""
        ...

    def check_args(self, args: dict[str, Any]) -> list[tuple[str, str, str]]:
        """Give the faults of arguments as (code, path, message)."""
        ...

    def check_output_path(self, path: tuple[str | int, ...]) -> str | None:
        """Say why the output cannot have this part; None when it can or is not known."""
        ...


class Catalogue(Protocol):
    """Something that holds tools by name."""

    def tool_map(self) -> dict[str, Any]:
        """Give the tools by name."""
        ...


class Limited(Protocol):
    """Something that holds limits by unit: a `Budget`."""

    @property
    def limits(self) -> dict[str, float]:
        """The limits that are set."""
        ...


def by_name(tools: Catalogue | Iterable[Checkable]) -> dict[str, Any]:
    """Give the tools of a catalogue, or of a list, by name."""
    if hasattr(tools, "tool_map"):
        return dict(tools.tool_map())
    return {tool.name: tool for tool in tools}


def limits_of(tools: object, budget: Limited | None) -> Mapping[str, float]:
    """Give the limits that count: of this budget, or else of the workbench that holds the tools."""
    chosen = getattr(tools, "budget", None) if budget is None else budget
    return chosen.limits if chosen is not None else {}


def check_plan(
    plan: Plan,
    tools: Catalogue | Iterable[Checkable],
    budget: Limited | None = None,
    policy: object = None,
) -> list[Finding]:
    """Collect every fault of the plan; see `Plan.check`."""
    limits = limits_of(tools, budget)
    known: dict[str, Checkable] = by_name(tools)
    findings = [] if plan.steps else [Finding(code="empty", step=None, message="no steps")]
    for step_id, count in Counter(step.id for step in plan.steps).items():
        if count > 1:
            message = f"{count} steps have the id {step_id!r}; give each its own"
            findings.append(Finding(code="duplicate_id", step=step_id, message=message))
    for step in plan.steps:
        findings += _check_tool(step, known)
        findings += _check_needs(plan, step, known)
        if step.undoes is not None:
            message = "only a rollback has steps that undo: run.rollback(to=…)"
            findings.append(Finding(code="undo_step", step=step.id, path="undoes", message=message))
    for cycle in find_cycles(_edges(plan)):
        message = f"these steps wait for each other: {'→'.join(cycle)}"
        findings.append(Finding(code="cycle", step=cycle[0], message=message))
    findings += forbidden(plan, known, policy_of(tools, policy))
    findings += parallel_writers(plan, known)
    findings += over_budget(plan, known, limits)
    return findings


def _edges(plan: Plan) -> Mapping[str, Iterable[str]]:
    """Give who waits for whom; what steps of one doubled id wait for is taken together."""
    if len(plan.by_id) == len(plan.steps):
        return plan.needs
    edges: dict[str, dict[str, None]] = {}
    for step in plan.steps:
        edges.setdefault(step.id, {}).update(dict.fromkeys(step.needs))
    return edges


def _check_checks(step: Step, known: dict[str, Checkable]) -> Iterator[Finding]:
    """Find what would make an output check fail after the call, when it is too late."""
    for path, check in checks_of(step):
        yield from check_faults(step.id, check, path, known)
    if step.repeat is not None:
        yield from _check_repeat(step, step.repeat, known.get(step.tool))


def check_faults(
    step: str | None, check: Check, path: str, known: dict[str, Any]
) -> Iterator[Finding]:
    """Find the faults of one check; of the result of a run, `step` is None."""
    places = {f"{path}.tool": check.tool}
    places |= {f"{path}.query.tool": check.query.tool if check.query is not None else None}
    for place, name in places.items():
        if name is not None and name not in known:
            message = f"no tool {name!r} to check the output with"
            yield Finding(code="unknown_check", step=step, path=place, message=message)
        elif name is not None and not getattr(known[name], "repeatable", True):
            message = f"{name} changes the world; only pure and read tools can check an output"
            yield Finding(code="bad_check", step=step, path=place, message=message)
    if check.query is not None and check.query.tool in known:
        for code, where, message in known[check.query.tool].check_args(check.query.args):
            place = f"{path}.query.{where}"
            yield Finding(code=code, step=step, path=place, message=message)
    schema = check.output_schema
    if schema is not None and (fault := _schema_fault(schema)):
        yield Finding(code="bad_check", step=step, path=f"{path}.output_schema", message=fault)


def _check_repeat(step: Step, repeat: Repeat, tool: Checkable | None) -> Iterator[Finding]:
    if repeat.until == Check():
        message = "nothing is checked, so the first turn is always the last; say what must hold"
        yield Finding(code="bad_repeat", step=step.id, path="repeat.until", message=message)
    if repeat.carry is None or tool is None:
        return
    for code, _, message in tool.check_args({repeat.carry: None}):
        if code == "unknown_argument":
            yield Finding(code="bad_repeat", step=step.id, path="repeat.carry", message=message)


def _schema_fault(schema: dict[str, Any]) -> str | None:
    import jsonschema

    try:
        jsonschema.validators.validator_for(schema).check_schema(schema)
    except jsonschema.exceptions.SchemaError as error:
        return f"it is no JSON schema: {error.message}"
    return None


def _check_tool(step: Step, known: dict[str, Checkable]) -> Iterator[Finding]:
    if step.check is not None or step.repeat is not None:
        yield from _check_checks(step, known)
    tool = known.get(step.tool)
    if tool is None:
        message = f"no tool {step.tool!r}; known are: {', '.join(sorted(known)) or 'none'}"
        yield Finding(code="unknown_tool", step=step.id, path="tool", message=message)
        return
    if step.skip or step.output is not None:
        return
    for code, path, message in tool.check_args(step.args):
        yield Finding(code=code, step=step.id, path=path, message=message)  # type: ignore[arg-type]


def _check_needs(plan: Plan, step: Step, known: dict[str, Checkable]) -> Iterator[Finding]:
    for position, earlier in enumerate(step.after):
        if earlier not in plan.by_id:
            message = f"waits for {earlier!r}, which is not in the plan"
            path = f"after[{position}]"
            yield Finding(code="dangling_after", step=step.id, path=path, message=message)
    if step.quorum is not None and not 1 <= step.quorum <= len(step.needs):
        message = f"needs {step.quorum} of the {len(step.needs)} steps that it waits for"
        yield Finding(code="bad_quorum", step=step.id, path="quorum", message=message)
    if step.skip or step.output is not None:
        return
    for reference in step.refs:
        source = plan.by_id.get(reference.step)
        if source is None:
            message = f"refers to the output of {reference.step!r}, which no step makes"
            yield Finding(code="dangling_ref", step=step.id, path="args", message=message)
        elif source.skip and step.quorum is None:
            message = f"refers to the output of {reference.step!r}, which is skipped"
            yield Finding(code="skipped_ref", step=step.id, path="args", message=message)
        elif reference.path and source.output is None and source.tool in known:
            fault = known[source.tool].check_output_path(reference.path)
            if fault:
                message = f"refers to {reference}, but {fault}"
                yield Finding(code="no_such_output", step=step.id, path="args", message=message)
