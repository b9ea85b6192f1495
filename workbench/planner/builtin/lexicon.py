"""The words that the rules know. A word that stands in no list here is never passed over."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Read a list of words."""
    return frozenset(text.split())


SILENT = words(
    """
    a an the of in on at for from to into onto with using as by about and then also finally next
    afterwards lastly please i we want need would like you your me us my our could can should will
    be is are was were there what which have has do does
    """
)
"""Words that carry nothing of their own: what they join must be accounted for by itself."""

LIGHT = words("make create compute calculate produce build generate give show take")
"""Verbs that only carry a noun which calls for a tool: `make a chart`."""

DETERMINERS = frozenset({"the", "this", "that", "these", "those", "my", "our"})
"""Before a noun, these may point back to something named earlier."""

ARTICLES = DETERMINERS | {"a", "an"}

PRONOUNS = frozenset({"it", "them", "this", "that", "result", "results"})
"""Stand for the output of an earlier step."""

BY = frozenset({"by", "per", "against", "versus", "vs", "each", "every", "over"})
"""Stand before the column that groups."""

SEQUENCE = frozenset({"first"})
"""Silent at the start of a clause, where they only give the order that the text has anyway."""

GENERIC: dict[str, str] = {
    "table": "frame",
    "data": "frame",
    "dataset": "frame",
    "frame": "frame",
    "dataframe": "frame",
    "row": "frame",
    "record": "frame",
    "csv": "path",
    "file": "path",
    "text": "text",
    "figure": "figure",
    "column": "column",
    "value": "value",
}
"""Singular nouns that name no tool but a kind of thing: fine in a clause that has such a thing."""

CONCEPTS: tuple[frozenset[str], ...] = tuple(
    frozenset(group.split())
    for group in (
        "read load open import",
        "write save store",
        "mail email e-mail",
        "chart plot graph draw",
        "check verify validate",
        "aggregate group",
        "filter keep where",
        "sort rank",
        "fetch download",
    )
)
"""Words that mean the same tool. Destructive verbs have no synonyms: they must be said so."""

REDUCTIONS: dict[str, frozenset[str]] = {
    "mean": frozenset({"mean", "average", "avg"}),
    "sum": frozenset({"sum", "total"}),
    "max": frozenset({"max", "maximum", "highest", "largest"}),
    "min": frozenset({"min", "minimum", "lowest", "smallest"}),
    "count": frozenset({"count"}),
    "median": frozenset({"median"}),
}
"""Choices that a goal may name alone: `average` means the tool that has a choice for it."""

COMPARISONS: dict[str, tuple[str, ...]] = {
    "==": ("==", "=", "eq", "equals"),
    "!=": ("!=", "ne"),
    ">": (">", "gt"),
    "<": ("<", "lt"),
    ">=": (">=", "ge", "gte"),
    "<=": ("<=", "le", "lte"),
}
"""A comparison to the names that a tool may have for it."""

COMPARING: dict[tuple[str, ...], str] = {
    ("is", "greater", "than"): ">",
    ("is", "more", "than"): ">",
    ("is", "less", "than"): "<",
    ("is", "at", "least"): ">=",
    ("is", "at", "most"): "<=",
    ("is", "not"): "!=",
    ("is", "above"): ">",
    ("is", "over"): ">",
    ("is", "below"): "<",
    ("is", "under"): "<",
    ("greater", "than"): ">",
    ("more", "than"): ">",
    ("less", "than"): "<",
    ("at", "least"): ">=",
    ("at", "most"): "<=",
    ("above",): ">",
    ("below",): "<",
    ("equals",): "==",
    ("is",): "==",
    ("=",): "==",
    ("==",): "==",
    ("!=",): "!=",
    (">",): ">",
    ("<",): "<",
    (">=",): ">=",
    ("<=",): "<=",
}
"""Words of a goal to the comparison; longer ones stand first."""

NEGATIONS = words(
    """
    not no never without except excluding neither nor nothing none
    don't doesn't dont won't can't cannot
    shouldn't mustn't isn't aren't avoid unless instead rather
    """
)
"""Turn the sense of what stands beside them: always a question."""

EXCLUSIONS = frozenset({"without", "except", "excluding"})
"""Negations that concern only what follows them."""

_IRREGULAR = {"drawn": "draw", "sent": "send", "written": "write", "wrote": "write", "kept": "keep"}


SHORTEST = 3
"""Letters that a word keeps, whatever is taken off."""


def stem(word: str) -> str:
    """Reduce a word so that its forms match: `averages`, `averaging`, `averaged`."""
    text = word.lower()
    text = _IRREGULAR.get(text, text)
    for ending in ("ing", "ed"):
        if text.endswith(ending) and len(text) - len(ending) >= SHORTEST:
            text = _undouble(text.removesuffix(ending))
            break
    else:
        text = singular(text)
    return text[:-1] if text.endswith("e") and len(text) > SHORTEST else text


def singular(word: str) -> str:
    """Take a plural's ending off."""
    text = word.lower()
    if text.endswith("ies") and len(text) > SHORTEST + 1:
        return text.removesuffix("ies") + "y"
    plural = text.endswith("s") and not text.endswith(("ss", "us")) and len(text) > SHORTEST
    return text[:-1] if plural else text


def _undouble(text: str) -> str:
    """Turn `plott` into `plot`, and leave `fill` alone."""
    doubled = len(text) > SHORTEST and text[-1] == text[-2] and text[-1] not in "aeiouls"
    return text[:-1] if doubled else text


_CONCEPT_OF = {stem(word): min(group) for group in CONCEPTS for word in group}


def concept(word: str) -> str:
    """Name what a word means: the same for `load` and `read`, else its own stem."""
    root = stem(word)
    return _CONCEPT_OF.get(root, root)


_REDUCTION_OF = {stem(word): name for name, words in REDUCTIONS.items() for word in words}


def reduction(word: str) -> str | None:
    """Name the reduction that a word asks for, or None."""
    return _REDUCTION_OF.get(stem(word))
