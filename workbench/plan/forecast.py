"""The forecast: what a plan is expected to take, before anything is called."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import Field

from workbench.errors import NotFound
from workbench.plan import graph
from workbench.plan.base import Frozen
from workbench.plan.check import Catalogue
from workbench.plan.criterion import Check
from workbench.plan.looking import Looking, looking, looking_at
from workbench.plan.room import Room, short
from workbench.plan.step import Estimate, Step
from workbench.values.said import Said

if TYPE_CHECKING:
    from workbench.plan.plan import Plan


ASKED = {"requests": 1.0}
COMPLETION = "the completion check"
"""Stands in a forecast for the look at the whole result, which no step makes."""


class Foreseeable(Protocol):
    """What the forecast asks of a tool."""

    @property
    def name(self) -> str:
        """The registered name."""
        ...

    @property
    def estimate(self) -> Estimate | None:
        """What one call is expected to take."""
        ...

    def planned_spend(self, args: Mapping[str, Any]) -> Mapping[str, float] | None:
        """Give the amounts by unit that a call would declare; None when they are not known yet."""
        ...


class StepForecast(Frozen):
    """What one step is expected to take."""

    step: str
    seconds: float | None
    """None: nobody has estimated it. Of a step that repeats, of one turn."""
    usd: float | None
    """None: nobody has estimated it, and the tool declares none that is known yet."""
    units: dict[str, float] = Field(default_factory=dict)
    """Amounts by unit, usd included, as far as they are known."""
    verification: dict[str, float] = Field(default_factory=dict)
    """What of this is for looking at the output: `seconds` and amounts, as far as known."""
    on_critical_path: bool = False
    turns: int = 1
    """Times that it may be called at most."""
    request: str | None = None
    """Risk class in which the person will be asked about it; None: not asked, or nobody knows."""


class Forecast(Said, Frozen):
    """What a plan is expected to take; what is not known is named, and never counted as nothing."""

    steps: tuple[StepForecast, ...] = ()
    """In the order of the plan, without those that are skipped, finished or have their output."""
    critical_path: tuple[str, ...] = ()
    """The steps that one must wait for: the longest way through the plan, by known seconds."""
    duration_s: float = 0.0
    """Seconds along the critical path."""
    units: dict[str, float] = Field(default_factory=dict)
    """Sum of the known amounts by unit."""
    verification: dict[str, float] = Field(default_factory=dict)
    """What of all this is for looking at outputs: `seconds` and amounts, as far as known."""
    completion: StepForecast | None = None
    """The look at the result, when all steps are done; None: no tool and no model looks at it."""
    unknown: tuple[str, ...] = ()
    """Steps whose seconds are not known."""
    unknown_spend: tuple[str, ...] = ()
    """Steps, and the completion check, that will spend something, and nobody can say how much
    yet."""
    requests: dict[str, int] | None = None
    """Questions to the person by risk class, one for each call that is asked about at least once;
    None: nobody said what is asked about. `bench.forecast` does."""
    room: tuple[Room, ...] = ()
    """What the limits and the caps have left for it."""

    @property
    def usd(self) -> float:
        """Sum of the known amounts in usd."""
        return self.units.get("usd", 0.0)

    @property
    def complete(self) -> bool:
        """Whether `duration_s` is the whole; otherwise it takes at least that long."""
        return not self.unknown and all(row.turns == 1 for row in self.steps)

    @property
    def spend_complete(self) -> bool:
        """Whether `units` are the whole; otherwise it costs at least that much."""
        return not self.unknown_spend and all(row.turns == 1 for row in self.steps)

    @property
    def questions(self) -> str:
        """Say in words how often the person will be asked; empty when nobody knows."""
        if self.requests is None:
            return ""
        named = ", ".join(f"{count} {risk}" for risk, count in self.requests.items())
        count = sum(self.requests.values())
        return f"{count} question{'s' * (count != 1)}{f' ({named})' if named else ''}"

    def __getitem__(self, step: str) -> StepForecast:
        """Give the row of a step.

        Raises:
            NotFound: the plan has none of that id, or will not run it.
        """
        for row in self.steps:
            if row.step == step:
                return row
        raise NotFound(f"The forecast has no step {step!r}.", "It has those that will run.")

    def __str__(self) -> str:
        """Say it on one line."""
        at_least = "" if self.complete else "at least "
        amounts = ", ".join(f"{amount:g} {unit}" for unit, amount in self.units.items())
        path = " → ".join(self.critical_path)
        parts = [f"{at_least}{self.duration_s:g} s", amounts, path and f"critical path: {path}"]
        if self.unknown:
            parts.append(f"not estimated: {', '.join(self.unknown)}")
        if self.requests is not None:
            parts.append(self.questions)
        parts += map(str, short(self.room))
        return "; ".join(part for part in parts if part)


def forecast_plan(
    plan: Plan,
    tools: Catalogue | Iterable[Foreseeable] = (),
    *,
    asked: Callable[[Step], str | None] | None = None,
    room: Iterable[Room] = (),
    judged: Mapping[str, float] | None = None,
    done: Check | None = None,
    finished: Collection[str] = (),
) -> Forecast:
    """Sum the estimates of a plan along its critical path; see `Plan.forecast`."""
    known: Mapping[str, Foreseeable] = (
        tools.tool_map() if hasattr(tools, "tool_map") else {tool.name: tool for tool in tools}
    )
    rows, unknown_spend, verdict = {}, [], judged or {}
    for step in plan.by_id.values():
        if step.skip or step.output is not None or step.id in finished:
            continue
        row, spend_known = _row(step, known.get(step.tool))
        look = looking_at(step, known, verdict)
        rows[step.id] = _with_looking(row, look)
        if not (spend_known and look.spend_known):
            unknown_spend.append(step.id)
    last = looking(done, known, verdict)
    completion = _completion(done, last)
    if not last.spend_known:
        unknown_spend.append(COMPLETION)
    rooms = list(room)
    rows, needed = _one_by_one(plan, rows, known, asked, rooms)
    needed = [one.with_call(so_far, last.units) for one, so_far in zip(rooms, needed, strict=True)]
    seconds = {step: row.seconds or 0.0 for step, row in rows.items()}
    path, duration_s = critical_path(plan.needs, seconds)
    path = [step for step in path if step in rows]
    on_path, duration_s = set(path), duration_s + (last.seconds or 0.0)
    every = [*rows.values(), *([completion] if completion is not None else [])]
    return Forecast(
        steps=tuple(
            row.model_copy(update={"on_critical_path": True}) if step in on_path else row
            for step, row in rows.items()
        ),
        critical_path=tuple(path),
        duration_s=duration_s,
        units=_summed(row.units for row in every),
        verification=_summed(row.verification for row in every),
        completion=completion,
        unknown=tuple(step for step, row in rows.items() if row.seconds is None),
        unknown_spend=tuple(unknown_spend),
        requests=None if asked is None else _by_class(rows.values()),
        room=tuple(_filled(*one, duration_s) for one in zip(rooms, needed, strict=True)),
    )


def _one_by_one(
    plan: Plan,
    rows: Mapping[str, StepForecast],
    known: Mapping[str, Foreseeable],
    asked: Callable[[Step], str | None] | None,
    rooms: list[Room],
) -> tuple[dict[str, StepForecast], list[float]]:
    """Go through a plan in its order: who is asked, and what is needed of each room.

    Whoever is asked at a limit or a cap is taken to allow it, so all that comes after asks as well.
    """
    found, needed = dict(rows), [0.0] * len(rooms)
    if asked is None and not rooms:
        return found, needed
    for name in (step for step in graph.order(plan.needs) if step in rows):
        tool = known.get(plan[name].tool)
        amounts = {**rows[name].units, **_counted(rows[name], tool)}
        request = None if asked is None else asked(plan[name])
        over = False
        for n, room in enumerate(rooms):
            needed[n] = room.with_call(needed[n], amounts)
            over = over or room.asks(needed[n], amounts)
        if asked is not None and request is None and over:
            request = str(getattr(tool, "risk", "costly"))
        if request is not None:
            needed = [room.with_call(needed[n], ASKED) for n, room in enumerate(rooms)]
        found[name] = rows[name].model_copy(update={"request": request})
    return found, needed


def _counted(row: StepForecast, tool: Foreseeable | None) -> dict[str, float]:
    """Give what the runtime counts of one call by itself."""
    changes = not getattr(tool, "repeatable", True)
    return {"steps": 1.0, "calls": float(changes), "seconds": row.seconds or 0.0}


def _filled(room: Room, needed: float, duration_s: float) -> Room:
    """Say what is needed; the time of a run, which does steps at the same time, from end to end."""
    of_run = room.pauses and room.units == ("seconds",)
    return room.model_copy(update={"needed": duration_s if of_run else needed})


def _by_class(rows: Iterable[StepForecast]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        if row.request is not None:
            found[row.request] = found.get(row.request, 0) + 1
    return found


def critical_path(
    needs: Mapping[str, Iterable[str]], seconds: Mapping[str, float]
) -> tuple[list[str], float]:
    """Give the longest way through a plan, and how long it takes; a step without seconds takes 0.

    A plan with a cycle has none, nor has one of which no seconds are known.
    """
    ends: dict[str, float] = {}
    before: dict[str, str | None] = {}
    for step in graph.order(needs):
        last = max((n for n in needs[step] if n in ends), key=lambda n: ends[n], default=None)
        before[step] = last
        ends[step] = (ends[last] if last is not None else 0.0) + seconds.get(step, 0.0)
    final = max(ends, key=lambda step: ends[step], default=None)
    if final is None or not ends[final]:
        return [], 0.0
    path: list[str] = []
    at: str | None = final
    while at is not None:
        path.append(at)
        at = before[at]
    return path[::-1], ends[final]


def _summed(amounts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for one in amounts:
        for unit, amount in one.items():
            total[unit] = total.get(unit, 0.0) + amount
    return total


def _with_looking(row: StepForecast, takes: Looking) -> StepForecast:
    """Add what looking at the output takes, where the step itself is estimated."""
    if not takes.known:
        return row
    changes: dict[str, Any] = {"verification": takes.known}
    if row.seconds is not None and takes.seconds is not None:
        changes["seconds"] = row.seconds + takes.seconds
    changes["units"] = units = _summed((row.units, takes.units))
    changes["usd"] = units.get("usd")
    return row.model_copy(update=changes)


def _completion(done: Check | None, takes: Looking) -> StepForecast | None:
    """Give the row of the last look; what costs nothing has none."""
    if done is None or not (done.judge or [*done.tools]):
        return None
    return StepForecast(
        step=COMPLETION,
        seconds=takes.seconds,
        usd=takes.units.get("usd"),
        units=takes.units,
        verification=takes.known,
    )


def _row(step: Step, tool: Foreseeable | None) -> tuple[StepForecast, bool]:
    """Give the row of a step, and whether all that it will spend is known."""
    general = tool.estimate if tool is not None else None
    spend = tool.planned_spend(step.args) if tool is not None else {}
    amounts = dict(spend or {})
    usd = next((e.usd for e in (step.estimate, general) if e and e.usd is not None), None)
    if usd is not None:
        amounts["usd"] = usd
    row = StepForecast(
        step=step.id,
        seconds=next(
            (e.seconds for e in (step.estimate, general) if e and e.seconds is not None), None
        ),
        usd=amounts.get("usd"),
        units=amounts,
        turns=step.repeat.at_most if step.repeat is not None else 1,
    )
    return row, spend is not None or usd is not None
