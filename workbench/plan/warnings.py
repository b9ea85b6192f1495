"""What a person should know before a plan runs: one-way doors, doubled calls, unknown costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from workbench.ids import canonical
from workbench.plan import graph
from workbench.plan.argument import find_refs, from_argument
from workbench.plan.check import Catalogue, Checkable, Limited, by_name, limits_of
from workbench.plan.costs import over_budget
from workbench.plan.edits import Move
from workbench.plan.finding import Finding
from workbench.plan.room import Room, short
from workbench.plan.step import Step

if TYPE_CHECKING:
    from workbench.plan.forecast import Forecast
    from workbench.plan.plan import Plan

SHOWN = 5
"""Steps that a warning names."""
_AT_LIMIT = "the run will pause there, until the limit is raised"
_ASKED_THERE = "the call that would cross it will ask first"


def find_warnings(
    plan: Plan, tools: Catalogue | Iterable[Checkable], budget: Limited | None = None
) -> list[Finding]:
    """Collect every warning; see `Plan.warnings`. A plan with a cycle has none but its fault."""
    known = by_name(tools)
    line = graph.line(plan.needs)
    if not line or len(plan.by_id) != len(plan.steps):
        return []
    return [
        *_one_way_doors(plan, known, line),
        *_same_calls(plan, known),
        *_unknown_spend(plan, known, limits_of(tools, budget)),
        *_beyond(plan, tools, known, limits_of(tools, budget)),
    ]


def point_of_no_return(plan: Plan, tools: Catalogue | Iterable[Checkable]) -> str | None:
    """Give the first step that cannot be undone; see `Plan.point_of_no_return`."""
    known = by_name(tools)
    return next((s for s in graph.line(plan.needs) if _is_one_way(plan.by_id[s], known)), None)


def _is_called(step: Step) -> bool:
    return not step.skip and step.output is None


def _is_one_way(step: Step, known: Mapping[str, Any]) -> bool:
    effect = getattr(known.get(step.tool), "effect", "irreversible")
    return _is_called(step) and effect == "irreversible"


def _is_uncertain(step: Step, known: Mapping[str, Any]) -> bool:
    """Say whether a step may still show that the plan does not work out."""
    effect = getattr(known.get(step.tool), "effect", "irreversible")
    return _is_called(step) and effect != "irreversible" and (effect != "pure" or bool(step.check))


# -- one-way doors ---------------------------------------------------------------------------


def _one_way_doors(plan: Plan, known: Mapping[str, Any], line: list[str]) -> Iterator[Finding]:
    """Warn of each one-way door that may be taken before what can still fail.

    The proposals fit together: each is made for the plan that the earlier ones lead to, and takes
    the earlier moves along where it would otherwise contradict them.
    """
    steps = plan.by_id
    uncertain = [step for step in line if _is_uncertain(steps[step], known)]
    doors = [step for step in line if _is_one_way(steps[step], known)]
    if not uncertain or not doors:
        return
    order = _Order(plan, line)
    as_it_is = _Order(plan, line)
    unsure = order.bits(uncertain)
    moves: list[Move] = []
    for door in doors:
        later = unsure & ~order.before[door]
        later = later & ~order.behind(door) if later else 0
        if not later:
            continue
        at_first = unsure & ~as_it_is.before[door] & ~as_it_is.behind(door)
        names = order.last_of(later)
        move = Move(step=door, after=(*steps[door].after, *names))
        proposal = (move,) if at_first == later else (*moves, move)
        moves.append(move)
        order.put_behind(door, later)
        yield _door_finding(door, order.names(later), proposal)


def _door_finding(door: str, later: list[str], proposal: tuple[Move, ...]) -> Finding:
    shown = ", ".join(later[:SHOWN])
    more = f" and {len(later) - SHOWN} more" if len(later) > SHOWN else ""
    message = (
        f"cannot be undone, and may be done before {shown}{more}, which can still fail and "
        f"do{'' if len(later) > 1 else 'es'} not need it; the proposal puts it behind"
    )
    return Finding(
        code="irreversible_before_uncertain",
        step=door,
        message=message,
        severity="warning",
        proposal=proposal,
    )


class _Order:
    """Who comes before whom, as bits in the order of the line; steps can be moved back."""

    def __init__(self, plan: Plan, line: list[str]) -> None:
        self.line = line
        self.place = {step: at for at, step in enumerate(line)}
        self.before = graph.ancestors(line, plan.needs, self.place)
        self._waited_for = {earlier for before in plan.needs.values() for earlier in before}
        self._named: tuple[int, list[str]] = (0, [])

    def bits(self, steps: Iterable[str]) -> int:
        bits = 0
        for step in steps:
            bits |= 1 << self.place[step]
        return bits

    def names(self, bits: int) -> list[str]:
        if self._named[0] != bits:
            signs = enumerate(reversed(f"{bits:b}"))
            self._named = bits, [self.line[at] for at, sign in signs if sign == "1"]
        return self._named[1]

    def behind(self, step: str) -> int:
        """Give, as bits, every step that waits for this one."""
        if step not in self._waited_for:
            return 0
        at = self.place[step]
        return self.bits(one for one, bits in self.before.items() if bits >> at & 1)

    def last_of(self, bits: int) -> list[str]:
        """Leave out those that another one of them waits for anyway."""
        covered = 0
        for step in self.names(bits):
            covered |= self.before[step]
        return self.names(bits & ~covered)

    def put_behind(self, step: str, bits: int) -> None:
        """Let a step, and so all that wait for it, wait for others."""
        for one in self.names(bits):
            bits |= self.before[one]
        for one in (step, *self.names(self.behind(step))):
            self.before[one] |= bits


# -- doubled calls, unknown costs ------------------------------------------------------------


def _same_calls(plan: Plan, known: Mapping[str, Any]) -> Iterator[Finding]:
    """Warn of a change to the world that is planned twice with the same arguments."""
    first: dict[tuple[str, bytes], str] = {}
    for step in plan.steps:
        if not _is_called(step) or getattr(known.get(step.tool), "repeatable", False):
            continue
        plain = {name: from_argument(value) for name, value in step.args.items()}
        same = first.setdefault((step.tool, canonical(plain)), step.id)
        if same != step.id:
            message = (
                f"calls {step.tool} with the same arguments as {same}, and so does the same thing "
                "to the world twice; skip one, unless it is meant"
            )
            yield Finding(code="same_call_twice", step=step.id, message=message, severity="warning")


def _unknown_spend(
    plan: Plan, known: Mapping[str, Any], limits: Mapping[str, float]
) -> Iterator[Finding]:
    """Warn of costs that a limit is set on and that nobody knows before the call."""
    limited = [unit for unit in limits if unit not in ("calls", "requests")]
    if not limited:
        return
    open_ended = [
        step.id
        for step in plan.steps
        if _is_called(step)
        and getattr(known.get(step.tool), "spend", None) is not None
        and any(next(find_refs(value), None) is not None for value in step.args.values())
        and not known[step.tool].planned_spend(step.args)
    ]
    if open_ended:
        shown = ", ".join(open_ended[:SHOWN])
        more = f" and {len(open_ended) - SHOWN} more" if len(open_ended) > SHOWN else ""
        message = (
            f"what {shown}{more} will spend depends on outputs that are not there yet: the "
            f"limits ({', '.join(limited)}) can only be held when the call is due, and ask then"
        )
        yield Finding(code="spend_unknown", step=None, message=message, severity="warning")


# -- more than there is ----------------------------------------------------------------------


def _beyond(
    plan: Plan, tools: object, known: Mapping[str, Any], limits: Mapping[str, float]
) -> list[Finding]:
    """Warn of what crosses limits and caps, where it is no fault; a workbench can foresee it."""
    forecast = getattr(tools, "forecast", None)
    if forecast is None:
        return []
    found: Forecast = forecast(plan, limits=limits)
    refused = {unit for unit in limits if over_budget(plan, known, {unit: limits[unit]})}
    rooms = [room for room in found.room if room.name not in refused]
    return [*too_many_requests(found.requests or {}, limits), *too_little_left(rooms)]


def too_little_left(rooms: Iterable[Room]) -> list[Finding]:
    """Warn of each limit and cap of which a plan takes more than is left, by its forecast.

    Of requests `too_many_requests` warns.
    """
    return [
        Finding(
            code="too_little_left",
            step=None,
            message=f"{room}; {_AT_LIMIT if room.pauses else _ASKED_THERE}",
            severity="warning",
        )
        for room in short(rooms)
        if room.name != "requests"
    ]


def too_many_requests(
    requests: Mapping[str, int], limits: Mapping[str, float], asked: int = 0
) -> list[Finding]:
    """Warn when a plan asks the person more often than it should.

    Args:
        requests: to come, by risk class.
        limits: that of `requests` counts.
        asked: questions that there were already.
    """
    limit, count = limits.get("requests"), asked + sum(requests.values())
    if limit is None or count <= limit:
        return []
    named = ", ".join(f"{number} {risk}" for risk, number in requests.items())
    before = f"{asked} asked already and " if asked else ""
    message = (
        f"needs the person at least {count} times ({before}{named or 'none'} to come), and the "
        f"budget has {limit:g} requests: a narrower plan, a batch or a grant asks less"
    )
    return [Finding(code="too_many_requests", step=None, message=message, severity="warning")]
