"""What somebody else changed during the run is shown, and never overwritten silently."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, kinds, plan, states, step
from workbench.errors import CommandRefused


class Shelf:
    """Things by key, with a version that counts changes; any hand may change them."""

    def __init__(self) -> None:
        self.things: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.looks: list[str] = []
        self.broken = False

    def change(self, key: str, thing: str) -> None:
        self.things[key] = thing
        self.versions[key] = self.versions.get(key, 0) + 1

    def version(self, key: str) -> int | None:
        if self.broken:
            raise OSError("the shelf cannot be reached")
        self.looks.append(key)
        return self.versions.get(key)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def store(shelf: Shelf, world: World) -> wb.Tool:
    @wb.tool(effect="irreversible", writes=lambda to, **_: [to], version=shelf.version)
    async def store(name: str, to: str = "x") -> str:
        await world.visit(name)
        shelf.change(to, name)
        return name

    return store


def held(lab: Lab, store: wb.Tool, *steps: wb.Step) -> wb.Run:
    """Start a run whose first step is being done, and holds all others."""
    lab.world.gate("first")
    run = lab.bench(store).start(plan=plan(step("first"), *steps))
    lab.world.gate("first").wait_reached()
    return run


def test_a_change_by_hand_is_asked_about(lab: Lab, store: wb.Tool, shelf: Shelf) -> None:
    """The call is not made; the request has the key, what was seen and what is there [RUNT-16]."""
    shelf.change("x", "mine")
    run = held(lab, store, step("s", "store", after=["first"]))
    shelf.change("x", "changed by hand")
    lab.world.gate("first").open()
    run.wait_until("waiting", timeout_s=20)
    (request,) = run.inbox
    assert (request.kind, request.step, request.tool) == ("conflict", "s", "store")
    assert request.evidence == {"key": "x", "seen": "1", "now": "2"}
    assert list(request.choices) == ["overwrite", "skip"]
    assert request.args == {"name": "s"}
    assert shelf.things["x"] == "changed by hand"
    assert "call.intended" not in kinds(run, "s")


def test_overwriting_needs_the_persons_word(lab: Lab, store: wb.Tool, shelf: Shelf) -> None:
    """After "overwrite" the call goes on, and what it wrote is the run's own [RUNT-16]."""
    steps = [step("s", "store", after=["first"]), step("t", "store", after=["s"])]
    run = held(lab, store, *steps)
    shelf.change("x", "changed by hand")
    lab.world.gate("first").open()
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].choose("overwrite")
    assert run.wait(20) == "t"
    assert shelf.things["x"] == "t"
    assert kinds(run).count("request.opened") == 1


def test_a_newer_change_is_asked_about_again(lab: Lab, store: wb.Tool, shelf: Shelf) -> None:
    """An answer covers the version that was shown, and no newer one [RUNT-16]."""
    run = held(lab, store, step("s", "store", after=["first"]))
    shelf.change("x", "changed by hand")
    lab.world.gate("first").open()
    run.wait_until("waiting", timeout_s=20)
    shelf.change("x", "changed again")
    run.inbox[0].choose("overwrite")
    eventually(run, lambda view: len(view.requests) == 2 and bool(view.open_requests))
    assert run.inbox[0].evidence == {"key": "x", "seen": "1", "now": "2"}
    assert shelf.things["x"] == "changed again"
    run.inbox[0].choose("overwrite")
    run.wait(20)
    assert shelf.things["x"] == "s"


def test_leaving_it_skips_what_needs_the_output(lab: Lab, store: wb.Tool, shelf: Shelf) -> None:
    """After "skip" the change stays, and what can go on without the step does [RUNT-16]."""
    steps = [
        step("s", "store", after=["first"]),
        step("uses", value=wb.ref("s")),
        step("uses-too", value=wb.ref("uses")),
        step("free", after=["s"]),
    ]
    run = held(lab, store, *steps)
    shelf.change("x", "changed by hand")
    lab.world.gate("first").open()
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].choose("skip", reason="keep it")
    run.wait(20)
    assert shelf.things["x"] == "changed by hand"
    assert states(run) == {
        "first": "succeeded", "s": "skipped", "uses": "skipped", "uses-too": "skipped",
        "free": "succeeded",
    }  # fmt: skip


