"""From the words of a goal to clauses, each with the tools that it calls for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.planner.builtin.ask import SKIP, Dialogue
from workbench.planner.builtin.implied import Implied, comparing, find_implied, is_condition
from workbench.planner.builtin.lexicon import (
    ARTICLES,
    BY,
    DETERMINERS,
    EXCLUSIONS,
    NEGATIONS,
    reduction,
)
from workbench.planner.builtin.mentions import Names
from workbench.planner.builtin.ports import ToolPorts
from workbench.planner.builtin.words import Token, phrase


@dataclass(eq=False)
class Anchor:
    """Words that call for a tool."""

    tokens: list[Token]
    candidates: dict[str, dict[str, Any]]
    """Tool to the arguments that the words already decide: `average` decides how=mean."""
    target: Anchor | None = None
    """The earlier anchor whose output it names: `the report`."""
    ask: bool = False
    """The person wants to be asked before it."""
    chosen: ToolPorts | None = None
    whole: bool = False
    """Its words say all; those behind them belong to another anchor."""
    restricts: bool = False
    """It restricts what the others of its clause work on, so it goes first."""
    onto: Anchor | None = None
    """The anchor whose output it goes on with: `year is 2007 and pop is more than 5`."""


@dataclass(eq=False)
class Clause:
    """A part of the goal that says one thing."""

    tokens: list[Token]
    anchors: list[Anchor] = field(default_factory=list)

    @property
    def acting(self) -> list[Anchor]:
        """Anchors that call for a step of their own."""
        return [anchor for anchor in self.anchors if anchor.target is None]


def read_clauses(
    goal: str,
    tokens: Sequence[Token],
    tools: Sequence[ToolPorts],
    names: Names,
    dialogue: Dialogue,
) -> tuple[list[Clause], set[int]]:
    """Cut the goal into clauses; also give the tokens of what the person chose to leave out."""
    clauses: list[Clause] = []
    used: set[int] = set()
    opening: list[Token] = []
    known = _Known(goal, tools, names, dialogue, find_implied(tokens, tools, names))
    for whole in _pieces(tokens):
        piece, negated = _divide(whole)
        if negated:
            _ask_to_leave_out(goal, negated, dialogue)
            used |= {token.at for token in negated}
        if not piece:
            continue
        anchors = list(_anchors(known, piece))
        if clauses and not anchors:
            anchors = _goes_on(clauses[-1], piece, tokens, tools, names)
        if anchors:
            clauses.append(Clause([*opening, *piece], anchors))
            opening = []
        elif clauses:
            clauses[-1].tokens += piece
        else:
            opening += piece
    _point_back(clauses)
    return clauses, used | _ask_first(clauses)


def _pieces(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    piece: list[Token] = []
    for token in tokens:
        if token.kind in ("comma", "stop") or token.lower in ("and", "then", "&"):
            if piece:
                yield piece
            piece = []
        else:
            piece.append(token)
    if piece:
        yield piece


def _divide(piece: list[Token]) -> tuple[list[Token], list[Token]]:
    """Cut off what is negated: from `without` on, or all of it from its start."""
    for number, token in enumerate(piece):
        compared = token.lower == "not" and number and piece[number - 1].lower == "is"
        if token.kind == "word" and token.lower in NEGATIONS and not compared:
            start = number if token.lower in EXCLUSIONS else 0
            return piece[:start], piece[start:]
    return piece, []


def _ask_to_leave_out(goal: str, negated: list[Token], dialogue: Dialogue) -> None:
    words = phrase(goal, negated)
    choices = {SKIP: f"Plan nothing for “{words}”"}
    text = f"“{words}” says what not to do, which these rules cannot plan. Leave all of it out?"
    dialogue.ask("negation", words, text, why=words, choices=choices)


@dataclass(frozen=True)
class _Known:
    """What a goal is read with."""

    goal: str
    tools: Sequence[ToolPorts]
    names: Names
    dialogue: Dialogue
    implied: Mapping[int, Implied]


def _anchors(known: _Known, piece: list[Token]) -> Iterator[Anchor]:
    current: Anchor | None = None
    taken: set[int] = set()
    for token in piece:
        found = known.implied.get(token.at)
        if found is not None:
            if current:
                yield current
            current = None
            taken |= {t.at for t in found.tokens}
            yield _implied(found)
        candidates = {} if token.at in taken else _called(known, token, piece)
        if not candidates:
            continue
        both = current and _joined(current, token, candidates)
        if current and both:
            current.tokens.append(token)
            current.candidates = both
        else:
            if current:
                yield current
            current = Anchor([token], candidates)
    if current:
        yield current


def _implied(found: Implied) -> Anchor:
    tokens = list(found.tokens)
    return Anchor(tokens, found.candidates, whole=found.whole, restricts=found.restricts)


def _called(known: _Known, token: Token, piece: list[Token]) -> dict[str, dict[str, Any]]:
    """Give the tools that a word calls for; none when it describes, orders, or names a column."""
    if _describes(token, piece) or _orders(token, piece):
        return {}
    candidates = _candidates(token, known.tools)
    mention = known.names.column_at(token.at) if candidates else None
    if mention is not None:
        if _in_slot(token, piece) or mention.first != mention.last:
            return {}
        if not _means_tool(known.goal, token, piece, known.dialogue):
            return {}
        del known.names.columns[mention.first]
    return candidates


def _goes_on(
    clause: Clause,
    piece: list[Token],
    tokens: Sequence[Token],
    tools: Sequence[ToolPorts],
    names: Names,
) -> list[Anchor]:
    """Read one more condition after another one: the word between them calls for the tool."""
    able = {tool.name for tool in comparing(tools)}
    last = clause.anchors[-1]
    if not (last.candidates.keys() & able) or not is_condition(piece, names):
        return []
    between = tokens[piece[0].at - 1]
    piece.insert(0, between)
    return [Anchor([between], {name: {} for name in last.candidates if name in able}, onto=last)]


def _orders(token: Token, piece: list[Token]) -> bool:
    """Say whether a word only orders, as in `largest first`."""
    after = next((t for t in piece if t.at == token.at + 1), None)
    return after is not None and after.lower == "first" and reduction(token.text) is not None


def _candidates(token: Token, tools: Sequence[ToolPorts]) -> dict[str, dict[str, Any]]:
    """Give the tools that a word calls for, each with what the word decides."""
    if token.kind != "word":
        return {}
    exact = [tool for tool in tools if tool.name == token.text]
    if exact:
        return {exact[0].name: {}}
    found: dict[str, dict[str, Any]] = {}
    wanted = reduction(token.text)
    for tool in tools:
        if token.concept in tool.cues:
            found[tool.name] = {}
        if wanted:
            for port in tool.inputs:
                value = next((c for c in port.choices if reduction(c) == wanted), None)
                if value:
                    found[tool.name] = {port.name: value}
    return found


def _describes(token: Token, piece: list[Token]) -> bool:
    """Say whether a participle describes a noun, `the reported values`: it asks for nothing."""
    before = next((t for t in reversed(piece) if t.at < token.at), None)
    return token.lower.endswith("ed") and before is not None and before.lower in ARTICLES | {"of"}


def _joined(
    anchor: Anchor, token: Token, candidates: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Give the tools that both the anchor and one more word call for; none when they clash."""
    if any(token.stem == earlier.stem for earlier in anchor.tokens):
        return {}
    joined: dict[str, dict[str, Any]] = {}
    for name in anchor.candidates.keys() & candidates.keys():
        before, now = anchor.candidates[name], candidates[name]
        if any(before.get(port, value) != value for port, value in now.items()):
            return {}
        joined[name] = {**before, **now}
    return joined


