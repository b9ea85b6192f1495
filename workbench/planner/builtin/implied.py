"""Phrases that call for a tool without naming it: `for Europe`, `the 5 rows with the highest pop`.

Each is taken only where it can mean one thing. What is left over is asked about, as everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workbench.planner.builtin.lexicon import (
    ARTICLES,
    COMPARING,
    COMPARISONS,
    GENERIC,
    concept,
    reduction,
    stem,
)
from workbench.planner.builtin.mentions import JOINED, Names
from workbench.planner.builtin.ports import ToolPorts
from workbench.planner.builtin.words import Token

BEFORE_VALUE = frozenset({"for", "in", "of", "at", "on", "from", "within", "among"})
"""Words between a table and the value that its rows should have: `lifeExp for Asia`."""
BEFORE_CONDITION = frozenset({"for", "with"})
_LOWEST = frozenset(map(stem, ("lowest", "smallest", "ascending")))

Candidates = dict[str, dict[str, object]]


@dataclass(frozen=True)
class Implied:
    """Words that call for a tool, with the arguments that they decide."""

    tokens: tuple[Token, ...]
    candidates: Candidates
    whole: bool = False
    """They say all that there is to say; words behind them belong to another tool."""
    restricts: bool = False
    """What the rest of the clause works on is restricted by it first."""


def find_implied(
    tokens: Sequence[Token], tools: Sequence[ToolPorts], names: Names
) -> dict[int, Implied]:
    """Find all such phrases, by the number of their first token."""
    found: dict[int, Implied] = {}
    for implied in (
        *_values(tokens, tools, names),
        *_conditions(tokens, tools, names),
        *_superlatives(tokens, tools),
    ):
        found.setdefault(implied.tokens[0].at, implied)
    return found


def comparing(tools: Sequence[ToolPorts]) -> list[ToolPorts]:
    """Give the tools that keep what compares so with a value."""
    return [tool for tool in tools if _comparison(tool) is not None and tool.columns]


def is_condition(tokens: Sequence[Token], names: Names) -> bool:
    """Say whether words begin with a column and a comparison: `pop is more than 100`."""
    if not tokens or (mention := names.column_at(tokens[0].at)) is None:
        return False
    return _compares(tokens, len([t for t in tokens if t.at <= mention.last]))


def _values(tokens: Sequence[Token], tools: Sequence[ToolPorts], names: Names) -> Iterator[Implied]:
    """Read a value that one text column has, and no other: the rows that have it are meant."""
    mentions = list(_mentioned(tokens, names))
    times = Counter(column for _, column, _ in mentions)
    for run, column, value in mentions:
        before = _before(tokens, run[0])
        # Two values of one column may be alternatives, or a range: then it is asked.
        if times[column] > 1 or before is None or before.lower not in BEFORE_VALUE:
            continue
        candidates: Candidates = {}
        for tool in comparing(tools):
            choice, ports = _comparison(tool), [p for p in tool.inputs if p.kind == "value"]
            if len(ports) == len(tool.columns) == 1 and choice is not None:
                name, equal = choice
                candidates[tool.name] = {
                    tool.columns[0].name: column, name: equal, ports[0].name: value
                }  # fmt: skip
        if candidates:
            yield Implied(tuple(run), candidates, whole=True, restricts=True)


def _mentioned(tokens: Sequence[Token], names: Names) -> Iterator[tuple[Sequence[Token], str, str]]:
    at = 0
    while at < len(tokens):
        for length in range(min(JOINED, len(tokens) - at), 0, -1):
            run = tokens[at : at + length]
            text = " ".join(token.text for token in run)
            columns = names.values.get(text, ())
            plain = all(t.kind in ("word", "quoted") and t.at not in names.files for t in run)
            if len(columns) == 1 and plain and names.column_at(at) is None:
                yield run, columns[0], text
                at += length - 1
                break
        at += 1


def _conditions(
    tokens: Sequence[Token], tools: Sequence[ToolPorts], names: Names
) -> Iterator[Implied]:
    """Read `for petal_length greater than 1.5`."""
    for number, token in enumerate(tokens):
        if token.lower in BEFORE_CONDITION and is_condition(tokens[number + 1 :], names):
            candidates: Candidates = {tool.name: {} for tool in comparing(tools)}
            if candidates:
                yield Implied((token,), candidates, restricts=True)


def _compares(tokens: Sequence[Token], start: int) -> bool:
    for words in COMPARING:
        if tuple(t.lower for t in tokens[start : start + len(words)]) == words:
            return True
    return False


def _superlatives(tokens: Sequence[Token], tools: Sequence[ToolPorts]) -> Iterator[Implied]:
    """Read `the 5 rows with the highest …`, and `lowest 2 by …`."""
    for number, token in enumerate(tokens):
        wanted = reduction(token.text) if token.kind == "word" else None
        if wanted not in ("max", "min"):
            continue
        count = _count_after(tokens, number) or _count_before(tokens, number)
        candidates = dict(_tops(tools, count, lowest=wanted == "min")) if count else {}
        if count is not None and candidates:
            yield Implied((token, count), candidates)


def _tops(
    tools: Sequence[ToolPorts], count: Token, *, lowest: bool
) -> Iterator[tuple[str, dict[str, object]]]:
    if not count.text.isdigit():
        return
    for tool in tools:
        numbers = [port for port in tool.inputs if port.kind == "number"]
        flags = [p for p in tool.inputs if p.kind == "flag" and p.words & _LOWEST]
        if concept("top") not in tool.cues or len(numbers) != 1 or (lowest and len(flags) != 1):
            continue
        low: dict[str, object] = {flags[0].name: True} if lowest else {}
        yield tool.name, {numbers[0].name: int(count.text), **low}


def _count_after(tokens: Sequence[Token], number: int) -> Token | None:
    after = tokens[number + 1] if number + 1 < len(tokens) else None
    return after if after is not None and after.kind == "number" else None


def _count_before(tokens: Sequence[Token], number: int) -> Token | None:
    """Give the number of `5 rows with the highest`."""
    before = [token for token in tokens[:number] if token.lower not in ARTICLES][-3:]
    if len(before) < len(_ROWS_WITH):
        return None
    count, rows, link = before
    fits = GENERIC.get(rows.singular) == "frame" and link.lower in ("with", "of", "by")
    return count if count.kind == "number" and fits else None


_ROWS_WITH = ("5", "rows", "with")


def _comparison(tool: ToolPorts) -> tuple[str, str] | None:
    """Give the port that says how to compare, and what it calls equal; None: it does not."""
    for port in tool.inputs:
        equal = next((c for c in port.choices if c in COMPARISONS["=="]), None)
        if equal is not None:
            return port.name, equal
    return None


def _before(tokens: Sequence[Token], token: Token) -> Token | None:
    earlier = [t for t in tokens if t.at < token.at and t.lower not in ARTICLES]
    return earlier[-1] if earlier else None
