"""Undos that do not come through: each is put to a person, while the other undos go on."""

from __future__ import annotations

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, states, step
from tests.engine.test_rollback import Shop, chained, shop, started

__all__ = ["shop"]


def test_a_failed_undo_is_parked_and_the_others_go_on(lab: Lab, shop: Shop) -> None:
    """A compensation that fails is tried again with backoff, then becomes a request, while the
    other undos still run; the report says what is stuck [COMP-6]."""
    shop.faults["s2"] = [OSError("no connection")] * 3
    run = started(lab, shop, *chained("clean", "again", "asked"))
    run.wait()

    report = run.rollback(timeout_s=20)

    assert shop.undone == ["s3", "s1"]
    assert shop.world.calls.count("uns2") == 3
    assert report.counts["unknown"] == 1
    assert (report.state, report.open) == ("waiting", ("Not undone: undo s2",))
    assert states(run)["s2"] == "succeeded", "the rollback is not over"

    (request,) = run.bench.inbox
    request.choose("redo")
    report = run.rollback(timeout_s=20)

    assert shop.undone == ["s3", "s1", "s2"]
    assert (report.counts["undone"], report.state) == (3, "succeeded")
    assert states(run) == dict.fromkeys(("s1", "s2", "s3"), "undone")


@pytest.mark.parametrize(
    ("choice", "outcome", "state"),
    [("done", "undone", "undone"), ("skip", "not_undoable", "undo_failed")],
)
def test_a_person_settles_a_stuck_undo(
    lab: Lab, shop: Shop, choice: str, outcome: str, state: str
) -> None:
    """Who says that it is undone is believed, and who leaves it has an effect that stands
    [COMP-6, COMP-7]."""
    shop.faults["a"] = [RuntimeError("the shop is shut")]
    run = started(lab, shop, step("a", "clean"))
    run.wait()
    run.rollback(timeout_s=20)

    (request,) = run.bench.inbox
    request.choose(choice)
    report = run.rollback(timeout_s=20) if run.view.rollback else run.undo_reports[-1]

    assert report.outcomes == {"a": outcome}
    eventually(run, lambda view: view.rollback is None)
    assert states(run) == {"a": state}


def lost_image(lab: Lab, shop: Shop) -> tuple[wb.Run, dict[str, bytes]]:
    """Give a run of three effects whose second left an image that is lost; and how to find it."""
    kept: dict[str, bytes] = {}

    def old(name: str) -> bytes:
        return name.encode() * 40_000

    run = started(
        lab, shop, *chained("clean", "clean", "clean"), declared={"before": old, "probe": None}
    )
    run.wait()
    images = [r.event.before for r in run.events() if r.kind == "call.intended"]  # type: ignore[attr-defined]
    lost, read = images[1].artifact.digest, run.bench.journal.artifact

    def artifact(name: str) -> bytes:
        if name == lost and not kept:
            raise wb.errors.NotFound(f"Artifact {name} is not there.", "Put it back.")
        return read(name)

    run.bench.journal.artifact = artifact  # type: ignore[method-assign]
    return run, kept


def test_an_undo_that_cannot_be_made_ready_is_parked(lab: Lab, shop: Shop) -> None:
    """An undo whose values cannot be had is not given up: it becomes a request that says what is
    missing, while the other undos go on; after a restart the question is still there, asked once,
    and once it can be made ready it is undone after all [COMP-6, COMP-9]."""
    run, kept = lost_image(lab, shop)

    report = run.rollback(timeout_s=20)

    assert shop.undone == ["s3", "s1"]
    assert (report.state, report.open) == ("waiting", ("Not undone: undo s2",))
    assert report.outcomes["s2"] == "not_undoable"
    assert "its undo waits for your answer" in str(report)
    (request,) = run.bench.inbox
    assert "is not there" in request.why
    assert "The other undos go on" in request.why
    assert set(request.choices) == {"done", "redo", "skip"}
    request.choose("redo")
    report = run.rollback(timeout_s=20)
    assert report.open == ("Not undone: undo s2",), "it is still not there, and is asked again"

    kept["found"] = b""
    again = lab.reopen(run, *shop.tools())
    (request,) = again.bench.inbox
    request.choose("redo")
    eventually(again, lambda view: view.rollback is None)

    assert shop.undone == ["s3", "s1", "s2"]
    assert again.undo_reports[-1].counts["undone"] == 3
    assert states(again) == dict.fromkeys(("s1", "s2", "s3"), "undone")


