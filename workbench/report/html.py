"""A run as static HTML: for saved notebooks, nbviewer, GitHub and screen readers.

No script and no network; all text is escaped. GitHub drops the styles and it still reads well.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from workbench.report.ahead import ahead_title, remarks_ahead
from workbench.report.explanation import explain
from workbench.report.forecast import run_forecast_words
from workbench.report.fork_text import fork_words
from workbench.report.request_text import (
    argument_texts,
    choice_words,
    evidence_text,
    gate_words,
    is_call,
    refusal_words,
    request_facts,
)
from workbench.report.text import (
    kept_words,
    run_error,
    run_line,
    shown_steps,
    step_name,
    step_remark,
    verified_words,
)
from workbench.report.values import stored_text
from workbench.report.words import RUN_SIGNS, STEP_SIGNS, count_words, plain_text
from workbench.tools import Tool
from workbench.view import RequestView, RunView, by_class_and_age

NO_TOOLS: Mapping[str, Tool] = MappingProxyType({})

_CELL = "text-align:left;vertical-align:top;padding:2px 12px 2px 0"


def run_html(
    view: RunView, tools: Mapping[str, Tool] = NO_TOOLS, *, frozen: Iterable[str] = ()
) -> str:
    """Give the run as it stood at its last event.

    Args:
        view: the run.
        tools: by name, to say of open requests whether the call can be undone.
        frozen: what holds every run of the journal, as `Freezes.lines` says it.
    """
    sign = RUN_SIGNS[view.state]
    title = view.goal or f"Run {view.run}"
    foot = (
        f"As of {as_of(view.at)}. Nothing here is live: open the notebook with a kernel to go on."
    )
    parts = [
        f"<p><strong>{text(title)}</strong></p>",
        f"<p>{sign.icon} {text(run_line(view))}</p>",
        f"<p>{text(fork)}</p>" if (fork := fork_words(view)) else "",
        _paragraph("Mode", f"{view.mode}, {view.mode_why}" if view.mode_why else ""),
        _paragraph("Error", run_error(view)),
        _paragraph("Reason", view.reason),
        *(f"<p>{text(line)}</p>" for line in frozen),
        _why(view),
        f"<p>{text(kept)}</p>" if (kept := kept_words(view)) else "",
        _steps(view),
        _paragraph("Forecast", run_forecast_words(view, tools)),
        _ahead(view),
        _paragraph(
            "Outside the plan", count_words(view.unplanned, "call") if view.unplanned else ""
        ),
        _paragraph("Specification changed since the start", ", ".join(sorted(view.drifted))),
        *(request_html(r, view, tools) for r in by_class_and_age(view.open_requests)),
        _paragraph(f"Result{verified_words(view)}", stored_text(view.result)),
        f"<p><small>{foot}</small></p>",
    ]
    name = html.escape(f"Run {plain_text(view.run)}", quote=True)
    return f'<section aria-label="{name}">{"".join(parts)}</section>'


def text(value: str) -> str:
    """Escape text from outside; line breaks stay visible."""
    return html.escape(plain_text(value), quote=True).replace("\n", "<br>")


def as_of(at: datetime | None) -> str:
    """Say a time to the second, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if at else "before its first event"


def _ahead(view: RunView) -> str:
    remarks = remarks_ahead(view)
    if not remarks:
        return ""
    lines = (f"{one.step}: {one.text}" if one.step else one.text for one in remarks)
    items = "".join(f"<li>{text(line)}</li>" for line in lines)
    return f"<p>{ahead_title(view)}</p><ul>{items}</ul>"


def _why(view: RunView) -> str:
    if (why := explain(view)) is None:
        return ""
    items = "".join(f"<li>{text(line)}</li>" for line in why.lines())
    return f"<p>Why it failed</p><ul>{items}</ul>"


def _paragraph(name: str, value: str | None) -> str:
    return f"<p>{name}: {text(value)}</p>" if value else ""


def _steps(view: RunView) -> str:
    if not view.steps:
        return "<p>There is no plan yet.</p>" if not view.final else "<p>There is no plan.</p>"
    rows = []
    steps, left_out = shown_steps(view)
    places = {step: number for number, step in enumerate(view.steps, 1)}
    for step in steps:
        icon, word, _ = STEP_SIGNS[step.state]
        state = f'<span aria-hidden="true">{icon}</span> {word}'
        cells = (
            str(places[step.id]),
            text(step_name(view, step.id)),
            state,
            text(step_remark(step)),
        )
        rows.append(_row(cells))
    if left_out:
        rows.append(_row(("", left_out, "", "")))
    number = view.revision.number if view.revision else 0
    return _table(f"Plan, revision {number}", ("#", "Step", "State", "What came of it"), rows)


def request_html(
    request: RequestView, view: RunView | None, tools: Mapping[str, Tool] = NO_TOOLS
) -> str:
    """Give a request with all that a person must know before answering, as a static table."""
    opened = request.opened
    words = request_facts(request, view, tools)
    calls = is_call(request)
    facts = [
        ("class of risk", words["class"] if calls else ""),
        ("can it be undone", words["can it be undone"] if opened.tool else ""),
        *((f"argument {name}", value) for name, value in argument_texts(request)),
        ("preview", words["preview"] if calls else ""),
        ("objects", words["objects"] if calls else ""),
        ("evidence", evidence_text(request)),
        ("why", words["why"]),
        ("cost", words["cost"] if calls else ""),
        ("choices", choice_words(request)),
        ("if refused", refusal_words(request, view)),
        ("to allow it", gate_words(request)),
        ("expires", as_of(opened.expires) if opened.expires else ""),
    ]
    rows = [_row((text(name), text(value)), head=True) for name, value in facts if value]
    icon = "?" if opened.about == "doubt" else "!"
    state = "unanswered" if request.state == "open" else request.state
    caption = f'<span aria-hidden="true">{icon}</span> {state}: {text(opened.title)}'
    return _table(caption, (), rows)


def _table(caption: str, columns: Iterable[str], rows: Iterable[str]) -> str:
    """Make a table; `caption` and `rows` are HTML already."""
    names = "".join(f'<th scope="col" style="{_CELL}">{name}</th>' for name in columns)
    head = f"<thead><tr>{names}</tr></thead>" if names else ""
    return (
        f'<table style="border-collapse:collapse;margin:8px 0">'
        f'<caption style="text-align:left;font-weight:bold">{caption}</caption>'
        f"{head}<tbody>{''.join(rows)}</tbody></table>"
    )


def _row(cells: Iterable[str], *, head: bool = False) -> str:
    """Make a row; `cells` are HTML already. With `head`, the first cell names the others."""
    first, *others = cells
    tag = f'<th scope="row" style="{_CELL};font-weight:normal">{first}</th>' if head else _td(first)
    return f"<tr>{tag}{''.join(_td(cell) for cell in others)}</tr>"


def _td(cell: str) -> str:
    return f'<td style="{_CELL}">{cell}</td>'
