"""The notebook about checkpoints with a kernel that is really killed in the middle of the run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import workbench as wb
from tests.notebooks.kernel import Kernel, code_cells, saved_text, split

pytestmark = pytest.mark.notebook


@pytest.mark.parametrize("last", ["run", "hand"])
def test_the_variables_go_back_in_another_kernel(tmp_path: Path, last: str) -> None:
    """The kernel is killed while the run waits for a person, at the place where the text says so or
    right after the start: the cells below say in a new kernel what is saved in the notebook. The
    variables are there again, the fork does the second step once with the right rate, one sum is
    published, and nothing of the first run was done again [ASYN-5, MULT-7, RUNT-6, RUNT-11]."""
    cells = code_cells("02-checkpoints")
    sources = {name: cell.source for name, cell in cells.items()}
    before, after = split(sources, "again")
    kernel = Kernel(tmp_path, scripted=True)
    try:
        for name in before[: before.index(last) + 1]:
            kernel.run(sources[name])
        kernel.restart()
        said = {name: kernel.run(sources[name]) for name in after}
    finally:
        kernel.close()

    assert said == {name: saved_text(cells[name]) for name in after}
    assert (tmp_path / "published.txt").read_text() == "368.0\n"
    with wb.Workbench(tmp_path / "checkpoints.db", planner=None) as bench:
        fork, run = (bench.look(row.id) for row in bench.journal.runs())
        for one, done in ((run, ["clean", "convert"]), (fork, ["convert", "publish"])):
            calls = Counter(r.step for r in one.events() if r.kind == "call.intended")
            assert calls == Counter(done)
            assert one.verify()
        assert (run.state, fork.state) == ("abandoned", "succeeded")
        assert fork.view.shared == ["clean"]
