"""The comparison of planners is repeatable, and its page has its numbers from the script."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "compare_planners", ROOT / "scripts" / "compare_planners.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_same_seeds_give_the_same_table() -> None:
    """Two seeded houses in all three ways, played twice, give the same table [PLAN-16]."""
    compare = script()
    first = compare.table(2)
    assert first == compare.table(2)
    assert [line.split("|")[1].strip() for line in first.splitlines()[2:]] == list(compare.WAYS)


def lines_of_the_page(compare: ModuleType) -> list[str]:
    page = (ROOT / "docs" / "compared.md").read_text(encoding="utf-8")
    table: str = page.partition(compare.BEGIN)[2].partition(compare.END)[0]
    return table.strip().splitlines()[2:]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_page_has_what_who_plays_it_again_gets(number: int) -> None:
    """Each line of the page is that of all its houses played again, to the last digit [PLAN-16]."""
    compare = script()
    way = [*compare.WAYS][number]
    assert lines_of_the_page(compare)[number] == compare.played(way, compare.EPISODES)


def test_the_page_has_a_table_of_all_ways() -> None:
    """The page shows one row for each way, with an interval for every number [PLAN-16]."""
    compare = script()
    rows = lines_of_the_page(compare)
    assert [row.split("|")[1].strip() for row in rows] == list(compare.WAYS)
    for row in rows:
        cells = [cell.strip() for cell in row.strip("| ").split("|")]
        assert "[" in cells[1]
        assert all("±" in cell for cell in cells[2:])
