"""A rollback of many effects: what it spends is counted, and its report adds up."""

from __future__ import annotations

from typing import Any

import workbench as wb
from tests.engine.harness import Lab, World, eventually, plan, step

Token = wb.Secret["token"]


def test_twelve_effects_add_up(lab: Lab, world: World) -> None:
    """Of twelve effects some are undone, some leave traces, some stand and some are in doubt: the
    four counts add up to twelve, in the preview too, which says the same where nothing goes wrong;
    the one that does go wrong is named, and waits for a person [COMP-7, COMP-8, COMP-6]."""
    undone: list[str] = []
    faults = {"c4": OSError("the carrier does not answer")}

    def take(name: str) -> None:
        if name in faults:
            raise faults[name]
        undone.append(name)

    def make(name: str) -> str:
        world.effects.append(name)
        if name in ("f3", "c3"):
            message = "no answer came"
            raise TimeoutError(message)
        return name

    tools = [
        wb.tool(name="clean", effect="reversible", undo=take)(make),
        wb.tool(name="coloured", effect="compensable", undo=take, told=lambda name: [name])(make),
        wb.tool(name="final", effect="irreversible")(make),
    ]
    kinds = {"f": "final", "c": "coloured", "r": "clean"}
    names = [f"{kind}{n}" for kind in ("f", "c", "r") for n in range(1, 5)]
    bench = lab.bench(*tools)
    run = bench.start(plan=plan(*(step(n, kinds[n[0]]) for n in names)), on_failure="continue")
    eventually(run, lambda view: len(view.open_requests) == 2)
    run.pause("nobody knows what became of two of them")

    preview = run.undo_preview()
    report = run.rollback(timeout_s=20)

    assert len(world.effects) == 12
    expected = {"undone": 4, "undone_with_traces": 4, "not_undoable": 3, "unknown": 1}
    assert preview.counts == expected
    assert report.counts == {**expected, "undone_with_traces": 3, "unknown": 2}
    assert sum(preview.counts.values()) == sum(report.counts.values()) == 12
    differs = {row.step for row, then in zip(report, preview, strict=True) if row != then}
    assert differs == {"c4"}
    assert report.outcomes["f3"] == "unknown"
    assert report.open == ("Not undone: undo c4",)
    assert sorted(undone) == ["c1", "c2", "c3", "r1", "r2", "r3", "r4"]

    undo = bench.open(report.undo)
    undo.inbox[0].choose("skip")
    eventually(undo, lambda view: view.final)
    report = run.undo_reports[-1]

    assert report.counts == {
        "undone": 4, "undone_with_traces": 3, "not_undoable": 4, "unknown": 1
    }  # fmt: skip


def test_a_skipped_call_that_was_taken_back_is_not_left(lab: Lab, world: World) -> None:
    """A call of which nobody knew, and whose step the person skipped, may have happened until a
    rollback has undone it: then nothing is left of it [COMP-7, REL-21]."""
    undone: list[str] = []

    def cancel(name: str) -> None:
        undone.append(name)

    @wb.tool(effect="compensable", undo=cancel)
    def order(name: str) -> str:
        message = "no answer came"
        raise TimeoutError(message)

    run = lab.bench(order).start(plan=plan(step("book", "order")))
    eventually(run, lambda view: bool(view.open_requests))
    run.inbox[0].choose("skip")
    eventually(run, lambda view: view.final)
    assert [one.step for one in run.view.left] == ["book"]

    run.rollback(timeout_s=20)

    assert undone == ["book"]
    assert run.view.left == []


def test_what_an_undo_spends_is_counted(lab: Lab, world: World) -> None:
    """An undo that is a tool of its own and declares what it spends is held against the caps like
    any call: the fee that would cross one is asked about before it is paid, while undos that take
    nothing go on; what was paid stands in the usage of the run that undoes [COMP-9, AUTH-4]."""
    refunds: list[str] = []

    @wb.tool(
        effect="irreversible",
        idempotent=True,
        spend=lambda result, **_: {"fees_usd": result["fee"]},
    )
    def refund(name: str, result: dict[str, Any]) -> None:
        refunds.append(name)

    @wb.tool(effect="compensable", undo=refund)
    def charge(name: str, fee: float) -> dict[str, Any]:
        return {"fee": fee}

    bench = lab.bench(charge, caps=[wb.Cap("fees_usd", 5, per="day")])
    small = step("small", "charge", args={"fee": 3.0})
    large = step("large", "charge", args={"fee": 4.0})
    run = bench.start(plan=plan(large, small, step("put", "put")))
    run.wait(20)

    report = run.rollback(timeout_s=20)

    undo = bench.open(report.undo)
    assert world.effects == []
    assert len(refunds) == 1
    (request,) = undo.inbox
    assert request.kind == "budget"
    assert undo.usage["fees_usd"] == bench.caps[0].used == {"small": 3, "large": 4}[refunds[0]]
    assert report.counts["undone"] == 1
    assert report.state == "waiting"
    request.approve()
    report = run.rollback(timeout_s=20)
    assert sorted(refunds) == ["large", "small"]
    assert undo.usage["fees_usd"] == 7
    assert report.counts["undone_with_traces"] == 2


