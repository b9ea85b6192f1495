"""The checkpoint is the review form: fields are put right where the run is paused."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, kinds, plan, step
from workbench.commands import Amend
from workbench.errors import CommandRefused, PlanError, WorkbenchError
from workbench.values import Stored


def paused(lab: Lab, *steps: wb.Step, tools: Any = (), **options: Any) -> wb.Run:
    """Start a run that is paused while the step `hold` is being done, and let that step end."""
    gate = lab.world.gate("hold")
    run = lab.bench(*tools, **options).start(plan=plan(*steps))
    gate.wait_reached()
    run.pause("to look at it")
    gate.open()
    lab.world.open_all()
    run.wait_until("paused", timeout_s=20)
    _until_still(run)
    return run


def _until_still(run: wb.Run) -> None:
    eventually(run, lambda view: not view.in_flight)


STEPS = [
    step("a", "look", value=1),
    step("hold", "send", after=["a"]),
    step("b", "think", value=wb.ref("a"), after=["hold"]),
    step("c", "send", value=3, after=["b"]),
]


class TestAmend:
    """What can be amended, and what comes of it."""

    def test_what_follows_uses_the_new_output(self, lab: Lab) -> None:
        """An output is edited and the run resumed: what follows uses it, and the history shows both
        values and who changed it [RUNT-10]."""
        run = paused(lab, *STEPS)
        before = run.view.seq

        run.amend(outputs={"a": 7}, reason="it was read wrongly")
        run.resume()
        run.wait(20)

        assert (run.output("a"), run.output("b")) == (7, 7)
        old = run.view_at(before).steps["a"].output
        assert old is not None
        assert old.value == 1
        (mark,) = run.view.checkpoints
        assert mark.name == f"amended after event {before}"
        assert run.view_at(mark).steps["a"].by == "person"
        (event,) = [r.event for r in run.events() if r.kind == "checkpoint.amended"]
        assert (event.by, event.reason) == ("person", "it was read wrongly")  # type: ignore[attr-defined]

    def test_arguments_and_limits(self, lab: Lab, world: World) -> None:
        """Arguments of steps to come and limits are changed in the same breath, under one name, and
        the plan history has the change [RUNT-10, PLAN-10]."""
        run = paused(lab, *STEPS, budget=wb.Budget(calls=5))

        run.amend(args={"c": {"value": 9}}, limits={"calls": 8}, name="before c")
        run.resume()
        run.wait(20)

        assert world.values["c"] == 9
        assert run.view.limits["calls"] == 8
        assert [mark.name for mark in run.view.checkpoints] == ["before c"]
        assert [revision.author for revision in run.view.revisions] == ["person", "person"]

    def test_all_or_nothing(self, lab: Lab) -> None:
        """One field that does not fit, and nothing is changed [RUNT-10]."""
        run = paused(lab, *STEPS, budget=wb.Budget(calls=5))
        before = [record.hash for record in run.events()]

        with pytest.raises(PlanError):
            run.amend(outputs={"a": 7}, args={"c": {"nonsense": 9}})
        with pytest.raises(CommandRefused, match="has used 1 calls already"):
            run.amend(outputs={"a": 7}, limits={"calls": 0})
        with pytest.raises(CommandRefused, match="no step 'z'"):
            run.amend(outputs={"a": 7}, args={"z": {"value": 1}})
        with pytest.raises(CommandRefused, match="Nothing is to be amended"):
            run.amend()

        assert [record.hash for record in run.events()] == before
        assert run.output("a") == 1

    def test_the_type_and_the_check_hold(self, lab: Lab) -> None:
        """An output must be of the type of its tool and pass its step's check, one that is a tool
        included; all faults are listed [RUNT-10]."""

        @wb.tool(effect="read")
        def number(name: str) -> int:
            return 1

        @wb.tool(effect="pure")
        def is_small(value: int) -> bool | str:
            return value < 10 or f"{value} is too large"

        run = paused(
            lab,
            wb.Step(id="n", tool="number", args={"name": "n"}),
            wb.Step(id="s", tool="number", args={"name": "s"}, check=wb.Check(tool="is_small")),
            step("hold", "send", after=["n", "s"]),
            step("end", "think", value=[wb.ref("n"), wb.ref("s")], after=["hold"]),
            tools=(number, is_small),
        )

        with pytest.raises(PlanError, match=r"n: .*'one'.*; s: 99 is too large"):
            run.amend(outputs={"n": "one", "s": 99})
        run.amend(outputs={"n": 5, "s": 6})
        run.resume()
        assert run.wait(20) == [5, 6]

    def test_what_was_used_cannot_be_amended(self, lab: Lab) -> None:
        """An output that a begun step has used is refused, with what to do instead; the fork that
        is named does it [RUNT-10, REL-26]."""
        run = paused(
            lab,
            step("a", "look", value=1),
            step("hold", "send", value=wb.ref("a")),
            step("end", "think", value=wb.ref("hold")),
        )

        with pytest.raises(CommandRefused, match="used already, by hold") as refused:
            run.amend(outputs={"a": 2})
        assert "Roll back, or fork: run.fork(outputs={'a': …})" in str(refused.value)
        with pytest.raises(CommandRefused, match="Step 'end' is "):
            run.amend(outputs={"end": 2})

        fork = run.fork(outputs={"a": 2})
        assert fork.wait(20) == 2
        assert run.state == "paused"

    def test_only_where_it_is_paused(self, lab: Lab, world: World) -> None:
        """A run that goes on is not amended under its feet [RUNT-10]."""
        gate = world.gate("hold")
        run = lab.bench().start(plan=plan(*STEPS))
        gate.wait_reached()

        with pytest.raises(CommandRefused, match="is running, and only where it is paused"):
            run.amend(outputs={"a": 2})
        gate.open()
        run.wait(20)

    def test_an_open_question_is_asked_again(self, lab: Lab, world: World) -> None:
        """A question that shows the old value is void; its step asks again with the new one, and an
        approval of the old value does not cover it [RUNT-10, PLAN-10]."""
        run = lab.bench(policy=wb.Policy()).start(
            plan=plan(step("a", "look", value=1), step("b", "send", value=wb.ref("a")))
        )
        run.wait_until("waiting", timeout_s=20)
        (old,) = run.inbox
        run.pause()

        run.amend(outputs={"a": 2})

        assert not run.inbox
        run.resume()
        run.wait_until("waiting", timeout_s=20)
        (request,) = run.inbox
        assert request.id != old.id
        assert request.args["value"] == 2
        request.approve()
        run.wait(20)
        assert world.values["b"] == 2
        assert kinds(run, "b")[:3] == ["request.opened", "request.voided", "request.opened"]

    def test_a_value_that_cannot_be_read_is_refused(self, lab: Lab) -> None:
        """An order that names a value which is not there, or is no such value, is refused; the run
        is unharmed [RUNT-10]."""
        run = paused(lab, *STEPS)
        broken = run._store(b"no frame at all")
        assert broken.artifact is not None
        frame = broken.artifact.model_copy(update={"media": "application/vnd.apache.parquet"})
        missing = broken.artifact.model_copy(update={"digest": "0" * 64})
        for artifact in (frame, missing):
            with pytest.raises(WorkbenchError):
                run.send(Amend(outputs={"a": Stored(artifact=artifact)}))

        run.resume()
        run.wait(20)
        assert run.output("b") == 1

    def test_after_a_restart(self, lab: Lab) -> None:
        """What was amended holds in the next process [RUNT-10, RUNT-2]."""
        run = paused(lab, *STEPS)
        run.amend(outputs={"a": 7})

        again = lab.reopen(run)
        again.resume()
        again.wait(20)

        assert again.output("b") == 7
