"""The frames whose captures are measured, on us and on the peer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

FRAMES, ROWS, ROUNDS = 200, 20_000, 5


def frames() -> dict[str, Any]:
    """Make 200 frames of three columns of numbers and one of texts."""
    chance = np.random.default_rng(5)
    words = np.array(["north", "south", "east", "west"])
    return {
        f"df{i}": pd.DataFrame(
            {
                "a": chance.random(ROWS),
                "b": chance.integers(0, 9, ROWS),
                "c": chance.random(ROWS),
                "s": words[chance.integers(0, 4, ROWS)],
            }
        )
        for i in range(FRAMES)
    }


def touched(number: int) -> list[str]:
    """Name the three frames that a round changes."""
    return [f"df{(number * 17 + i * 61) % FRAMES}" for i in range(3)]


def change(names: dict[str, Any], number: int) -> None:
    """Change one cell of each in place, as a cell of a notebook does."""
    for name in touched(number):
        frame = names[name]
        frame.loc[number, "a"] = -1.0 - number
