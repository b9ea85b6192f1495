"""A fork shares the history of a run up to a place; the original stays as it is."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, kinds, plan, states, step
from workbench.errors import CommandRefused, NotFound, PlanError, WorkbenchError
from workbench.report import run_html


def three(**more: Any) -> wb.Plan:
    """Make a plan: a puts, b sends what a gave, c thinks of what b gave."""
    return plan(
        step("a", "put", value=1, **more),
        step("b", "send", value=wb.ref("a")),
        step("c", "think", value=wb.ref("b")),
    )


class TestShared:
    """What a fork shares, and what it does itself."""

    def test_a_fork_goes_another_way_from_a_step(self, lab: Lab, world: World) -> None:
        """Fork at a step with another plan: two end states, the shared call was made once, and no
        event of the original changes [RUNT-11, REL-26]."""
        run = lab.bench().start(plan=three())
        assert run.wait(20) == 1
        before = [record.hash for record in run.events()]
        other = plan(
            step("a", "put", value=1),
            step("b", "send", value=2, after=["a"]),
            step("c", "think", value=wb.ref("b")),
        )

        fork = run.fork(at="after a", plan=other)

        assert fork.wait(20) == 2
        assert (run.result, fork.result) == (1, 2)
        assert world.effects == ["a", "b", "b"]
        assert fork.view.shared == ["a"]
        assert (fork.view.fork_of, fork.view.fork_at) == (run.id, run.view.steps["a"].outcome_seq)
        assert fork.output("a") == 1
        assert [record.hash for record in run.events()] == before

    def test_a_fork_says_what_it_is(self, lab: Lab) -> None:
        """Text, page and trace of a fork name the original, what is shared, and that what a shared
        step changed in the world can be undone by the original only [RUNT-11, COMP-14]."""
        run = lab.bench().start(plan=three())
        run.wait(20)

        fork = run.fork(at="after b")
        fork.wait(20)

        words = f"Fork of {run.id} at event {fork.view.fork_at}: 2 steps shared."
        assert words in str(fork)
        assert words in run_html(fork.view)
        assert "What a, b changed in the world is shared, too: only the original can undo it." in (
            str(fork)
        )
        trace = fork.trace()
        shared = trace[trace["state"] == "shared"]
        assert list(shared["step"]) == ["a", "b"]
        assert list(shared["effect"]) == ["reversible", "irreversible"]
        assert set(shared["by"]) == {run.id}
        assert kinds(fork, "a") == ["step.shared"]
        assert "call.intended" in kinds(fork, "c")

    def test_every_report_can_tell_of_a_fork(self, lab: Lab) -> None:
        """Frames, figures and results of a fork hold what it shares and what it has done itself
        [RUNT-11, RUNT-15]."""
        run = lab.bench().start(plan=three())
        run.wait(20)
        fork = run.fork(at="after b")
        fork.wait(20)

        assert [result.output for result in fork.results] == [1, 1, 1]
        assert list(fork.audit()["step"]) == ["c"]
        assert [record.kind for record in fork.events()].count("step.shared") == 2
        for figure in (fork.timeline(), fork.graph(), fork.cost()):
            assert figure.to_json()
        assert len(fork.forecast()) == 3
        assert fork.adherence == 1.0
        assert fork.id in set(fork.bench.runs()["run"])

    def test_the_plan_history_is_shared(self, lab: Lab, world: World) -> None:
        """A fork has the revisions of the original up to the place, with their authors, and its own
        behind them [RUNT-11, PLAN-10]."""
        world.gate("b")
        run = lab.bench().start(plan=three())
        world.gate("b").wait_reached()
        with run.editing("a better title") as draft:
            draft.change("c", title="think hard")
        other = plan(step("a", "put", value=1), step("d", "think", value=wb.ref("a")))

        fork = run.fork(plan=other)

        assert fork.wait(20) == 1
        reasons = [revision.reason for revision in fork.view.revisions]
        assert reasons == [
            "the plan given at the start",
            "a better title",
            f"the plan of the fork of {run.id}",
        ]
        assert [revision.number for revision in fork.view.revisions] == [1, 2, 3]
        assert fork.plan == other
        world.open_all()

    def test_large_outputs_are_not_copied(self, lab: Lab) -> None:
        """A frame that the original made is used by the fork from where it is kept [RUNT-11]."""

        @wb.tool(effect="read")
        def load() -> pd.DataFrame:
            return pd.DataFrame({"n": range(50_000)})

        @wb.tool(effect="pure")
        def count(table: pd.DataFrame, more: int) -> int:
            return len(table) + more

        def made(more: int) -> wb.Plan:
            args = {"table": wb.ref("load"), "more": more}
            return plan(
                wb.Step(id="load", tool="load"), wb.Step(id="count", tool="count", args=args)
            )

        bench = lab.bench(load, count)
        run = bench.start(plan=made(0))
        run.wait(20)
        sizes = bench.journal.sizes()

        fork = run.fork(at="after load", plan=made(1))

        assert fork.wait(20) == 50_001
        assert bench.journal.sizes().artifacts == sizes.artifacts
        (mine,) = [size for size in bench.journal.sizes().runs if size.run == fork.id]
        assert mine.artifacts == 1

    def test_what_is_shared_cannot_be_pruned(self, lab: Lab) -> None:
        """The original of a fork that stays is not removed, nor what both refer to [RUNT-11]."""
        bench = lab.bench()
        run = bench.start(plan=three())
        run.wait(20)
        fork = run.fork(at="after a", paused=True)

        done = bench.prune(pd.Timedelta(0).to_pytimedelta())

        assert done.runs == []
        assert fork.state == "paused"

    def test_the_same_key_is_the_same_fork(self, lab: Lab, world: World) -> None:
        """A fork that is asked for twice under one key is made once [RUNT-11]."""
        run = lab.bench().start(plan=three())
        run.wait(20)

        first, second = (run.fork(at="after a", key="another way") for _ in range(2))

        assert first.id == second.id
        first.wait(20)
        assert world.effects == ["a", "b", "b"]

    def test_from_the_start(self, lab: Lab, world: World) -> None:
        """The start of a run has its plan, when that was given at the start: a fork there does all
        of it once more, and a person is told that the original has done it already [RUNT-11]."""
        run = lab.bench().start(plan=three())
        run.wait(20)

        fork = run.fork(at=run.checkpoints[0])

        fork.wait(20)
        assert fork.view.shared == []
        assert world.effects == ["a", "b", "a", "b"]
        (remark,) = [r for r in fork.view.revisions[0].remarks if r.code == "done_after_the_fork"]
        assert f"run {run.id} has gone on from here and changed the world (a, b)" in remark.text

    def test_a_fork_of_a_fork(self, lab: Lab, world: World) -> None:
        """What a fork of a fork shares names the run that has really done it [RUNT-11]."""
        run = lab.bench().start(plan=three())
        run.wait(20)
        fork = run.fork(at="after a")
        fork.wait(20)

        again = fork.fork()

        again.wait(20)
        whose = {name: stands.shared_with for name, stands in again.view.steps.items()}
        assert whose == {"a": run.id, "b": fork.id, "c": fork.id}
        assert world.effects == ["a", "b", "b"]

    def test_after_a_restart(self, lab: Lab, world: World) -> None:
        """A fork that is left unfinished goes on in another process, and repeats nothing that is
        shared [RUNT-11, RUNT-2]."""
        run = lab.bench().start(plan=three())
        run.wait(20)
        fork = run.fork(at="after b", paused=True)

        again = lab.reopen(fork)
        again.resume()

        assert again.wait(20) == 1
        assert again.view.shared == ["a", "b"]
        assert world.effects == ["a", "b"]


class TestAnew:
    """What was not finished, or is changed, begins anew."""

    def test_what_failed_is_done_again(self, lab: Lab, world: World) -> None:
        """A failed step is pending again in a fork, and nothing that it does twice is silent
        [RUNT-11, ASYN-14]."""
        world.faults["b"] = [ValueError("broken")]
        run = lab.bench().start(plan=chain("a", "b", "c"))
        run.wait_until("failed", timeout_s=20)

        fork = run.fork()

        fork.wait(20)
        assert states(fork) == dict.fromkeys("abc", "succeeded")
        assert world.calls == ["a", "b", "b", "c"]

    def test_a_stopped_run_is_continued(self, lab: Lab, world: World) -> None:
        """Stop, fork, continue: earlier outputs are there [ASYN-14]."""
        world.gate("b")
        run = lab.bench().start(plan=chain("a", "b", "c"))
        world.gate("b").wait_reached()
        run.stop("enough")
        world.open_all()
        run.wait_until("stopped", timeout_s=20)

        fork = run.fork()

        fork.wait(20)
        assert fork.output("a") == "a"
        assert states(fork) == dict.fromkeys("abc", "succeeded")

    def test_a_call_in_flight_is_asked_about(self, lab: Lab, world: World) -> None:
        """A running run can be forked; the call that it is making is asked about before the fork
        makes it, too, under a key of its own [RUNT-11, COMP-14]."""
        world.gate("b")
        run = lab.bench().start(plan=chain("a", "b", tool="post"))
        world.gate("b").wait_reached()

        fork = run.fork()
        fork.wait_until("waiting", timeout_s=20)
        (request,) = fork.inbox

        assert request.kind == "duplicate"
        assert f"was being made, and may have happened, in run {run.id}" in request.why
        assert world.calls == ["a", "b"]
        request.choose("again")
        eventually(fork, lambda view: view.steps["b"].state == "running")
        world.open_all()
        fork.wait(20)
        run.wait(20)
        assert len(set(world.keys["b"])) == 2

    def test_the_result_of_the_original_can_be_taken(self, lab: Lab, world: World) -> None:
        """A changed plan that repeats a finished call exactly is asked about; its result can be
        taken over instead [RUNT-11, REL-26]."""
        run = lab.bench().start(plan=plan(step("a", "send", value=3)))
        run.wait(20)
        other = plan(wb.Step(id="z", tool="send", args={"name": "a", "value": 3}))

        fork = run.fork(plan=other)
        fork.wait_until("waiting", timeout_s=20)
        (request,) = fork.inbox
        request.choose("use")

        assert fork.wait(20) == 3
        assert world.effects == ["a"]

    def test_only_what_changes_the_call_counts(self, lab: Lab, world: World) -> None:
        """A finished step whose title or limits are changed is shared all the same; one whose
        arguments are changed begins anew, and so does what uses its output [RUNT-11, PLAN-10]."""
        run = lab.bench().start(
            plan=plan(
                step("a", "look", value=1),
                step("b", "look", value=2),
                step("c", "think", value=wb.ref("a")),
                step("d", "think", value=wb.ref("b")),
            )
        )
        run.wait(20)

        fork = run.fork(
            plan=plan(
                step("a", "look", value=9),
                step("b", "look", value=2, title="look again", timeout_s=5),
                step("c", "think", value=wb.ref("a")),
                step("d", "think", value=wb.ref("b")),
            )
        )

        fork.wait(20)
        assert fork.view.shared == ["b", "d"]
        assert {name: fork.output(name) for name in "abcd"} == {"a": 9, "b": 2, "c": 9, "d": 2}

    def test_the_past_is_corrected(self, lab: Lab, world: World) -> None:
        """An output of the past is replaced: what used it is done again with the new one, the rest
        is shared, and the fork says who gave it [RUNT-10, MULT-7, REL-26]."""
        run = lab.bench().start(
            plan=plan(
                step("bad", "look", value=1),
                step("good", "look", value=2),
                step("use", "think", value=wb.ref("bad")),
                step("other", "think", value=wb.ref("good")),
                step("end", "think", value=[wb.ref("use"), wb.ref("other")]),
            )
        )
        assert run.wait(20) == [1, 2]

        fork = run.fork(outputs={"bad": 100})

        assert fork.wait(20) == [100, 2]
        assert fork.view.shared == ["good", "other"]
        assert fork.view.steps["bad"].by == "person"
        assert run.output("bad") == 1
        assert world.calls.count("good") == 1


class TestTakenBack:
    """Roll back and fork are two things, and go together."""

    def test_a_finished_run_is_taken_back_and_continued(self, lab: Lab, world: World) -> None:
        """Go back to the step that was wrong, undo what was done since, and continue by a fork:
        what was undone begins anew, without a question: it stands no more [MULT-7, RUNT-11]."""
        run = lab.bench().start(plan=chain("a", "b", "c", tool="put"))
        run.wait(20)
        report = run.rollback(to="after a")
        assert world.effects == ["a"]
        assert len(report.undone) == 2

        fork = run.fork()

        fork.wait(20)
        assert fork.view.shared == ["a"]
        assert fork.view.left == []
        assert world.effects == ["a", "b", "c"]

    def test_what_was_undone_since_is_not_shared(self, lab: Lab, world: World) -> None:
        """A fork at a place before which an effect was done, that was undone since, does it again
        and asks nothing; its preview says so, and what uses its output is done anew as well. A read
        before it is shared as ever [RUNT-11, COMP-14, MULT-7]."""
        steps = [
            step("look", "look"), step("a", "put", after=["look"]),
            step("uses", "think", value=wb.ref("a")), step("b", "put", after=["uses"]),
        ]  # fmt: skip
        run = lab.bench().start(plan=plan(*steps))
        run.wait(20)
        (place,) = [mark for mark in run.checkpoints if mark.name == "after uses"]
        run.rollback(to="start")
        assert world.effects == []

        preview = run.fork_preview(at=place)
        fork = run.fork(at=place)

        assert (preview.shared, preview.anew, preview.asked) == (("look",), ("a", "uses", "b"), ())
        fork.wait(20)
        assert (fork.view.shared, fork.view.left) == (["look"], [])
        assert world.effects == ["a", "b"]
        assert world.calls.count("look") == 1
        fork.rollback()
        assert world.effects == []

    def test_a_shared_effect_is_undone_from_one_place(self, lab: Lab, world: World) -> None:
        """Rolled back to its start, a fork undoes what it has done itself; what it shares is undone
        by the original alone [COMP-14, RUNT-11]."""
        run = lab.bench().start(plan=chain("a", "b", tool="put"))
        run.wait(20)
        fork = run.fork(at="after a")
        fork.wait(20)
        assert world.effects == ["a", "b", "b"]

        preview = fork.undo_preview()
        assert ([row.step for row in preview.rows], preview.shared) == (["b"], ("a",))
        assert "a: shared, undone only from the run that made it" in str(preview)
        assert fork.rollback().shared == ("a",)
        assert world.effects == ["a", "b"]
        assert fork.view.steps["a"].state == "succeeded"
        run.rollback()
        assert world.effects == []

    def test_a_fork_that_goes_on_is_named_before_its_past_is_undone(
        self, lab: Lab, world: World
    ) -> None:
        """Before what a fork shares is taken back, preview and report name the fork that goes on,
        with its steps; one that has ended is not named [COMP-8, RUNT-11]."""
        run = lab.bench().start(plan=chain("a", "b", tool="put"))
        run.wait(20)
        run.fork(at="after a").wait(20)
        assert run.undo_preview().forks == ()
        fork = run.fork(at="after a", paused=True)

        assert run.undo_preview().forks == (f"{fork.id} (a)",)
        assert run.undo_preview(to="after a").forks == ()
        report = run.rollback()
        assert f"shared by a fork that goes on, and is not told: {fork.id} (a)" in str(report)

    def test_a_run_that_undoes_is_not_forked(self, lab: Lab) -> None:
        """What takes a run back is no way to a goal, and cannot be forked."""
        bench = lab.bench()
        run = bench.start(plan=chain("a", "b", tool="put"))
        run.wait(20)
        undo = run.rollback().undo

        with pytest.raises(CommandRefused, match=f"takes back what run {run.id} did"):
            bench.look(undo).fork()


class TestRefused:
    """What a fork refuses, and nothing was made."""

    def test_a_plan_with_faults(self, lab: Lab) -> None:
        """A plan with faults is refused as at a start, and no run is made [RUNT-11, PLAN-10]."""
        bench = lab.bench()
        run = bench.start(plan=three())
        run.wait(20)

        with pytest.raises(PlanError, match="nothing"):
            run.fork(plan=plan(wb.Step(id="a", tool="nothing")))
        assert len(bench.journal.runs()) == 1

    def test_an_output_that_does_not_fit(self, lab: Lab) -> None:
        """A corrected output is held against the tool's type and the step's check, all at once
        [RUNT-10]."""

        @wb.tool(effect="read")
        def number(name: str) -> int:
            return 1

        bench = lab.bench(number)
        steps = [
            wb.Step(id="n", tool="number", args={"name": "n"}),
            step("full", "look", value="x", check=wb.Check(not_empty=True)),
        ]
        run = bench.start(plan=plan(*steps))
        run.wait(20)

        with pytest.raises(PlanError, match=r"n: .*'many'.*; full: the output is empty"):
            run.fork(outputs={"n": "many", "full": ""})
        with pytest.raises(NotFound, match="no step 'nobody'"):
            run.fork(outputs={"nobody": 1})
        assert len(bench.journal.runs()) == 1

    def test_a_place_that_is_none(self, lab: Lab) -> None:
        """A place that the run does not have is refused, and those that it has are named."""
        run = lab.bench().start(plan=chain("a", "b"))
        run.wait(20)

        with pytest.raises(NotFound, match="It has: 'start', 'after a', 'after b'"):
            run.fork(at="after z")
        with pytest.raises(NotFound, match="no event 999"):
            run.fork(at=999)


class TestLimits:
    """Budgets and rights go with the fork."""

    def test_limits_go_on_counting(self, lab: Lab, world: World) -> None:
        """What the original had used by the place counts against the limits of the fork, which can
        be set anew, though not below it [RUNT-11]."""

        @wb.tool(effect="irreversible", spend=lambda usd, **_: {"usd": usd})
        def buy(name: str, usd: float) -> str:
            world.effects.append(name)
            return name

        def buying(*names: str) -> wb.Plan:
            befores = [[], *([name] for name in names)]
            return plan(
                *(
                    wb.Step(id=n, tool="buy", args={"name": n, "usd": 1.0}, after=before)
                    for n, before in zip(names, befores, strict=False)
                )
            )

        run = lab.bench(buy, budget=wb.Budget(usd=3)).start(plan=buying("a", "b", "c"))
        run.wait(20)
        more = buying("a", "b", "d", "e")

        with pytest.raises(PlanError, match="usd: 2 used"):
            run.fork(at="after b", plan=more)
        with pytest.raises(CommandRefused, match="had used 2 usd by then"):
            run.fork(at="after b", plan=more, limits={"usd": 1})
        with pytest.raises(CommandRefused, match="no limit of 'eur'"):
            run.fork(at="after b", plan=more, limits={"eur": 1})
        with pytest.raises(WorkbenchError, match="is no limit"):
            run.fork(at="after b", limits={"usd": float("nan")})
        fork = run.fork(at="after b", plan=more, limits={"usd": 4})
        fork.wait(20)

        assert fork.usage["usd"] == 4
        assert fork.view.used_before == {"usd": 2, "calls": 2}
        assert world.effects == ["a", "b", "c", "d", "e"]

    def test_rights_are_those_of_the_place(self, lab: Lab, world: World) -> None:
        """Grants, rules, autonomy, environment, seed and failure policy of the place hold in the
        fork; a right that was revoked since is not given back [RUNT-11]."""
        bench = lab.bench(environment="test")
        rule = wb.Rule("deny", "send", why="not here")
        world.gate("a")
        run = bench.start(
            plan=chain("a", "b"),
            grants=[wb.Grant("put"), wb.Grant("post"), wb.Grant("think", uses=5)],
            rules=[rule],
            autonomy="irreversible",
            on_failure="continue",
            seed=7,
        )
        run.pause()
        run.checkpoint("here")
        put, post, think = run.grants
        run.revoke(post, "no longer")
        world.open_all()
        run.resume()
        run.wait(20)

        fork = run.fork(at="here", paused=True)

        view = fork.view
        assert set(view.grants or {}) == {put, think}
        assert view.grants is not None
        assert view.grants[think].grant.uses == 5 - run.view.grants[think].used  # type: ignore[index]
        assert view.closed
        assert view.rules == (rule,)
        assert (view.autonomy, view.environment, view.seed, view.on_failure) == (
            "irreversible", "test", 7, "continue",
        )  # fmt: skip

    def test_a_fork_by_a_call_has_no_more_rights(self, lab: Lab, world: World) -> None:
        """A tool that forks its own run gives the fork no right of its own, no output, and no limit
        beyond what its run has left [RUNT-11]."""
        refused: list[str] = []
        forks: list[wb.Run] = []

        @wb.tool(effect="irreversible")
        def forker(name: str) -> str:
            run = bench.look(run_id[0])
            try:
                run.fork(outputs={"a": 2}, paused=True)
            except CommandRefused as error:
                refused.append(str(error))
            forks.append(run.fork(paused=True, limits={"calls": 100}))
            return name

        run_id: list[str] = []
        bench = lab.bench(forker, budget=wb.Budget(calls=5))
        world.gate("a")
        steps = [step("a", "put"), wb.Step(id="f", tool="forker", args={"name": "f"}, after=["a"])]
        run = bench.start(plan=plan(*steps), grants=[wb.Grant("put"), wb.Grant("forker", uses=1)])
        run_id.append(run.id)
        world.open_all()
        run.wait(20)

        (fork,) = forks
        assert "Only a person corrects the past" in refused[0]
        held = [grant.grant.tools for grant in (fork.view.grants or {}).values()]
        assert held == [("put",)]
        assert fork.view.limits["calls"] <= 3
        assert run.id in str(next(iter(fork.events())).event)

    def test_paused_to_be_edited(self, lab: Lab, world: World) -> None:
        """A fork that starts paused is edited first and does nothing before it is resumed
        [RUNT-11, REL-26]."""
        run = lab.bench().start(plan=chain("a", "b", tool="send"))
        run.wait(20)

        fork = run.fork(at="after a", paused=True)
        with fork.editing("other value") as draft:
            draft.change("b", args={"value": 5})

        assert fork.state == "paused"
        assert world.effects == ["a", "b"]
        fork.resume()
        assert fork.wait(20) == 5
