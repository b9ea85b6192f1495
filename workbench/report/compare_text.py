"""A comparison of two runs in words: plain text, and HTML without a script."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.report.words import (
    amounts_words,
    count_words,
    duration_words,
    one_line,
    plain_text,
)

if TYPE_CHECKING:
    from workbench.report.compare import Comparison, Side, StepPair

STEPS_SHOWN = 200
"""Rows of steps that a text shows; those that differ come first where there are more."""
CHANGES_SHOWN = 40
NAMED = 8
_CELL = "text-align:left;vertical-align:top;padding:2px 12px 2px 0"


def comparison_text(found: Comparison) -> str:
    """Show a comparison as text, the same for the same two runs."""
    facts = [("", one_line(found.a.run, 40), one_line(found.b.run, 40)), *_facts(found)]
    lines = [*_columns(facts), ""]
    if found.prefix:
        lines += [found.prefix + ".", ""]
    lines += ["Plan:", *(f"  {line}" for line in _plan_lines(found)), ""]
    steps, more = _shown(found)
    rows = [("step", "output", "first", "second"), *(_row(pair) for pair in steps)]
    lines += ["Steps:", *(f"  {line}" for line in _columns(rows)), *([f"  {more}"] if more else [])]
    return "\n".join(lines)


def comparison_html(found: Comparison) -> str:
    """Show a comparison as two tables; all text is escaped."""
    head = ("", found.a.run, found.b.run)
    steps, more = _shown(found)
    rows = [_row(pair) for pair in steps]
    changes = "".join(f"<li>{_escaped(line)}</li>" for line in _plan_lines(found))
    parts = [
        f"<p>{_escaped(found.prefix)}.</p>" if found.prefix else "",
        _table("Two runs", head, _facts(found)),
        f"<p>Plan:</p><ul>{changes}</ul>",
        _table("Steps", ("step", "output", "first", "second"), rows),
        f"<p>{_escaped(more)}</p>" if more else "",
    ]
    return f'<section aria-label="Comparison of two runs">{"".join(parts)}</section>'


def _facts(found: Comparison) -> list[tuple[str, str, str]]:
    a, b = found.a, found.b
    rows = [
        ("goal", one_line(a.goal, 60), one_line(b.goal, 60)),
        ("state", a.state, b.state),
        ("steps done", f"{a.steps_done} of {a.steps}", f"{b.steps_done} of {b.steps}"),
        ("took", _time(a), _time(b)),
        ("spent", amounts_words(a.usage) or "nothing", amounts_words(b.usage) or "nothing"),
        ("spent before, shared", amounts_words(a.shared_usage), amounts_words(b.shared_usage)),
        ("own effects", _names(a.own_effects), _names(b.own_effects)),
        ("shared effects", _names(a.shared_effects), _names(b.shared_effects)),
        ("result", one_line(a.result, 60), one_line(b.result, 60)),
    ]
    return [row for row in rows if row[1] or row[2]]


def _time(side: Side) -> str:
    return "" if side.seconds is None else duration_words(side.seconds)


def _names(steps: tuple[str, ...]) -> str:
    more = f" and {len(steps) - NAMED} more" if len(steps) > NAMED else ""
    return ", ".join(steps[:NAMED]) + more


def _plan_lines(found: Comparison) -> list[str]:
    lines = [one_line(line, 200) for line in str(found.plan).splitlines()]
    more = len(lines) - CHANGES_SHOWN
    return [*lines[:CHANGES_SHOWN], *([f"… {more} more"] if more > 0 else [])]


def _shown(found: Comparison) -> tuple[list[StepPair], str]:
    """Give the rows to show: all, or where they are many, those that differ first."""
    pairs = list(found.steps)
    if len(pairs) <= STEPS_SHOWN:
        return pairs, ""
    pairs.sort(key=lambda pair: pair.output in ("equal", "none") and pair.plan == "same")
    return pairs[:STEPS_SHOWN], f"… {count_words(len(pairs) - STEPS_SHOWN, 'step')} more"


def _row(pair: StepPair) -> tuple[str, str, str, str]:
    words = "shared" if pair.shared else pair.output
    words += f", {pair.plan}" if pair.plan != "same" else ""
    return pair.step, words, _went(pair.state_a, pair.output_a), _went(pair.state_b, pair.output_b)


def _went(state: str | None, output: str) -> str:
    if state is None:
        return "not in the plan"
    return one_line(f"{state}: {output}" if output else state, 50)


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Set rows in columns, each as wide as its widest cell."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _table(caption: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    names = "".join(f'<th scope="col" style="{_CELL}">{_escaped(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row" style="{_CELL};font-weight:normal">{_escaped(first)}</th>'
        + "".join(f'<td style="{_CELL}">{_escaped(cell)}</td>' for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f'<table style="border-collapse:collapse;margin:8px 0">'
        f'<caption style="text-align:left;font-weight:bold">{caption}</caption>'
        f"<thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"
    )


def _escaped(value: str) -> str:
    return html.escape(plain_text(value), quote=True)