def test_a_conflict_is_no_permission(lab: Lab, store: wb.Tool, shelf: Shelf) -> None:
    """It takes a choice: an approval is refused, a refusal denies the step [RUNT-16]."""
    run = held(lab, store, step("s", "store", after=["first"]))
    shelf.change("x", "changed by hand")
    lab.world.gate("first").open()
    run.wait_until("waiting", timeout_s=20)
    with pytest.raises(CommandRefused, match="asks for a choice"):
        run.inbox[0].approve()
    run.inbox[0].deny()
    run.wait(20)
    assert states(run)["s"] == "denied"
    assert shelf.things["x"] == "changed by hand"


def test_an_undisturbed_run_is_asked_nothing(lab: Lab, store: wb.Tool, shelf: Shelf) -> None:
    """Its own writes are no conflict, one after the other and to several things [RUNT-16]."""
    shelf.change("x", "mine")
    steps = [
        step("a", "store"),
        step("b", "store", after=["a"]),
        step("c", "store", args={"to": "y"}),
        step("d", "store", after=["b", "c"], args={"to": "y"}),
    ]
    run = lab.bench(store).start(plan=plan(*steps))
    run.wait(20)
    assert "request.opened" not in kinds(run)
    assert {key: seen.version for key, seen in run.view.resources.items()} == {"x": "3", "y": "2"}


def test_a_change_while_the_run_is_paused_counts(lab: Lab, store: wb.Tool, shelf: Shelf) -> None:
    """What was seen holds across a pause and a restart of the kernel [RUNT-16]."""
    run = held(lab, store, step("s", "store", after=["first"]))
    run.pause()
    lab.world.gate("first").open()
    eventually(run, lambda view: view.steps["first"].final)
    shelf.change("x", "changed by hand")
    run = lab.reopen(run, store)
    run.resume()
    run.wait_until("waiting", timeout_s=20)
    assert run.inbox[0].evidence == {"key": "x", "seen": None, "now": "1"}
    run.inbox[0].choose("overwrite")
    run.wait(20)


def test_a_step_that_an_edit_adds_is_seen_when_the_run_goes_on(
    lab: Lab, store: wb.Tool, shelf: Shelf
) -> None:
    """What the edited plan will write is looked at before anything of it begins [RUNT-16]."""
    run = held(lab, store)
    run.pause()
    shelf.change("y", "there before the edit")
    gate = lab.world.gate("second")
    with run.editing() as draft:
        draft.add(step("second"))
        draft.add(step("s", "store", after=["second"], args={"to": "y"}))
    lab.world.gate("first").open()
    run.resume()
    gate.wait_reached()
    shelf.change("y", "changed by hand")
    gate.open()
    run.wait_until("waiting", timeout_s=20)
    assert run.inbox[0].evidence == {"key": "y", "seen": "1", "now": "2"}
    run.stop()


def test_a_key_known_late_is_seen_at_its_first_call(lab: Lab, store: wb.Tool, shelf: Shelf) -> None:
    """Nothing was seen of it before, so there is nothing to hold it against; then there is."""
    late = {"to": wb.ref("where")}
    steps = [step("where", value="z"), step("s", "store", args=late)]
    shelf.change("z", "there before")
    run = lab.bench(store).start(plan=plan(*steps))
    run.wait(20)
    assert shelf.things["z"] == "s"
    assert run.view.resources["z"].version == "2"


def test_a_version_that_cannot_be_read_stops_the_call(
    lab: Lab, store: wb.Tool, shelf: Shelf
) -> None:
    """At the start it is noted as a fault; right before the write the step fails [RUNT-16]."""
    shelf.broken = True
    run = lab.bench(store).start(plan=plan(step("s", "store")))
    with pytest.raises(wb.errors.RunFailed, match="the shelf cannot be reached"):
        run.wait(20)
    assert "fault.recorded" in kinds(run)
    assert shelf.things == {}
    assert run.view.steps["s"].happened is False


