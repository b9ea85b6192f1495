"""The forecast of a plan in words, and beside what a run really took."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from workbench import events as e
from workbench.events import Record
from workbench.plan import Forecast, Plan
from workbench.plan.forecast import StepForecast, critical_path
from workbench.plan.room import short
from workbench.report.attempts import attempts_of
from workbench.report.columns import TEXT, make_frame
from workbench.report.words import amounts_words, count_words, duration_words, one_line
from workbench.tools import Tool
from workbench.view import RunView

if TYPE_CHECKING:
    import pandas as pd

FORECAST_COLUMNS: dict[str, str] = {
    "step": TEXT,
    "title": TEXT,
    "forecast_s": "float64",  # missing: nobody has estimated it
    "actual_s": "float64",  # from its first request or call to its end, waiting included
    "forecast_usd": "float64",
    "actual_usd": "float64",  # verification included; missing: nothing was called; what was given
    # back is not counted
    "forecast_verification_s": "float64",  # of forecast_s: looking at the output
    "forecast_verification_usd": "float64",
    "forecast_request": TEXT,  # risk class in which it is asked about; missing: it is not
    "actual_requests": "int64",  # permissions and limits that were asked about
    "on_critical_path": "boolean",  # of the actual times, as far as they are known
    "state": TEXT,
}
"""Columns of `forecast_frame` and their dtypes: one row for each step of the current plan, and a
last one, whose step is missing, for a completion check that takes something."""

PATH_SHOWN = 8
"""Steps of a critical path that a text names."""


def forecast_frame(
    records: Iterable[Record],
    view: RunView,
    tools: Mapping[str, Tool],
    forecast: Forecast | None = None,
) -> pd.DataFrame:
    """Give what each step was expected to take beside what it took; see `FORECAST_COLUMNS`.

    A `forecast` that knows what is asked about says so; without one nothing is known of that.
    """
    read, plan = list(records), view.plan or Plan()
    foreseen = plan.forecast(tools.values(), done=view.done) if forecast is None else forecast
    expected = {row.step: row for row in foreseen.steps}
    verifying = {name: row.verification for name, row in expected.items()}
    requests = Counter(
        record.step
        for record in read
        if isinstance(record.event, e.RequestOpened)
        and record.event.about in ("permission", "budget")
    )
    took, spent = actual_seconds(read), _actual_usd(read)
    on_path = set(actual_path(took, view, tools))
    rows: list[dict[str, Any]] = [
        {
            "step": step.id,
            "title": step.name,
            "forecast_s": expected[step.id].seconds if step.id in expected else None,
            "actual_s": took.get(step.id),
            "forecast_usd": expected[step.id].usd if step.id in expected else None,
            "actual_usd": spent.get(step.id),
            "forecast_verification_s": verifying.get(step.id, {}).get("seconds"),
            "forecast_verification_usd": verifying.get(step.id, {}).get("usd"),
            "forecast_request": expected[step.id].request if step.id in expected else None,
            "actual_requests": requests[step.id],
            "on_critical_path": step.id in on_path,
            "state": view.steps[step.id].state,
        }
        for step in plan.steps
    ]
    if foreseen.completion is not None:
        rows.append(_of_completion(foreseen.completion, read))
    return make_frame(rows, FORECAST_COLUMNS)


def _of_completion(row: StepForecast, records: list[Record]) -> dict[str, Any]:
    """Give the row of the look at the result; a state it has none."""
    said = [r.event for r in records if r.step is None and isinstance(r.event, e.VerdictGiven)]
    spent = [one.usage["usd"] for one in said if "usd" in one.usage]
    return {
        **dict.fromkeys(FORECAST_COLUMNS),
        "title": row.step,
        "forecast_s": row.seconds,
        "actual_s": math.fsum(one.duration_s for one in said) if said else None,
        "forecast_usd": row.usd,
        "actual_usd": math.fsum(spent) if spent else None,
        "forecast_verification_s": row.verification.get("seconds"),
        "forecast_verification_usd": row.verification.get("usd"),
        "actual_requests": 0,
    }


def actual_seconds(records: Iterable[Record]) -> dict[str, float]:
    """Give how long each step took that has ended, from its first request or call."""
    begun: dict[str, Record] = {}
    took: dict[str, float] = {}
    for record in records:
        step = record.step
        if step is None:
            continue
        if isinstance(record.event, (e.RequestOpened, e.CallIntended)):
            begun.setdefault(step, record)
        elif isinstance(record.event, _ENDS) and step in begun:
            took[step] = (record.at - begun[step].at).total_seconds()
    return took


_ENDS = (e.CallSucceeded, e.CallFailed, e.CallConfirmed, e.LoopExhausted, e.StepGiven)


def actual_path(took: Mapping[str, float], view: RunView, tools: Mapping[str, Tool]) -> list[str]:
    """Give the critical path by actual seconds, and by the forecast for what is still to come."""
    plan = view.plan or Plan()
    seconds: dict[str, float] = dict(took)
    if not view.final:
        for row in plan.forecast(tools.values()).steps:
            if row.step not in took and not view.steps[row.step].final:
                seconds[row.step] = row.seconds or 0.0
    return critical_path(plan.needs, {step: seconds.get(step, 0.0) for step in plan.needs})[0]


def _actual_usd(records: list[Record]) -> dict[str, float]:
    spent: dict[str, float] = {}
    for attempt in attempts_of(records):
        if attempt.attempt:
            spent[attempt.step] = spent.get(attempt.step, 0.0) + attempt.spend.get("usd", 0.0)
    for record in records:
        if record.step is not None and isinstance(record.event, e.VerdictGiven):
            usd = record.event.usage.get("usd", 0.0)
            spent[record.step] = spent.get(record.step, 0.0) + usd
    return spent


def forecast_words(forecast: Forecast) -> str:
    """Say a forecast on one line; empty when nothing at all is known.

    `at least 6:00:12, $3.50; critical path: load → review → mail; not estimated: 2 steps`
    """
    if not forecast.duration_s and not forecast.units:
        return ""
    time = duration_words(forecast.duration_s) if forecast.duration_s else ""
    if time and not forecast.complete:
        time = f"at least {time}"
    money = amounts_words(forecast.units)
    if money and not forecast.spend_complete:
        money = f"at least {money}"
    parts = [", ".join(part for part in (time, money) if part)]
    if forecast.verification:
        amounts = dict(forecast.verification)
        seconds = amounts.pop("seconds", 0.0)
        known = [duration_words(seconds) if seconds else "", amounts_words(amounts)]
        parts.append(f"of that verification: {', '.join(one for one in known if one)}")
    if forecast.requests is not None:
        parts.append(forecast.questions)
    if forecast.critical_path:
        path = forecast.critical_path[:PATH_SHOWN]
        more = " → …" if len(forecast.critical_path) > len(path) else ""
        parts.append(f"critical path: {' → '.join(path)}{more}")
    if forecast.unknown:
        few = len(forecast.unknown) <= PATH_SHOWN
        named = ", ".join(forecast.unknown) if few else count_words(len(forecast.unknown), "step")
        parts.append(f"not estimated: {named}")
    return one_line("; ".join([*parts, *map(str, short(forecast.room))]), 400)


def run_forecast_words(view: RunView, tools: Mapping[str, Tool]) -> str:
    """Say what a run that has not ended will still take; empty when nothing was estimated."""
    if view.plan is None or view.final:
        return ""
    finished = {step for step, stands in view.steps.items() if stands.final}
    coming = [step for step in view.plan.steps if step.id not in finished]
    if not any(step.estimate for step in coming) and not any(
        tools[step.tool].estimate for step in coming if step.tool in tools
    ):
        return ""
    words = forecast_words(view.plan.forecast(tools.values(), done=view.done, finished=finished))
    return f"still to come: {words}" if words and finished else words