def test_an_undo_whose_spend_is_nonsense_is_not_called(lab: Lab, world: World) -> None:
    """An undo is not called where its spend cannot be told; the report says why [COMP-7]."""
    refunds: list[str] = []

    @wb.tool(effect="irreversible", idempotent=True, spend=lambda **_: {"fees_usd": -1})
    def refund(name: str) -> None:
        refunds.append(name)

    @wb.tool(effect="compensable", undo=refund)
    def charge(name: str) -> str:
        return name

    run = lab.bench(charge).start(plan=plan(step("a", "charge")))
    run.wait(20)

    report = run.rollback(timeout_s=20)

    assert refunds == []
    assert report.outcomes == {"a": "not_undoable"}
    assert "spend of -1 fees_usd" in report.rows[0].why


def test_what_an_undo_spends_is_told_without_its_secret(lab: Lab) -> None:
    """The declaration of what an undo spends is not given the secret of the tool, so it cannot put
    it into the question about an undo that could not be called [AUTH-13, COMP-6]."""
    given: list[dict[str, Any]] = []

    def fee(**known: Any) -> dict[str, float]:
        given.append(known)
        raise ValueError(f"no fee for {sorted(known)}")

    @wb.tool(effect="irreversible", idempotent=True, spend=fee)
    def refund(name: str) -> None: ...

    @wb.tool(effect="compensable", undo=refund)
    def charge(name: str, token: Token) -> None: ...

    bench = lab.bench(charge, secrets={"token": "a-secret-of-ours"})
    run = bench.start(plan=plan(step("a", "charge")))
    run.wait(20)

    report = run.rollback(timeout_s=20)

    assert report.open == ("Not undone: undo a",)
    assert "no fee for ['before', 'key', 'name', 'result']" in report.rows[0].why
    assert "token" not in given[0]


def test_a_failed_sale_is_taken_back(lab: Lab, world: World) -> None:
    """Order, charge, mail, and the shipment fails: the order is cancelled and the charge refunded,
    the last first and once each; of the mail the report says that it cannot be undone and that a
    correction was sent, to whom, in the preview too [COMP-4, COMP-7, COMP-8]."""
    shop: list[str] = []

    def cancel(item: str) -> None:
        shop.remove(f"order {item}")

    def refund(item: str) -> None:
        shop.append(f"refund {item}")

    def correct(to: str) -> None:
        shop.append(f"correction to {to}")

    @wb.tool(effect="reversible", undo=cancel)
    def order(item: str) -> None:
        shop.append(f"order {item}")

    @wb.tool(effect="compensable", undo=refund)
    def charge(item: str) -> None:
        shop.append(f"charge {item}")

    @wb.tool(effect="irreversible", undo=correct, told=lambda to: [to])
    def mail(to: str) -> None:
        shop.append(f"mail to {to}")

    @wb.tool(effect="reversible", undo=lambda item: None, probe=lambda item: False)
    def ship(item: str) -> None:
        raise ConnectionError("no truck")

    steps = [
        wb.Step(id="order", tool="order", args={"item": "hat"}),
        wb.Step(id="charge", tool="charge", args={"item": "hat"}, after=["order"]),
        wb.Step(id="mail", tool="mail", args={"to": "ann"}, after=["charge"]),
        wb.Step(id="ship", tool="ship", args={"item": "hat"}, after=["mail"]),
    ]
    run = lab.bench(order, charge, mail, ship).start(plan=plan(*steps), on_failure="undo")
    eventually(run, lambda view: view.final)

    assert shop == ["charge hat", "mail to ann", "correction to ann", "refund hat"]
    report = run.undo_reports[-1]
    assert report.outcomes == {
        "ship": "undone", "mail": "undone_with_traces",
        "charge": "undone_with_traces", "order": "undone",
    }  # fmt: skip
    (line,) = [line for line in str(report).splitlines() if line.startswith("  mail:")]
    assert line.endswith("not undone: a correction was made; told again: ann")
    assert run.view.rollbacks[-1].by == "engine"
