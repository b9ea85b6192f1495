"""From a goal's text to words and values, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from workbench.planner.builtin.lexicon import concept, singular, stem

TokenKind = Literal[
    "quoted", "url", "email", "path", "date", "number", "word", "symbol", "comma", "stop"
]

_PATTERNS: tuple[tuple[TokenKind, str], ...] = (
    ("quoted", r'"[^"\n]*"|“[^”\n]*”|`[^`\n]*`|(?<!\w)\'[^\'\n]*\'(?!\w)'),
    ("url", r"[A-Za-z][A-Za-z+]*://[^\s,;'\"]*[^\s,;'\".!?)]"),
    ("email", r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+"),
    ("date", r"(?<!\w)\d{4}-\d\d-\d\d(?!\w)"),
    ("number", r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?![\w%]|[.,]\d)"),
    # The last part's ending begins with a letter: a full stop before a space ends a sentence.
    ("path", r"(?:~|\.{1,2})?/?(?:[\w\-.]+/)*[\w\-]+(?:\.[\w\-]+)*\.[A-Za-z]\w{0,7}(?![\w@])"),
    ("path", r"(?:~/|\.{1,2}/|/)[\w\-./]*[\w/]|(?<!\w)[\w\-]+/(?=\s|$)"),
    ("word", r"\w+(?:['\u2019\-.%]\w+)*%?"),
    ("comma", r","),
    ("stop", r"[.;:!?()\n]|\u2014|\u2013"),
    ("symbol", r"[<>=!]=|[^\s\w]"),
)
_TOKEN = re.compile("|".join(f"({pattern})" for _, pattern in _PATTERNS))
_ABBREVIATIONS = frozenset({"e.g", "i.e", "a.m", "p.m"})


@dataclass(frozen=True)
class Token:
    """One word or value of the goal."""

    at: int
    """Its number."""
    kind: TokenKind
    raw: str
    start: int
    end: int

    @property
    def text(self) -> str:
        """What it says, without quotes."""
        return self.raw[1:-1] if self.kind == "quoted" else self.raw

    @property
    def lower(self) -> str:
        """In lower case, with a plain apostrophe."""
        return self.text.lower().replace("\u2019", "'")

    @property
    def stem(self) -> str:
        """Without the endings of its form."""
        return stem(self.text)

    @property
    def concept(self) -> str:
        """What it means; shared by synonyms."""
        return concept(self.text)

    @property
    def singular(self) -> str:
        """In lower case, without a plural's ending."""
        return singular(self.text)


def read_tokens(goal: str) -> list[Token]:
    """Cut a goal into tokens; every character but white space is in one."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(goal):
        kind = _PATTERNS[(match.lastindex or 1) - 1][0]
        if kind == "path" and match.group().lower() in _ABBREVIATIONS:
            kind = "word"
        if kind == "quoted" and re.fullmatch(r"[^\s/].*\.[A-Za-z]\w{0,7}", match.group()[1:-1]):
            tokens.append(_quoted_path(len(tokens), match))
            continue
        tokens.append(Token(len(tokens), kind, match.group(), match.start(), match.end()))
    return tokens


def _quoted_path(at: int, match: re.Match[str]) -> Token:
    """Read `"my table.csv"` as a path: quotes are how one writes a path with spaces."""
    inner = match.group()[1:-1]
    looks = re.fullmatch(r"[\w\-. /]+\.[A-Za-z]\w{0,7}", inner) is not None
    if not looks:
        return Token(at, "quoted", match.group(), match.start(), match.end())
    return Token(at, "path", inner, match.start(), match.end())


def phrase(goal: str, tokens: list[Token]) -> str:
    """Give the words of the goal from the first to the last of `tokens`, as they stand there."""
    if not tokens:
        return ""
    return goal[min(t.start for t in tokens) : max(t.end for t in tokens)]
