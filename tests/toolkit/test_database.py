"""Reading from and changing a database, SQLite and a real PostgreSQL alike."""

from __future__ import annotations

import json
import sys

import pandas as pd
import pytest

from workbench.errors import ImageTooLarge
from workbench.toolkit import Failed, Refused, sql
from workbench.toolkit.database.image import Limit

ORDERS = """CREATE TABLE orders (id INTEGER PRIMARY KEY, item VARCHAR(20) NOT NULL,
    price NUMERIC(10, 2), day DATE)"""
FILL = """INSERT INTO orders VALUES (1, 'Müsli', 3.50, '2024-01-31'), (2, 'tea', 2, NULL),
    (3, 'tea', 2.25, '2024-02-01')"""


@pytest.fixture
def shop(kit, world):
    world.do(ORDERS, FILL)
    return kit(sql(world.url, row_limit=1000, image_limit=Limit(rows=100, bytes=10_000)))


def test_a_query_gives_a_frame_with_bound_parameters(shop) -> None:
    """Values go as parameters: text that looks like SQL finds nothing and harms nothing."""
    asked = "SELECT id, item FROM orders WHERE item = :item ORDER BY id"

    frame = shop.get("query", sql=asked, params={"item": "tea"})
    evil = shop.get("query", sql=asked, params={"item": "tea' OR '1'='1"})

    assert frame.to_dict("list") == {"id": [2, 3], "item": ["tea", "tea"]}
    assert list(evil.columns) == ["id", "item"]
    assert evil.empty


def test_large_numbers_with_gaps_stay_exact(shop, world) -> None:
    """A missing value does not turn the whole numbers beside it into rounded ones."""
    big = 2**53 + 1
    world.do(
        "CREATE TABLE big (id INTEGER PRIMARY KEY, n BIGINT)",
        f"INSERT INTO big VALUES (1, {big}), (2, NULL)",
    )

    frame = shop.get("query", sql="SELECT n FROM big ORDER BY id")

    assert frame["n"].dtype == "Int64"
    assert frame["n"][0] == big


WRITING = [
    "DELETE FROM orders",
    "UPDATE orders SET item = 'x'",
    "INSERT INTO orders VALUES (9, 'x', 1, NULL)",
    "DROP TABLE orders",
    "CREATE TABLE more (id INTEGER)",
    "SELECT 1; DELETE FROM orders",
    "SELECT 1; COMMIT; DELETE FROM orders",
    "COMMIT",
    "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone",
]
LITE = ["PRAGMA query_only = 0", "PRAGMA writable_schema = 1", "ATTACH 'x.db' AS x", "VACUUM"]
POSTGRES = [
    "SET TRANSACTION READ WRITE",
    "SELECT 1; SET TRANSACTION READ WRITE; DELETE FROM orders",
    "SELECT 1) AS q; DELETE FROM orders; SELECT * FROM (SELECT 1",
    "SELECT set_config('transaction_read_only', 'off', true)",
    "SELECT nextval('numbers')",
    "COPY orders TO PROGRAM 'true'",
    "DO $$ BEGIN DELETE FROM orders; END $$",
]


def test_a_query_cannot_write(shop, world) -> None:
    """Whatever the statement says, a query changes nothing, and the refusal says what to use."""
    if not world.is_sqlite:
        world.do("CREATE SEQUENCE numbers")
    start = world.state()

    for statement in [*WRITING, *(LITE if world.is_sqlite else POSTGRES)]:
        with pytest.raises(Refused, match="one SELECT that changes nothing") as caught:
            shop.run("query", sql=statement)
        assert "insert_rows" in caught.value.next_step
        assert world.state() == start


def test_a_query_may_be_any_kind_of_select(shop) -> None:
    """Common table expressions, aggregates and VALUES are queries too."""
    for statement in [
        "WITH t AS (SELECT item, count(*) AS n FROM orders GROUP BY item) SELECT * FROM t",
        "WITH RECURSIVE c(x) AS (VALUES (1) UNION SELECT x + 1 FROM c WHERE x < 5) SELECT x FROM c",
        "-- a comment first\nSELECT upper(item) AS u FROM orders",
        "VALUES (1)",
        "SELECT '10%' AS share, 'a:b' AS text",
    ]:
        assert len(shop.get("query", sql=statement)) > 0


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT * FROM nothing", "nothing"),
        ("SELECT id, id FROM orders", "two columns of one name"),
        ("SELECT a.id AS x FROM orders a WHERE id = :missing", "missing"),
        ("SELEC 1", "SELEC"),
    ],
)
def test_a_wrong_query_is_explained(shop, statement, said) -> None:
    """The database's own words come with advice."""
    with pytest.raises((Refused, Failed), match=said) as caught:
        shop.run("query", sql=statement)
    assert caught.value.next_step
    assert caught.value.happened is False