@pytest.mark.parametrize(
    ("choice", "outcome", "state"),
    [("done", "undone", "undone"), ("skip", "not_undoable", "undo_failed")],
)
def test_a_person_settles_an_undo_that_was_not_called(
    lab: Lab, shop: Shop, choice: str, outcome: str, state: str
) -> None:
    """Of an undo that could not be called a person says that it is undone, or leaves the effect,
    and the rollback ends so [COMP-6, COMP-7]."""
    run, _ = lost_image(lab, shop)
    run.rollback(timeout_s=20)

    (request,) = run.bench.inbox
    request.choose(choice)
    eventually(run, lambda view: view.rollback is None)

    assert run.undo_reports[-1].outcomes == {"s3": "undone", "s2": outcome, "s1": "undone"}
    assert states(run)["s2"] == state
    assert shop.undone == ["s3", "s1"]


def with_a_broken_probe(lab: Lab, shop: Shop, world: World) -> tuple[wb.Run, list[OSError]]:
    """Give a failed run in which nobody can look after the second effect, until the list that
    comes with it is empty."""
    broken = [OSError("the shop is shut")]

    def is_there(name: str) -> bool:
        if broken and name == "s2":
            raise broken[0]
        return name in shop.there

    world.faults["s2"] = [OSError("lost")]
    run = started(lab, shop, *chained("clean", "clean"), declared={"probe": is_there})
    run.wait_until("failed", timeout_s=20)
    return run, broken


def test_an_undo_whose_probe_fails_is_parked(lab: Lab, shop: Shop, world: World) -> None:
    """When nobody can look whether there is anything to undo, the person is asked, and the others
    are undone; nothing is called blindly [COMP-5, COMP-6]."""
    run, broken = with_a_broken_probe(lab, shop, world)

    report = run.rollback(timeout_s=20)

    assert shop.undone == ["s1"]
    assert report.open == ("Not undone: undo s2",)
    broken.clear()
    (request,) = run.bench.inbox
    request.choose("redo")
    eventually(run, lambda view: view.rollback is None)
    assert shop.undone == ["s1", "s2"]


def played_again(lab: Lab, run: wb.Run, shop: Shop) -> None:
    """A run and the runs that took it back are replayed: the same events, and nothing is called."""
    undone, calls = list(shop.undone), list(shop.world.calls)
    for one in (*(rollback.undo for rollback in run.view.rollbacks), run.id):
        replay = run.bench.replay(one).check()
        told = [(record.kind, record.step) for record in run.bench.look(one).events()]
        assert [(record.kind, record.step) for record in replay.events] == told
    assert (shop.undone, shop.world.calls) == (undone, calls)
    lab._drives.clear()  # those of the replays are none of the lab's


@pytest.mark.parametrize("found", [True, False])
@pytest.mark.parametrize("choice", ["redo", "done", "skip"])
def test_a_parked_undo_is_played_again(lab: Lab, shop: Shop, choice: str, *, found: bool) -> None:
    """A run whose undo was parked because a value was not there is replayed, and so is its
    rollback, whatever the person said of it, whether the value is there again, and across a restart
    [COMP-6, HARN-12]."""
    run, kept = lost_image(lab, shop)
    run.rollback(timeout_s=20)
    if choice == "redo":
        run.bench.inbox[0].choose("redo")
        report = run.rollback(timeout_s=20)
        assert report.open == ("Not undone: undo s2",)
    if found:
        kept["found"] = b""
        run = lab.reopen(run, *shop.tools())
    if choice == "redo" and not found:
        run.bench.inbox[0].choose("skip")
    else:
        run.bench.inbox[0].choose(choice)
    eventually(run, lambda view: view.rollback is None)

    played_again(lab, run, shop)


def test_an_open_question_about_an_undo_is_played_again(lab: Lab, shop: Shop) -> None:
    """A rollback that still waits for the answer is replayed up to the question [HARN-12]."""
    run, _ = lost_image(lab, shop)
    run.rollback(timeout_s=20)

    played_again(lab, run, shop)


def test_an_undo_whose_probe_failed_is_played_again(lab: Lab, shop: Shop, world: World) -> None:
    """So is one that was parked because nobody could look whether there was anything to undo
    [COMP-5, HARN-12]."""
    run, broken = with_a_broken_probe(lab, shop, world)
    run.rollback(timeout_s=20)
    run.bench.inbox[0].choose("redo")
    run.rollback(timeout_s=20)
    broken.clear()
    run.bench.inbox[0].choose("redo")
    eventually(run, lambda view: view.rollback is None)

    played_again(lab, run, shop)


def test_a_failed_undo_is_played_again(lab: Lab, shop: Shop) -> None:
    """So is one that was called, failed, and was tried again for a person [COMP-6, HARN-12]."""
    shop.faults["s2"] = [OSError("no connection")] * 3
    run = started(lab, shop, *chained("clean", "again", "asked"))
    run.wait()
    run.rollback(timeout_s=20)
    run.bench.inbox[0].choose("redo")
    eventually(run, lambda view: view.rollback is None)

    played_again(lab, run, shop)
