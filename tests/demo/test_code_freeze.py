"""The company whose agent deleted its customers, with a real database."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb
from workbench.demo.code_freeze import ACCOUNTS, Company, purge_plan
from workbench.errors import WorkbenchError

EVERYTHING = wb.Policy(allow=["*"])


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """Give a company of its own."""
    return Company(tmp_path / "code-freeze")


def test_destroyed_and_restored_to_the_identical_hash(company: Company) -> None:
    """1,206 accounts are changed, deleted, and back to the last bit; what was said to the team
    stays, and the report says so [COMP-13, COMP-17]."""
    start = company.digest()
    with wb.Workbench(
        company.journal, tools=company.tools(), planner=None, policy=EVERYTHING
    ) as bench:
        run = bench.start(plan=purge_plan())
        run.wait(30)
        assert company.count() == 0
        preview = run.undo_preview()
        report = run.rollback(timeout_s=30)

    assert (company.count(), company.digest()) == (ACCOUNTS, start)
    assert report == preview
    assert [row.step for row in report.undone] == ["purge", "mark"]
    assert [row.step for row in report.not_undoable] == ["tell"]
    assert company.channel.read_text().count("\n") == 1


def test_above_the_bound_the_company_is_asked(company: Company) -> None:
    """With room for fewer rows, nothing is deleted before a person has seen how many [COMP-13]."""
    start = company.digest()
    with wb.Workbench(
        company.journal, tools=company.tools(image_rows=1000), planner=None, policy=EVERYTHING
    ) as bench:
        run = bench.start(plan=purge_plan())
        run.wait_until("waiting", timeout_s=30)
        (request,) = run.inbox
        assert "its image of 1,206 rows of accounts exceeds 1,000" in request.why
        assert "would delete 1,206 rows" in str(request.preview)
        request.deny("there is a code freeze")
        run.wait_until("failed", timeout_s=30)
        run.rollback(timeout_s=30)

    assert company.digest() == start


def test_another_folder_is_left_alone(tmp_path: Path) -> None:
    """A folder that holds something else is not taken over."""
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(WorkbenchError, match="holds something else"):
        Company(tmp_path, fresh=True)
