"""Forks of loops, fan-outs, planners' plans, and on a server."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, plan, step
from tests.run.test_fork import three
from workbench.planner import Proposal
from workbench.testing import allow_all


class TestMore:
    """Loops, quorums, amounts, and other places to run."""

    def test_amounts_of_a_fork_add_up(self, lab: Lab, world: World) -> None:
        """Where amounts went adds up to the usage of the fork: what the original had used before
        stands apart [RUNT-11, REL-31]."""
        run = lab.bench().start(plan=chain("a", "b", tool="put"))
        run.wait(20)

        fork = run.fork(at="after a")
        fork.wait(20)

        frame = fork.costs()
        calls = frame[frame["unit"] == "calls"].set_index("part")["amount"]
        assert dict(calls) == {"execution": 1, "before the fork": 1}
        assert calls.sum() == fork.usage["calls"]
        assert "before the fork" in {trace.name for trace in fork.cost().data}

    def test_a_loop_that_is_done_is_shared(self, lab: Lab, world: World) -> None:
        """A step that repeats is shared when it is done; one that was in the middle begins at its
        first turn, and the calls of its turns are asked about [RUNT-11, RUNT-5]."""

        @wb.tool(effect="irreversible")
        def more(name: str, text: str = "") -> str:
            world.effects.append(text)
            return text + "x"

        until = wb.Check(output_schema={"type": "string", "minLength": 3})
        repeat = wb.Repeat(until=until, at_most=5, carry="text")
        loop = wb.Step(id="loop", tool="more", args={"name": "loop"}, repeat=repeat)
        run = lab.bench(more).start(plan=plan(loop, step("end", value=wb.ref("loop"))))
        assert run.wait(20) == "xxx"
        (first, *_) = [record.seq for record in run.events() if record.kind == "loop.turned"]

        done, middle = run.fork(at="after loop"), run.fork(at=first)

        assert done.wait(20) == "xxx"
        assert done.view.shared == ["loop"]
        middle.wait_until("waiting", timeout_s=20)
        (request,) = middle.inbox
        assert request.kind == "duplicate"
        assert "is done, in run" in request.why
        assert world.effects == ["", "x", "xx"]

    def test_a_quorum_is_shared(self, lab: Lab, world: World) -> None:
        """Of a fan-out whose quorum was had, nothing is tried again in a fork [RUNT-11, CONC-4]."""
        world.faults["b"] = [ValueError("broken")]
        steps = [step(name, "look") for name in "abc"]
        join = step("join", value=[wb.ref(name) for name in "abc"], quorum=2)
        run = lab.bench().start(plan=plan(*steps, join), on_failure="continue")
        run.wait(20)
        calls = list(world.calls)

        fork = run.fork()

        assert fork.wait(20) == ["a", None, "c"]
        assert world.calls == calls
        assert fork.view.steps["b"].state == "skipped"

    def test_a_plan_of_the_planner(self, lab: Lab) -> None:
        """A fork from before the plan was made asks the planner again; one from after it has that
        plan, and its author [RUNT-11]."""
        made = [plan(step("a", value=1)), plan(step("a", value=2))]

        class Twice:
            name = "twice"

            async def propose(self, _context: Any) -> Proposal:
                return Proposal(plan=made.pop(0), reason="so")

        run = lab.bench(planner=Twice()).start(goal="one of two")
        assert run.wait(20) == 1

        assert run.fork(at="start").wait(20) == 2
        fork = run.fork(at="after a")
        assert fork.wait(20) == 1
        assert fork.view.revisions[0].author == "planner twice"

    @pytest.mark.postgres
    def test_on_a_server(self, postgres_url: str, world: World) -> None:
        """A fork on PostgreSQL is as one on SQLite [RUNT-11]."""
        with wb.Workbench(
            postgres_url, tools=world.tools(), planner=None, policy=allow_all()
        ) as bench:
            run = bench.start(plan=three())
            run.wait(20)
            fork = run.fork(at="after a", key="other")
            assert fork.wait(20) == 1
            assert run.fork(at="after a", key="other").id == fork.id
            assert fork.view.shared == ["a"]
            assert bench.compare(run, fork).different == ()