def _in_slot(token: Token, piece: list[Token]) -> bool:
    """Say whether a word stands where a column stands: after `by`, or after `average (the)`."""
    before = [t for t in piece if t.at < token.at]
    while before and before[-1].lower in ARTICLES | {"of"}:
        before.pop()
    return bool(before) and (before[-1].lower in BY or reduction(before[-1].text) is not None)


def _means_tool(goal: str, token: Token, piece: list[Token], dialogue: Dialogue) -> bool:
    words = phrase(goal, piece)
    text = f"In “{words}”, is “{token.text}” the column of that name, or something to do?"
    choices = {"column": f"The column {token.text}", "tool": "Something to do"}
    subject = f"{token.text}@{token.at}: {words}"
    return dialogue.ask("meaning", subject, text, why=words, choices=choices) == "tool"


def _point_back(clauses: list[Clause]) -> None:
    """Mark anchors that name what an earlier clause makes: `the report` after `write a report`."""
    for number, clause in enumerate(clauses):
        for anchor in clause.anchors:
            before = [t for t in clause.tokens if t.at < anchor.tokens[0].at]
            if not before or before[-1].lower not in DETERMINERS:
                continue
            earlier = [a for c in clauses[:number] for a in c.acting]
            anchor.target = next((a for a in reversed(earlier) if _same(anchor, a)), None)


def _same(anchor: Anchor, earlier: Anchor) -> bool:
    shared = anchor.candidates.keys() & earlier.candidates.keys()
    return any(
        anchor.candidates[name].items() <= earlier.candidates[name].items() for name in shared
    )


def _ask_first(clauses: list[Clause]) -> set[int]:
    """Find `ask me before mailing it`; give the tokens that are done with by it."""
    used: set[int] = set()
    for number, clause in enumerate(list(clauses)):
        words = [t.lower for t in clause.tokens]
        length = next((n for n in (3, 2) if tuple(words[:n]) in _ASKING), 0)
        first = clause.anchors[0].tokens[0] if clause.anchors else None
        if not length or len(clause.tokens) <= length or clause.tokens[length] is not first:
            continue
        used |= {token.at for token in clause.tokens[:length]}
        again = [a for c in clauses[:number] for a in c.acting if _same(clause.anchors[0], a)]
        done = {t.at for anchor in clause.anchors for t in anchor.tokens}
        rest = [t for t in clause.tokens[length:] if t.at not in done and t.lower not in _EMPTY]
        if again and not rest:
            again[-1].ask = True
            used |= {token.at for token in clause.tokens}
            clauses.remove(clause)
        else:
            clause.anchors[0].ask = True
    return used


_ASKING = frozenset({("ask", "me", "before"), ("ask", "us", "before"), ("ask", "before")})
_EMPTY = ARTICLES | {"it"}
