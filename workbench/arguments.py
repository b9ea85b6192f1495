"""What the arguments of a workbench and of a start may be: anything else is refused at once.

Without this a word that is no number, or a list that is one function, would be met in the middle of
a run, as an error of Python about something that the user has never seen.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar, get_args

from workbench.budget import Budget
from workbench.capture import Bounds
from workbench.engine.hooks import Hooks
from workbench.errors import WorkbenchError
from workbench.events import OnFailure
from workbench.gate import Gates
from workbench.grants import Grant, Rule
from workbench.oversight import Fatigue
from workbench.plan import Check, Plan
from workbench.policy import Autonomy, Rights
from workbench.report.viewer import Viewer
from workbench.states import RunState
from workbench.tools import Limit

P = ParamSpec("P")
T = TypeVar("T")
SHOWN = 60
"""Characters of a value that an error repeats at most."""
PLAIN = (str, bool, int, float)
"""What it repeats; of anything else it names the kind."""


@dataclass(frozen=True)
class Demand:
    """What one argument must be."""

    words: str
    """Follows "takes"."""
    fits: Callable[[Any], bool]
    secret: bool = False
    """Whether an error must not repeat what was given."""


def takes(call: str, demands: Mapping[str, Demand]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Make a function refuse arguments that are not what they must be, before it does anything.

    Args:
        call: how it is called by its users.
        demands: by the name of the argument; one that has none passes.

    The function then raises `WorkbenchError`, in which call, argument and value are named.
    """

    def made(function: Callable[P, T]) -> Callable[P, T]:
        shape = signature(function)

        @wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> T:
            for name, value in {**shape.bind(*args, **kwargs).arguments, **kwargs}.items():
                demand = demands.get(name)
                if demand is not None and not demand.fits(value):
                    raise WorkbenchError(
                        f"{call}({name}=…) takes {demand.words}, not {_shown(value, demand)}.",
                        "Nothing was opened, started or called.",
                    )
            return function(*args, **kwargs)

        return checked

    return made


def _shown(value: Any, demand: Demand) -> str:
    if not demand.secret and (value is None or isinstance(value, PLAIN)):
        text = repr(value)
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    kind = type(value).__name__
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"


def _a(kind: type, words: str) -> Demand:
    return Demand(words, lambda value: isinstance(value, kind))


def _like(words: str, *names: str) -> Demand:
    """Something with these methods; a text has many, and is none of it."""

    def fit(value: Any) -> bool:
        has = all(callable(getattr(value, name, None)) for name in names)
        return has and not isinstance(value, str)

    return Demand(words, fit)


def _one_of(words: Iterable[str]) -> Demand:
    known = tuple(words)
    return Demand(
        f"one of {', '.join(map(repr, known))}",
        lambda value: isinstance(value, str) and value in known,
    )


def _or(*demands: Demand, secret: bool = False) -> Demand:
    words = " or ".join(demand.words for demand in demands)
    return Demand(words, lambda value: any(one.fits(value) for one in demands), secret)


def _several(noun: str, fits: Callable[[Any], bool] = lambda _: True) -> Demand:
    """A collection of such items, but no text; what can be read only once is looked at later."""

    def fit(value: Any) -> bool:
        many = isinstance(value, Iterable) and not isinstance(value, (str, bytes))
        return many and (not _is_kept(value) or all(map(fits, value)))

    return Demand(f"a list of {noun}", fit)


def _is_kept(items: Iterable[Any]) -> bool:
    """Whether looking at the items does not use them up."""
    return iter(items) is not items


def _is_whole(value: Any, least: int) -> bool:
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    return is_whole and int(value) >= least


