"""An incident that was recorded elsewhere is played again from its file alone."""

from __future__ import annotations

from pathlib import Path

from workbench.report.explanation import explain
from workbench.testing import check_replay

RECORDING = Path(__file__).parent / "recordings" / "incident.wbrun"
HEAD = "285a78271fc81dd650e13537d9bf95c1b7f2e765b3cbf6745c642ba017290712"
"""As `scripts/make_recording.py` said when it was recorded."""


def test_an_incident_replays_from_its_file_alone() -> None:
    """Without journal, tools and network a saved run of another machine takes its course again:
    the retry, the other amount that was approved, the world that said no; and it can be
    explained [REL-30, HARN-12, HARN-13]."""
    replay = check_replay(RECORDING, head=HEAD)
    assert sorted(replay.stand_ins) == ["add", "count", "is_loud", "order", "polish", "price"]
    assert replay.calls == 0
    view = replay.view
    assert (view.state, view.steps["price"].attempt) == ("failed", 2)
    kinds = [record.kind for record in replay.events]
    assert "call.retrying" in kinds
    assert "request.answered" in kinds
    why = explain(view)
    assert why is not None
    assert why.step == "add"
    assert "count says otherwise" in why.cause
