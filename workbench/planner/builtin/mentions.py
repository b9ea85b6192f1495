"""Names of columns and files among the words of a goal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from workbench.planner.builtin.lexicon import GENERIC, SHORTEST, SILENT, reduction, singular
from workbench.planner.builtin.words import Token
from workbench.planner.builtin.workspace import Listing

JOINED = 3
"""Words that the name of a column may be written in."""


@dataclass(frozen=True)
class Mention:
    """A column that the goal names, and the words that name it."""

    name: str
    first: int
    last: int

    @property
    def span(self) -> range:
        """Numbers of its tokens."""
        return range(self.first, self.last + 1)


@dataclass
class Names:
    """What the goal names, and what it could name."""

    files: dict[int, str] = field(default_factory=dict)
    """Token to the file that it names, as the tools should be given it."""
    columns: dict[int, Mention] = field(default_factory=dict)
    """First token to the column."""
    choices: tuple[str, ...] = ()
    """All columns that are known."""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Texts that the named tables hold, with the columns that hold them."""
    sure: bool = False
    """Whether the columns are known, so that a word that is none is no column."""

    def column_at(self, at: int) -> Mention | None:
        """Give the mention that the token belongs to."""
        return next((m for m in self.columns.values() if at in m.span), None)


def find_names(tokens: Sequence[Token], listing: Listing, cues: frozenset[str]) -> Names:
    """Find files, then columns: those of the named tables, or of all if none is named."""
    every = {name for header in listing.columns.values() for name in header}
    taken = {singular(name) for name in every} | {name.lower() for name in every}
    files: dict[int, str] = {}
    for token in tokens:
        if token.kind == "path":
            files[token.at] = listing.find(token.text) or token.text
        elif token.kind == "word" and len(token.text) > SHORTEST and not _means(token, cues):
            found = listing.find(token.text)
            if found and PurePosixPath(found).suffix and token.singular not in taken:
                files[token.at] = found
    there = [file for file in files.values() if file in listing.files]
    tables = there or list(listing.columns)
    choices = tuple(dict.fromkeys(c for table in tables for c in listing.columns.get(table, ())))
    sure = bool(choices) and all(table in listing.columns for table in tables)
    values: dict[str, tuple[str, ...]] = {}
    for table in tables:
        for text, columns in listing.values.get(table, {}).items():
            values[text] = tuple(dict.fromkeys((*values.get(text, ()), *columns)))
    return Names(files, _find_columns(tokens, choices, files), choices, values, sure)


def is_name_like(token: Token) -> bool:
    """Say whether a word is written as only names are: `lifeExp`, `unit_price`, or quoted."""
    if token.kind == "quoted":
        return True
    return token.kind == "word" and bool(re.search(r"_|[a-z][A-Z]|[A-Za-z]\d", token.text))


def _means(token: Token, cues: frozenset[str]) -> bool:
    return (
        token.lower in SILENT
        or token.singular in GENERIC
        or token.concept in cues
        or reduction(token.text) is not None
    )


def _find_columns(
    tokens: Sequence[Token], choices: Iterable[str], files: dict[int, str]
) -> dict[int, Mention]:
    found: dict[int, Mention] = {}
    at = 0
    names = list(choices)
    while at < len(tokens):
        mention = None if at in files else _mention_at(tokens, at, names)
        if mention is None:
            at += 1
        else:
            found[at] = mention
            at = mention.last + 1
    return found


def _mention_at(tokens: Sequence[Token], at: int, names: list[str]) -> Mention | None:
    for length in range(min(JOINED, len(tokens) - at), 0, -1):
        run = tokens[at : at + length]
        if any(token.kind not in ("word", "quoted") for token in run):
            continue
        if run[0].kind == "word" and (run[0].lower in SILENT or run[-1].lower in SILENT):
            continue
        name = _match([token.text for token in run], names)
        if name:
            return Mention(name, at, at + length - 1)
    return None


def _match(words: list[str], names: list[str]) -> str | None:
    """Find the one column written so: exactly, but for case and joints, or in the plural."""
    text = " ".join(words)
    if text in names:
        return text
    for form in (lambda t: t, singular):
        found = [name for name in names if form(_bare(name)) == form(_bare(text))]
        if len(found) == 1:
            return found[0]
        if found:
            return None
    return None


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()