def test_a_query_is_bounded(shop, world) -> None:
    """More rows than the limit are refused, not cut silently."""
    many = (
        "WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < 1001)"
        " SELECT x FROM c"
    )

    with pytest.raises(Refused, match="more than 1,000 rows"):
        shop.run("query", sql=many)


def test_a_statement_that_takes_too_long_is_broken_off(kit, world) -> None:
    """The database itself ends it after the time that was set."""
    endless = "WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x FROM c) SELECT count(*) FROM c"

    with pytest.raises(Failed, match=r"interrupted|timeout") as caught:
        kit(sql(world.url, timeout_s=0.2)).run("query", sql=endless)
    assert caught.value.happened is False


def test_rows_are_inserted_with_defaults_and_their_keys_given(shop, world) -> None:
    """What is left out gets its default; names and values are never part of the statement."""
    world.do('CREATE TABLE "od d; --" (id INTEGER PRIMARY KEY, "a ""b" TEXT, n INT DEFAULT 7)')

    done = shop.get("insert_rows", table="od d; --", rows=[{"id": 5, 'a "b': "x'); DROP"}])

    assert done["inserted"] == 1
    assert world.rows('SELECT * FROM "od d; --"') == [(5, "x'); DROP", 7)]


def test_rows_are_found_by_value_list_and_null(shop, world) -> None:
    """A list means one of them, null means missing; dates are given as text."""
    assert shop.get("update_rows", table="orders", where={"id": [1, 2]}, values={"price": 9})
    assert world.rows("SELECT id FROM orders WHERE price = 9 ORDER BY id") == [(1,), (2,)]
    assert shop.get("delete_rows", table="orders", where={"day": None})["deleted"] == 1
    assert shop.get("delete_rows", table="orders", where={"day": "2024-02-01"})["deleted"] == 1
    assert world.rows("SELECT id FROM orders") == [(1,)]


@pytest.mark.parametrize(
    ("name", "args", "said"),
    [
        ("insert_rows", {"table": "none", "rows": [{"id": 1}]}, "no table 'none'.*orders"),
        ("insert_rows", {"table": "orders", "rows": [{"nix": 1}]}, "no column 'nix'.*item"),
        ("insert_rows", {"table": "orders", "rows": []}, "0 rows"),
        ("insert_rows", {"table": "orders", "rows": [{"id": 8}]}, "refused it"),
        ("insert_rows", {"table": "orders", "rows": [{"id": 1, "item": "x"}]}, "already"),
        ("update_rows", {"table": "orders", "where": {"id": 1}, "values": {"id": 5}}, "primary"),
        ("update_rows", {"table": "orders", "where": {"id": 1}, "values": {}}, "empty"),
        ("update_rows", {"table": "orders", "where": {}, "values": {"price": 1}}, "every row"),
        ("delete_rows", {"table": "orders", "where": {}}, "every row"),
        ("delete_rows", {"table": "plain", "where": {"x": 1}}, "no primary key"),
    ],
)
def test_a_wrong_change_is_refused_and_changes_nothing(shop, world, name, args, said) -> None:
    """The error names the table or column and what is there."""
    world.do("CREATE TABLE plain (x INTEGER)")
    start = world.state()

    with pytest.raises(Refused, match=said) as caught:
        shop.run(name, **args)

    assert caught.value.next_step
    assert world.state() == start


def test_all_rows_of_a_call_are_inserted_or_none(shop, world) -> None:
    """A fault in the last row takes the first ones back."""
    rows = [{"id": 10, "item": "a"}, {"id": 11, "item": None}]

    with pytest.raises(Refused):
        shop.run("insert_rows", table="orders", rows=rows)
    assert len(world.rows("SELECT * FROM orders")) == 3


@pytest.mark.postgres
def test_a_value_that_does_not_fit_is_not_cut(kit, postgres) -> None:
    """A text too long for its column is an error on PostgreSQL, as without us."""
    postgres.do(ORDERS)

    with pytest.raises((Refused, Failed), match="too long"):
        kit(sql(postgres.url)).run(
            "insert_rows", table="orders", rows=[{"id": 9, "item": "x" * 21}]
        )


def test_a_missing_driver_is_named(kit, monkeypatch) -> None:
    """Without psycopg the error says what to install."""
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(Refused, match=r"psycopg.*pip install"):
        kit(sql("postgresql://localhost/x")).run("query", sql="SELECT 1")


