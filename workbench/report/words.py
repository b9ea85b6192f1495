"""How states, effects, risks and numbers are said, alike in text, HTML, frames and figures.

`extensions/src/words.ts` says the same in the widget.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from workbench.states import RunState, StepState
from workbench.tools import Effect, Risk


class Sign(NamedTuple):
    """A state as it is shown: icon, word and colour always together."""

    icon: str
    word: str
    color: str


BLUE, NEUTRAL, AMBER, PURPLE, RED, GREY = (
    "#2f6fb7",
    "#5b6673",
    "#c98a12",
    "#7c4fb0",
    "#c0392b",
    "#b3bac2",
)

DASH = "\N{EN DASH}"

RUN_SIGNS: dict[RunState, Sign] = {
    "queued": Sign("○", "queued", GREY),
    "planning": Sign("◐", "planning", BLUE),
    "running": Sign("◐", "running", BLUE),
    "paused": Sign("‖", "paused", GREY),
    "waiting": Sign("!", "waits for you", AMBER),
    "stopping": Sign("■", "stopping", GREY),
    "succeeded": Sign("✓", "done", NEUTRAL),
    "failed": Sign("✕", "failed", RED),
    "stopped": Sign("■", "stopped", GREY),
    "abandoned": Sign(DASH, "abandoned", GREY),
}

STEP_SIGNS: dict[StepState, Sign] = {
    "pending": Sign("○", "to come", GREY),
    "ready": Sign("○", "next", GREY),
    "asking": Sign("!", "waits for you", AMBER),
    "running": Sign("◐", "running", BLUE),
    "in_doubt": Sign("?", "in doubt", PURPLE),
    "succeeded": Sign("✓", "done", NEUTRAL),
    "failed": Sign("✕", "failed", RED),
    "skipped": Sign(DASH, "skipped", GREY),
    "denied": Sign(DASH, "refused", GREY),
    "stopped": Sign("■", "stopped", GREY),
    "undone": Sign("↺", "undone", GREY),
    "undo_failed": Sign("✕", "undo failed", RED),
}

ATTEMPT_SIGNS: dict[str, Sign] = {
    "running": STEP_SIGNS["running"],
    "succeeded": STEP_SIGNS["succeeded"],
    "failed": STEP_SIGNS["failed"],
    "in_doubt": STEP_SIGNS["in_doubt"],
    "retrying": Sign("✕", "failed, tried again", RED),
    "cancelled": Sign(DASH, "cancelled", GREY),
    "unplanned": Sign("⚑", "outside the plan", AMBER),
    "refused": Sign("⚑", "refused, outside the plan", GREY),
    "turned": Sign("↻", "not good enough, turned", NEUTRAL),
    "exhausted": Sign("✕", "not good enough, no turn left", RED),
    "refuted": Sign(DASH, "did not happen", GREY),
    "skipped": STEP_SIGNS["skipped"],
    "given": Sign("✓", "given", NEUTRAL),
    "shared": Sign("✓", "shared, done by another run", NEUTRAL),
    "denied": STEP_SIGNS["denied"],
}
"""What can become of one attempt, and the ways to finish a step without one."""

_EFFECTS: dict[Effect, str] = {
    "pure": "computes only",
    "read": "reads only",
    "reversible": "can be undone",
    "compensable": "can be undone, leaves traces",
    "irreversible": "cannot be undone",
}

_RISKS: dict[Risk, str] = {
    "read": "reads",
    "local": "local change",
    "shared": "shared",
    "costly": "costs money",
    "public": "outward",
    "irreversible": "final",
}

_SHORTEST_S, _TENTHS_BELOW_S, _CENT = 0.01, 10, 0.01

_MONEY = {"usd": "$", "eur": "€", "gbp": "£"}


def effect_words(effect: Effect) -> str:
    """Say what an effect means for the person."""
    return _EFFECTS[effect]


def risk_words(risk: Risk) -> str:
    """Say a risk class."""
    return _RISKS[risk]


def class_words(risk: Risk) -> str:
    """Say a risk class by its name and its words, and only once where these are the same."""
    words = _RISKS[risk]
    return words if risk in words else f"{risk} ({words})"


def duration_words(seconds: float) -> str:
    """Say a duration: `<0.01 s`, `0.21 s`, `12 s`, `3:05`, `2:03:05`."""
    if seconds < 1:
        return f"{seconds:.2f} s" if seconds >= _SHORTEST_S else f"<{_SHORTEST_S} s"
    if seconds < _TENTHS_BELOW_S:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def amount_words(amount: float, unit: str) -> str:
    """Say an amount with its unit: `$0.03`, `4 calls`, `1 token in`, `$1,000.00 (orders)`."""
    purpose, _, money = unit.rpartition("_")
    sign = _MONEY.get(money)
    if sign is None:
        number = f"{amount:,.6f}".rstrip("0").rstrip(".") if amount % 1 else f"{amount:,.0f}"
        noun, _, kind = unit.partition("_")
        noun = noun.removesuffix("s") if amount == 1 else noun
        return f"{number} {noun} {kind.replace('_', ' ')}".rstrip()
    small = 0 < abs(amount) < _CENT
    text = f"{'-' if amount < 0 else ''}{sign}{abs(amount):,.{4 if small else 2}f}"
    return f"{text} ({purpose.replace('_', ' ')})" if purpose else text


def is_money(unit: str) -> bool:
    """Whether a unit is money: `usd`, `orders_usd`."""
    return unit.rpartition("_")[2] in _MONEY


def amounts_words(amounts: Mapping[str, float]) -> str:
    """Say several amounts; empty when there is none."""
    return ", ".join(amount_words(amount, unit) for unit, amount in amounts.items() if amount)


def count_words(number: int, noun: str) -> str:
    """Say `1 step` or `2 steps`."""
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def sentence(words: str) -> str:
    """Make a sentence of a fragment: first letter large, a full stop unless it ends by itself."""
    text = words.strip()
    text = text[:1].upper() + text[1:]
    return text if not text or text[-1] in ".?!…" else f"{text}."


def plain_text(text: str) -> str:
    """Make text from outside harmless for a terminal and a message; line breaks and tabs stay.

    Control characters (escape sequences among them), characters that turn the reading direction,
    and halves of surrogate pairs are replaced by `�`.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join("�" if _is_unsafe(char) else char for char in text.replace("\r\n", "\n"))


def one_line(text: str, width: int = 120) -> str:
    """Give harmless text without line breaks, cut to `width` characters."""
    line = " ".join(plain_text(text[: width * 8]).split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def _is_unsafe(char: str) -> bool:
    if char in "\n\t":
        return False
    return unicodedata.category(char) in ("Cc", "Cs") or char in _DIRECTION


_DIRECTION = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")
