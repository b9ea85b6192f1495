"""The shop whose agent ordered too much, with its real database and its real suppliers."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench.demo.retailer import APPROVED, LOW, NOTE, Shop, order, reorder_plan
from workbench.errors import RunFailed, WorkbenchError

EVERYTHING = wb.Policy(allow=["*"])
SMALL = {"amount_usd": wb.at_most(499), "supplier": wb.one_of(*APPROVED)}


def bench(shop: Shop, **options) -> wb.Workbench:
    return wb.Workbench(shop.journal, tools=shop.tools(), planner=None, **options)


def test_without_limits_the_whole_damage_is_done():
    """38 orders with 14 suppliers for $47,000, as the suppliers have counted it [AUTH-8]."""
    with Shop() as shop, bench(shop, policy=EVERYTHING) as made:
        made.start(plan=reorder_plan(shop)).wait(60)
        assert shop.counted() == {"orders": 38, "suppliers": 14, "total_usd": 47_000}


def test_with_limits_it_stops_at_the_first_order_beyond_them():
    """What a supplier's page says about the limit changes no limit [AUTH-8, MULT-12]."""
    right = wb.Grant("place_order", where=SMALL, environment="prod")
    budget = wb.Budget(orders_usd=50_000)
    with Shop() as shop, bench(shop, environment="prod", budget=budget) as made:
        run = made.start(plan=reorder_plan(shop), grants=[right])
        with pytest.raises(RunFailed, match="amount_usd is 9500 and must be at most 499"):
            run.wait(60)
        assert NOTE in run.output("offer-birch-toner")
        assert shop.counted() == {"orders": 3, "suppliers": 1, "total_usd": 900}
        assert run.view.limits == {"orders_usd": 50_000}
        assert [held.grant for held in run.grants.values()] == [right]


def test_a_plan_beyond_the_budget_is_not_begun():
    """What its orders cost is known before: nothing is called [AUTH-4]."""
    with Shop() as shop, bench(shop, budget=wb.Budget(orders_usd=2_000)) as made:
        with pytest.raises(WorkbenchError, match="47000 for the steps to come"):
            made.start(plan=reorder_plan(shop))
        assert shop.counted()["orders"] == 0


def test_the_suppliers_take_an_order_once_and_only_at_their_price():
    """The book has each key once; a wrong price or an unknown item is refused, and not written."""
    body = {"key": "k", "item": "drum", "quantity": 2, "amount_usd": 280}
    with Shop() as shop:
        call = shop.suppliers.call
        said = [call("POST", "/birch-toner/orders", body)[0] for _ in range(2)]
        cheap = call("POST", "/birch-toner/orders", {**body, "key": "c", "amount_usd": 1})
        wrong = call("POST", "/oak-shelves/orders", {**body, "key": "w"})
        assert (said, cheap, wrong) == (
            [201, 201],
            (422, "2 x $140 is not $1"),
            (422, "oak-shelves does not sell drum"),
        )
        assert [call("GET", f"/orders/{key}")[0] for key in "kc"] == [200, 404]
        assert shop.counted() == {"orders": 1, "suppliers": 1, "total_usd": 280}
        shop.suppliers.forget()
        assert shop.counted()["orders"] == 0


def test_the_stock_decides_what_is_ordered():
    """What is above its level is left alone; every order is of the supplier that sells it."""
    with Shop() as shop:
        low = {row["item"] for row in shop.low()}
        assert low == {item for items in LOW.values() for item in items}
        assert not low & {"stapler", "mouse"}
        assert order("drum", 3).args["amount_usd"] == 420


def test_a_shop_keeps_its_folder_and_takes_no_other(tmp_path):
    """Gone on with, it has its orders; fresh, it has none; a folder of others is refused."""
    body = {"key": "k", "item": "drum", "quantity": 1, "amount_usd": 140}
    with Shop(tmp_path / "shop") as shop:
        shop.suppliers.call("POST", "/birch-toner/orders", body)
    with Shop(tmp_path / "shop") as shop:
        assert shop.counted()["orders"] == 1
    with Shop(tmp_path / "shop", fresh=True) as shop:
        assert shop.counted()["orders"] == 0
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").touch()
    with pytest.raises(WorkbenchError, match="holds something else"):
        Shop(tmp_path / "other", fresh=True)
    with pytest.raises(WorkbenchError, match="not started"):
        Shop(tmp_path / "shop").counted()
