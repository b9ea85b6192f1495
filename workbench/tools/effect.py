"""What a call does to the world, and how much a person should care."""

from __future__ import annotations

from typing import Literal, get_args

Effect = Literal["pure", "read", "reversible", "compensable", "irreversible"]
"""pure: computes; read: looks; reversible: its undo leaves nothing; compensable: its undo leaves
traces; irreversible: cannot be undone (also: undeclared)."""

Risk = Literal["read", "local", "shared", "costly", "public", "irreversible"]
"""How a call is asked about, in rising order."""

EFFECTS: tuple[Effect, ...] = get_args(Effect)
RISKS: tuple[Risk, ...] = get_args(Risk)

REPEATABLE: frozenset[Effect] = frozenset({"pure", "read"})
"""Effects that may simply be run again."""

UNDOABLE: frozenset[Effect] = frozenset({"reversible", "compensable"})
"""Effects that promise an undo."""


def default_risk(effect: Effect) -> Risk:
    """Give the risk of a tool that declares none; the highest for a word that is no effect."""
    risks: dict[Effect, Risk] = {
        "pure": "read",
        "read": "read",
        "reversible": "local",
        "compensable": "shared",
        "irreversible": "irreversible",
    }
    return risks.get(effect, "irreversible")
