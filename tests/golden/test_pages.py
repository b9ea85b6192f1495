"""What a page is sent fits its types, and both languages make the same of it."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.golden.pages import PAGES, pages, written
from workbench.report.wire import Batch

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Send the corpus to a page once."""
    return pages(tmp_path_factory.mktemp("pages"))


def test_every_row_is_what_its_model_says(found: dict[str, Any]) -> None:
    """No field of a batch is missing, unknown or of another type than the page expects
    [RUNT-15]."""
    rows = set()
    for run in found.values():
        for batch in [*run["batches"], run["full"]]:
            Batch.model_validate_json(json.dumps(batch), strict=True)
            rows |= {name for name, value in batch.items() if value}
    assert {"steps", "trace", "requests", "settled", "tools", "removed_steps"} <= rows


def test_a_page_that_was_there_from_the_start_has_what_a_late_one_gets(
    found: dict[str, Any],
) -> None:
    """The rows of all batches put together are those of one full batch at the end [RUNT-15]."""
    for name, run in found.items():
        batches, full = run["batches"], run["full"]
        assert [row for batch in batches for row in batch["trace"]] == full["trace"], name
        steps: dict[str, Any] = {}
        for batch in batches:
            for gone in batch["removed_steps"]:
                del steps[gone]
            steps |= {row["id"]: row for row in batch["steps"]}
        assert sorted(steps.values(), key=lambda row: row["order"]) == full["steps"], name
        for field in ("header", "requests", "remarks"):
            assert batches[-1][field] == full[field], name


def test_the_golden_pages_are_what_python_sends(found: dict[str, Any]) -> None:
    """tests/golden/pages.json, which the page's own tests fold, is not stale [RUNT-15]."""
    assert PAGES.read_text("utf-8") == written(found), "call `make types`"


def test_the_pages_types_are_written_from_the_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """extensions/src/generated is what scripts/make_types.py writes now."""
    script = ROOT / "scripts" / "make_types.py"
    monkeypatch.setattr(sys, "argv", [str(script), "--check"])
    monkeypatch.setattr(sys, "path", sys.path[:])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(script), run_name="__main__")
    assert ended.value.code == 0, "call `make types`"