def test_versions_may_be_read_by_coroutines_and_be_long(lab: Lab, world: World) -> None:
    """`version` may be async; a long version is kept as its digest, an object as JSON."""
    found: dict[str, Any] = {"long": "v" * 5000, "parts": {"size": 3, "at": 17}}

    async def version(key: str) -> Any:
        return found[key]

    @wb.tool(effect="irreversible", writes=lambda to: [to], version=version)
    def keep(to: str) -> str:
        return to

    steps = [wb.Step(id=to, tool="keep", args={"to": to}) for to in found]
    run = lab.bench(keep).start(plan=plan(*steps))
    run.wait(20)
    seen = {key: one.version for key, one in run.view.resources.items()}
    assert seen["parts"] == '{"at":17,"size":3}'
    assert len(seen["long"] or "") == 64


def test_a_retry_is_no_conflict_with_itself(lab: Lab, shelf: Shelf, world: World) -> None:
    """What a failed attempt left behind is the run's own [RUNT-16]."""

    @wb.tool(
        effect="irreversible",
        idempotent=True,
        writes=lambda: ["x"],
        version=shelf.version,
        retry=wb.Retry(attempts=3, wait_s=0),
    )
    async def store() -> str:
        shelf.change("x", "half")
        await world.visit("store")
        shelf.change("x", "whole")
        return "stored"

    world.faults = {"store": [OSError("net"), OSError("net")]}
    run = lab.bench(store).start(plan=plan(wb.Step(id="s", tool="store")))
    assert run.wait(20) == "stored"
    assert "request.opened" not in kinds(run)


def test_an_expired_conflict_overwrites_nothing(lab: Lab, store: wb.Tool, shelf: Shelf) -> None:
    """Without an answer in time the step is denied and the change stays [RUNT-16]."""
    lab.world.gate("first")
    run = lab.bench(store, request_expires_s=0.05).start(
        plan=plan(step("first"), step("s", "store", after=["first"]))
    )
    lab.world.gate("first").wait_reached()
    shelf.change("x", "changed by hand")
    lab.world.gate("first").open()
    eventually(run, lambda view: view.steps["s"].state == "denied")
    assert shelf.things["x"] == "changed by hand"


def broken_off(lab: Lab, shelf: Shelf, world: World, **declared: Any) -> tuple[wb.Run, wb.Tool]:
    """Let the kernel end when a write has landed and its outcome is not on disk."""
    gate = world.gate("s")

    @wb.tool(effect="irreversible", writes=lambda name: ["x"], version=shelf.version, **declared)
    async def store(name: str) -> str:
        shelf.change("x", name)
        await world.visit(name)
        return name

    bench = lab.bench(store)
    bench.host._parts.stop_grace_s = 0.01
    run = bench.start(plan=plan(step("s", "store"), step("t", "store", after=["s"])))
    gate.wait_reached()
    lab.close()
    gate.open()
    return run, store


def test_after_a_crash_a_probe_tells_its_own_write(lab: Lab, shelf: Shelf, world: World) -> None:
    """A write that landed before the crash is the run's own when its probe says so [RUNT-16]."""
    declared = {"idempotent": True, "probe": lambda name: shelf.things["x"] == name}
    run, store = broken_off(lab, shelf, world, **declared)
    again = lab.bench(store).open(run.id)
    again.wait(20)
    assert "request.opened" not in kinds(again)
    assert shelf.things["x"] == "t"


def test_after_a_crash_what_cannot_be_told_apart_is_asked(
    lab: Lab, shelf: Shelf, world: World
) -> None:
    """Without a probe nobody knows whose change it is: it is not overwritten [RUNT-16]."""
    run, store = broken_off(lab, shelf, world, idempotent=True)
    again = lab.bench(store).open(run.id)
    again.wait_until("waiting", timeout_s=20)
    assert again.inbox[0].evidence == {"key": "x", "seen": None, "now": "1"}
    assert (shelf.versions["x"], again.inbox[0].kind) == (1, "conflict")
    again.stop()


def test_after_a_doubt_the_next_writer_goes_on(lab: Lab, shelf: Shelf, world: World) -> None:
    """A write that the person says has happened is the run's own for the next step [RUNT-16]."""
    run, store = broken_off(lab, shelf, world)
    again = lab.bench(store).open(run.id)
    again.wait_until("waiting", timeout_s=20)
    again.inbox[0].choose("done")
    again.wait(20)
    assert [request.opened.about for request in again.view.requests.values()] == ["doubt"]
    assert shelf.things["x"] == "t"