def test_previews_count_and_show_what_would_change(shop, world) -> None:
    """The prompt can show how many rows, and some of them; nothing is changed [COMP-13]."""
    start = world.state()
    frame = pd.DataFrame({"id": [1], "item": ["x"]})
    rows = [{"id": 7, "item": "soap"}]

    deleted = shop.preview("delete_rows", table="orders", where={"item": "tea"})
    updated = shop.preview("update_rows", table="orders", where={"id": 1}, values={"price": 8})
    assert "would delete 2 rows of orders" in deleted
    assert "2.25" in deleted
    assert "none fits" in shop.preview("delete_rows", table="orders", where={"id": 99})
    assert "would set price = 8 in 1 rows" in updated
    assert "Müsli" in updated
    assert "1 rows into orders" in shop.preview("insert_rows", table="orders", rows=rows)
    assert "make the table" in shop.preview("write_frame", table="new", frame=frame)
    replaced = shop.preview("write_frame", table="orders", frame=frame, if_exists="replace")
    assert "replace the 3 rows" in replaced
    assert "cannot be told" in shop.preview("execute", statement="DROP TABLE orders")
    assert world.state() == start


def test_execute_runs_anything_and_says_how_many_rows(shop, world) -> None:
    """A free statement is possible, with bound parameters."""
    done = shop.get(
        "execute", statement="UPDATE orders SET price = :p WHERE item = 'tea'", params={"p": 1}
    )

    assert done == {"rows": 2}
    assert world.rows("SELECT count(*) FROM orders WHERE price = 1") == [(2,)]


def test_more_rows_than_can_be_kept_are_not_deleted(shop, world) -> None:
    """Where the before-image would be too large, nothing is changed [COMP-13]."""
    values = ", ".join(f"({n}, 'many', 1, NULL)" for n in range(100, 201))
    world.do(f"INSERT INTO orders VALUES {values}")
    start = world.state()
    frame = pd.DataFrame({"id": [1], "item": ["x"]})

    for name, args in [
        ("delete_rows", {"where": {"item": "many"}}),
        ("update_rows", {"where": {"item": "many"}, "values": {"price": 2}}),
        ("write_frame", {"frame": frame, "if_exists": "replace"}),
    ]:
        with pytest.raises(ImageTooLarge, match=r"image of 10[1-4] rows of orders exceeds 100\."):
            shop.run(name, table="orders", **args)
    assert world.state() == start


@pytest.mark.parametrize("name", ["delete_rows", "update_rows"])
def test_a_change_that_reaches_further_than_its_undo_is_refused(kit, world, name) -> None:
    """Cascades and triggers are named; the caller can vouch for them."""
    world.do(
        ORDERS,
        FILL,
        "CREATE TABLE lines (id INTEGER PRIMARY KEY, "
        "orders_id INT REFERENCES orders(id) ON DELETE CASCADE)",
    )
    args = {"table": "orders", "where": {"id": 1}}
    args |= {"values": {"price": 1}} if name == "update_rows" else {}

    with pytest.raises(Refused, match="foreign key of lines"):
        kit(sql(world.url)).run(name, **args)
    kit(sql(world.url, trust_triggers=True)).run(name, **args)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:///x.db?mode=ro", "no options"),
        ("mysql://me@localhost/x", "on mysql"),
        ("shop.db", "no address"),
    ],
)
def test_a_database_that_cannot_keep_the_promises_is_refused(url, said) -> None:
    """The mistake is named where the tools are made; nothing is opened."""
    with pytest.raises(Refused, match=said):
        sql(url)


def test_a_missing_file_is_not_made(kit, tmp_path) -> None:
    """A wrong path is an error, not a new empty database."""
    with pytest.raises(Refused, match="no database file"):
        kit(sql(f"sqlite:///{tmp_path}/none.db")).run("query", sql="SELECT 1")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_database_is_explained(kit, tmp_path) -> None:
    """A file of another kind gives one clear error and is not touched."""
    (tmp_path / "x.db").write_text("this is no database, but long enough to be looked at" * 20)

    with pytest.raises((Failed, Refused), match="not a database"):
        kit(sql(f"sqlite:///{tmp_path}/x.db")).run("query", sql="SELECT * FROM x")


def test_no_password_is_shown(kit) -> None:
    """An unreachable server is named without the password."""
    with pytest.raises(Failed) as caught:
        kit(sql("postgresql://me:s3cret@127.0.0.1:9/x")).run("query", sql="SELECT 1")
    assert "s3cret" not in json.dumps([str(caught.value), repr(caught.value.fields)])
    assert "127.0.0.1:9" in str(caught.value)