def _is_number(value: Any) -> bool:
    """Whether it is a number that a float can hold; those of NumPy are, too."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _are_amounts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(unit, str) and _is_number(amount) and amount >= 0
        for unit, amount in value.items()
    )


_LIST = _several("things")
_NONE = Demand("None", lambda value: value is None)
_TEXT = _a(str, "a text")
_YES_OR_NO = _a(bool, "True or False")
_PATH = Demand("a path", lambda value: isinstance(value, (str, os.PathLike)))
_SECONDS = Demand("a number of seconds above 0", lambda value: _is_number(value) and value > 0)
_FUNCTION = Demand("a function", callable)
_COUNT = Demand("a whole number of at least 1", lambda value: _is_whole(value, 1))
_ONE_GRANT = Demand("one", lambda value: isinstance(value, (Grant, str)))
_ONE_RULE = Demand("one", lambda value: isinstance(value, (Rule, str)))
"""A text is refused where it is read, with what to write in its place."""
_MODEL = _or(_like("a model", "request"), Demand("its name", _TEXT.fits))

WORKBENCH: Mapping[str, Demand] = {
    "journal": Demand("a path or a URL", _PATH.fits),
    "tools": _several("tools", lambda item: callable(item) or _LIST.fits(item)),
    "tools_from": _several("texts such as 'module:attribute'", _TEXT.fits),
    "planner": _or(_like("a planner", "propose"), _MODEL, _NONE),
    "environment": _TEXT,
    "rights": _or(_a(Rights, "wb.Rights(…)"), _NONE),
    "attended": _YES_OR_NO,
    "policy": _or(_like("a policy", "decide"), _NONE),
    "budget": _or(_a(Budget, "wb.Budget(…)"), _NONE),
    "caps": _several("caps"),
    "agent": _TEXT,
    "on_behalf_of": _or(_TEXT, _NONE),
    "secrets": _or(
        _a(Mapping, "texts by name"), _FUNCTION, _like("wb.Secrets(…)", "find"), _NONE, secret=True
    ),
    "clock": _or(_like("a clock", "now", "monotonic", "sleep"), _NONE),
    "limit": _or(_a(Limit, "wb.Limit(…)"), _NONE),
    "hooks": _or(_a(Hooks, "wb.Hooks(…)"), _several("them", lambda item: isinstance(item, Hooks))),
    "on_end": _or(_FUNCTION, _NONE),
    "notify": _several("functions", callable),
    "gates": _one_of(get_args(Gates)),
    "viewer": _one_of(get_args(Viewer)),
    "fatigue": _or(_a(Fatigue, "wb.Fatigue(…)"), _NONE),
    "control_requests": Demand(
        "a number from 0 to 1", lambda value: _is_number(value) and 0 <= value <= 1
    ),
    "verifier": _or(_MODEL, _NONE),
    "backend": _one_of(("asyncio", "trio")),
    "rule_files": _or(_several("paths", _PATH.fits), _NONE),
    "read_only": _YES_OR_NO,
    "in_flight": _COUNT,
    "active_runs": _or(_COUNT, _NONE),
    "request_expires_s": _or(_SECONDS, _NONE),
    "on_unplanned": _one_of(("flag", "pause", "refuse")),
    "lease_s": _SECONDS,
    "stall_s": _or(_SECONDS, _NONE),
    "variables": _or(_a(MutableMapping, "variables by name"), _NONE),
    "bounds": _a(Bounds, "wb.Bounds(…)"),
}
"""Of `Workbench(…)`."""

START: Mapping[str, Demand] = {
    "goal": _TEXT,
    "plan": _or(_a(Plan, "wb.Plan(…)"), _NONE),
    "key": _or(_TEXT, _NONE),
    "on_failure": _one_of(get_args(OnFailure)),
    "priority": Demand("a whole number", lambda value: _is_whole(value, -(2**63))),
    "limit": _or(_a(Limit, "wb.Limit(…)"), _NONE),
    "within_s": _or(_SECONDS, _NONE),
    "seed": _or(Demand("a whole number of at least 0", lambda value: _is_whole(value, 0)), _NONE),
    "autonomy": _one_of(get_args(Autonomy)),
    "grants": _or(_several("grants"), _ONE_GRANT, _NONE),
    "rules": _or(_several("rules"), _ONE_RULE),
    "limits": _or(Demand("amounts by unit, each at least 0", _are_amounts), _NONE),
    "done": _or(_a(Check, "wb.Check(…)"), _NONE),
}
"""Of `bench.start(…)`."""

WAIT: Mapping[str, Demand] = {
    "states": _several(
        f"states, each one of {', '.join(get_args(RunState))}", get_args(RunState).__contains__
    ),
    "timeout_s": _or(
        Demand("a number of seconds of at least 0", lambda value: _is_number(value) and value >= 0),
        _NONE,
    ),
    "callback": _FUNCTION,
}
"""Of `run.wait(…)`, `run.wait_until(…)` and `run.on_end(…)`."""
