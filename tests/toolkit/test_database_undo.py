"""Undo, probe, before-image and idempotency of changes in a database."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from workbench.toolkit import Changed, Failed, Refused, sql

ORDERS = """CREATE TABLE orders (id INTEGER PRIMARY KEY, item VARCHAR(20) NOT NULL,
    price NUMERIC(10, 2), day DATE)"""
FILL = """INSERT INTO orders VALUES (1, 'Müsli', 3.50, '2024-01-31'), (2, 'tea', 2, NULL),
    (3, 'tea', 2.25, '2024-02-01')"""
FRAME = pd.DataFrame({"id": [7, 8], "item": ["soap", "ß"], "price": [1.25, None]})

CHANGES = [
    ("insert_rows", {"rows": [{"id": 7, "item": "soap", "price": 1}, {"id": 8, "item": "x"}]}),
    ("update_rows", {"where": {"item": "tea"}, "values": {"price": 9.99, "day": None}}),
    ("delete_rows", {"where": {"id": [1, 2]}}),
    ("write_frame", {"frame": FRAME, "if_exists": "append"}),
    ("write_frame", {"frame": FRAME, "if_exists": "replace"}),
]
IDS = ["insert", "update", "delete", "append", "replace"]
every_change = pytest.mark.parametrize(("name", "args"), CHANGES, ids=IDS)
every_ledger = pytest.mark.parametrize("ledger", [None, "calls"], ids=["plain", "ledger"])


@pytest.fixture
def shop(kit, world, ledger):
    world.do(ORDERS, FILL)
    return kit(sql(world.url, ledger=ledger))


def orders(world):
    return sorted(map(repr, world.rows("SELECT * FROM orders")))


@every_ledger
@every_change
def test_undo_brings_the_same_rows_back(shop, world, name, args) -> None:
    """After the undo, once or twice, the table is as it was, value by value [COMP-3, COMP-5]."""
    start = orders(world)

    call = shop.run(name, table="orders", **args)
    assert orders(world) != start
    call.undo()
    assert orders(world) == start
    call.undo()
    assert orders(world) == start


@every_ledger
@every_change
def test_undo_works_when_the_outcome_was_lost(shop, world, name, args) -> None:
    """A crash after the change and before its outcome can still be undone [COMP-3, COMP-5]."""
    start = orders(world)

    call = shop.run(name, table="orders", **args)
    call.undo(result=None)

    assert orders(world) == start


@every_ledger
@every_change
def test_undo_of_what_never_happened_changes_nothing(shop, world, name, args) -> None:
    """A crash before the change leaves an intent; its undo does no harm [COMP-5]."""
    start = orders(world)

    call = shop.prepare(name, table="orders", **args)
    call.undo(result=None)

    assert orders(world) == start


@every_ledger
@every_change
def test_the_probe_knows_whether_it_happened(shop, world, name, args) -> None:
    """Before the call it says no, after it yes, with the output; it changes nothing [COMP-12]."""
    call = shop.prepare(name, table="orders", **args)
    assert not call.probe()
    call.run()
    after = world.state()
    assert call.probe()

    assert call.found == call.output
    assert world.state() == after


@pytest.mark.parametrize("ledger", [None])
@every_change
def test_undo_overwrites_nobody_elses_work(shop, world, name, args) -> None:
    """Rows that were changed since are left alone, and the error says so [RUNT-16]."""
    call = shop.run(name, table="orders", **args)
    if name == "delete_rows":
        world.do("INSERT INTO orders VALUES (1, 'theirs', 0, NULL)")
    world.do("UPDATE orders SET item = 'theirs'")
    theirs = orders(world)

    with pytest.raises(Changed, match="changed by somebody else") as caught:
        call.undo()

    assert caught.value.next_step
    assert orders(world) == theirs


@pytest.mark.parametrize("ledger", [None])
@pytest.mark.parametrize(("name", "args"), CHANGES[1:], ids=IDS[1:])
def test_rows_changed_after_the_before_image_are_not_touched(shop, world, name, args) -> None:
    """The call changes only what the before-image holds [RUNT-16, COMP-13]."""
    call = shop.prepare(name, table="orders", **args)
    world.do("UPDATE orders SET price = 0")
    theirs = orders(world)

    with pytest.raises(Changed, match="while this call was being prepared"):
        call.run()

    assert orders(world) == theirs


@pytest.mark.parametrize("ledger", ["calls"])
@every_change
def test_with_a_ledger_a_call_happens_once(shop, world, name, args) -> None:
    """A second call with the same key gives the first result and changes nothing [RUNT-2]."""
    assert shop.tools[name].idempotent
    call = shop.run(name, table="orders", **args)
    first, after = call.output, orders(world)

    call.run()

    assert call.output == first
    assert orders(world) == after


@pytest.mark.parametrize("ledger", ["calls"])
@every_change
def test_what_was_undone_can_be_done_again(shop, world, name, args) -> None:
    """The undo takes the key out of the ledger, in the same transaction."""
    call = shop.run(name, table="orders", **args)
    after = orders(world)

    call.undo()
    assert not call.probe()
    call.prepare().run()

    assert orders(world) == after


@pytest.mark.parametrize("ledger", ["calls"])
def test_a_failing_call_leaves_no_key(shop, world) -> None:
    """Change and key are there together or not at all."""
    call = shop.prepare("insert_rows", table="orders", rows=[{"id": 9, "item": None}])
    with pytest.raises(Refused):
        call.run()

    assert not call.probe()


@pytest.mark.parametrize("ledger", ["orders"])
def test_a_table_of_another_kind_is_no_ledger(shop, world) -> None:
    """A user's table is never used as the ledger by mistake."""
    start = orders(world)

    with pytest.raises(Refused, match="holds something else"):
        shop.run("delete_rows", table="orders", where={"id": 1})
    assert orders(world) == start


@pytest.fixture
def numbered(world):
    key = "INTEGER" if world.is_sqlite else "SERIAL"
    world.do(f"CREATE TABLE notes (id {key} PRIMARY KEY, text TEXT)")
    world.do("INSERT INTO notes (text) VALUES ('same')")
    return world


def test_only_the_inserted_row_is_deleted_among_equal_ones(kit, numbered) -> None:
    """Rows are told apart by the keys that the database gave them [COMP-5]."""
    call = kit(sql(numbered.url)).run("insert_rows", table="notes", rows=[{"text": "same"}] * 2)
    numbered.do("INSERT INTO notes (text) VALUES ('same')")

    call.undo()
    call.undo()

    assert numbered.rows("SELECT id FROM notes ORDER BY id") == [(1,), (4,)]


def test_without_ledger_a_lost_insert_with_made_keys_is_left_to_the_person(kit, numbered) -> None:
    """Nobody guesses: probe and undo say they cannot tell; with a ledger they can [COMP-12]."""
    rows = [{"text": "same"}]
    call = kit(sql(numbered.url)).run("insert_rows", table="notes", rows=rows)
    for ask in (call.probe, lambda: call.undo(result=None)):
        with pytest.raises(Refused, match="cannot be told") as caught:
            ask()
        assert "ledger" in caught.value.next_step

    sure = kit(sql(numbered.url, ledger="calls")).run("insert_rows", table="notes", rows=rows)
    assert sure.probe()
    sure.undo(result=None)
    assert len(numbered.rows("SELECT * FROM notes")) == 2


LITE_TYPES = """CREATE TABLE things (a TEXT, b, n INTEGER, r REAL, d DATETIME,
    twice INTEGER GENERATED ALWAYS AS (n * 2), PRIMARY KEY (a, n)) WITHOUT ROWID"""
LITE_ROWS = """INSERT INTO things (a, b, n, r, d) VALUES
    ('x', x'00ff10', 9223372036854775807, 0.1, '2024-01-01T10:00:00Z'),
    ('x', 12, 2, 1e300, 1700000000), ('ü''"', '12', 3, 9e999, NULL), ('', NULL, 4, -0.0, 'odd')"""
PG_TYPES = """CREATE TABLE things (a TEXT, n BIGINT, f8 FLOAT8, f4 FLOAT4, num NUMERIC,
    money NUMERIC(10,2), at TIMESTAMPTZ, plain TIMESTAMP, day DATE, t TIME, span INTERVAL,
    raw BYTEA, j JSON, jb JSONB, u UUID, list INT[], words TEXT[], r INT4RANGE, ip INET, ok BOOLEAN,
    code CHAR(4), bits BIT(5), m mood,
    own BIGINT GENERATED ALWAYS AS IDENTITY,
    twice NUMERIC GENERATED ALWAYS AS (n::numeric * 2) STORED,
    PRIMARY KEY (a, n))"""
PG_ROWS = r"""INSERT INTO things VALUES
    ('x', 9223372036854775807, 0.1, 0.1, 123456789012345678901234567890.123456789, 1.10,
     '2024-03-31 01:59:59.123456+01', 'infinity', '0044-03-15 BC', '23:59:59.999999',
     '1 year -2 days 03:00:00.5', '\x00ff10', '{"b": 1,  "a": [1, null]}', '{"k": 1.10}',
     'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{1,NULL,3}', '{"a,b","c\"d",NULL}', '[1,5)',
     '10.0.0.0/8', true, 'ab', B'10101', 'so so'),
    ('x', 2, 'NaN', '-Infinity', 'NaN', NULL, 'infinity', '-infinity', NULL, NULL, NULL, '', NULL,
     'null', NULL, '{}', '{}', 'empty', '::1', false, NULL, NULL, NULL),
    (E'ü''"\\ %(x)s :y\n', 3, -0.0, 1e-30, 0.00, 0, NULL, NULL, NULL, NULL, NULL, NULL, '1', '[]',
     NULL, '{{1,2},{3,4}}', NULL, NULL, NULL, NULL, '', B'00000', 'happy')"""


@pytest.fixture
def things(world):
    if world.is_sqlite:
        world.do(LITE_TYPES, LITE_ROWS)
        world.exact = "SELECT *, typeof(a), typeof(b), typeof(n), typeof(r), typeof(d) FROM things"
    else:
        world.do("CREATE TYPE mood AS ENUM ('happy', 'so so')")
        world.do(PG_TYPES, PG_ROWS.replace("%", "%%"))
        world.exact = "SELECT things::text FROM things"
    return world


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("delete_rows", {"where": {"n": [9223372036854775807, 2, 3]}}),
        ("update_rows", {"where": {"a": "x"}, "values": {"r": None, "b": 1}}),
        ("write_frame", {"frame": pd.DataFrame({"a": ["y"], "n": [5]}), "if_exists": "replace"}),
    ],
)
def test_every_type_comes_back_exactly(kit, things, name, args) -> None:
    """Any column type survives the way to disk and back, to the last digit [COMP-13]."""
    if name == "update_rows" and not things.is_sqlite:
        args = {**args, "values": {"num": "1.50", "jb": {"x": [1]}, "at": None, "list": [1, 2]}}
    start = sorted(map(repr, things.rows(things.exact)))

    call = kit(sql(things.url)).run(name, table="things", **args)
    assert sorted(map(repr, things.rows(things.exact))) != start
    json.dumps(call.before)
    call.undo()

    assert sorted(map(repr, things.rows(things.exact))) == start


def test_a_new_table_is_dropped_by_undo(kit, world) -> None:
    """A frame becomes a table; its undo leaves none, and only if nobody changed it [COMP-5]."""
    shop = kit(sql(world.url))
    frame = pd.DataFrame(
        {
            "Größe (m)": [1.5, None],
            "when": pd.to_datetime(["2024-01-01", None]),
            "ok": [True, False],
        }
    )

    call = shop.run("write_frame", table="new one", frame=frame)
    assert world.rows('SELECT count(*) FROM "new one"') == [(2,)]
    with pytest.raises(Refused, match="already is a table"):
        shop.run("write_frame", table="new one", frame=frame)
    world.do('DELETE FROM "new one" WHERE "Größe (m)" IS NULL')
    with pytest.raises(Changed):
        call.undo()

    again = shop.run("write_frame", table="other", frame=frame)
    assert again.undo() == "dropped other"
    again.undo()
    with pytest.raises(Refused, match="no table 'other'"):
        shop.run("delete_rows", table="other", where={"ok": 1})


def test_a_table_that_somebody_made_meanwhile_is_not_taken_over(kit, world) -> None:
    """Rows of a table that the before-image did not show cannot be lost by an undo [RUNT-16]."""
    frame = pd.DataFrame({"x": [1]})
    call = kit(sql(world.url)).prepare("write_frame", table="t", frame=frame, if_exists="append")
    world.do("CREATE TABLE t (x INTEGER)", "INSERT INTO t VALUES (7)")

    with pytest.raises(Changed, match="while this call was being prepared"):
        call.run()
    with pytest.raises(Refused):
        call.undo()
    assert world.rows("SELECT x FROM t") == [(7,)]


def test_calls_with_one_key_at_the_same_time_happen_once(kit, numbered) -> None:
    """With a ledger even eight attempts at once make one change [RUNT-2]."""
    shop = kit(sql(numbered.url, ledger="calls"))
    shop.run("insert_rows", table="notes", rows=[{"text": "first"}])
    call = shop.prepare("insert_rows", table="notes", rows=[{"text": "once"}])

    def attempt(_: int) -> str:
        try:
            return json.dumps(call.tool(**call.args, key=call.key))
        except (Refused, Failed):
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(attempt, range(8)))

    assert len(numbered.rows("SELECT * FROM notes WHERE text = 'once'")) == 1
    assert len(answers - {"refused"}) == 1


def test_a_large_new_table_needs_no_before_image(kit, world) -> None:
    """The limit is on what an undo must restore; dropping a table needs nothing kept."""
    frame = pd.DataFrame({"n": range(60_000)})

    call = kit(sql(world.url)).run("write_frame", table="big", frame=frame)

    assert call.output["rows"] == 60_000
    assert call.undo() == "dropped big"


def test_a_table_of_equal_rows_without_key_is_put_back(kit, world) -> None:
    """Appending to a table without primary key is undone to the same number of equal rows."""
    world.do("CREATE TABLE plain (x INTEGER)", "INSERT INTO plain VALUES (1), (1), (2)")

    call = kit(sql(world.url)).run(
        "write_frame", table="plain", frame=pd.DataFrame({"x": [1, 3]}), if_exists="append"
    )
    assert call.probe()
    call.undo()

    assert sorted(world.rows("SELECT x FROM plain")) == [(1,), (1,), (2,)]


def test_a_frame_that_does_not_fit_changes_nothing(kit, world) -> None:
    """Unknown columns are named; a replaced table is still there."""
    world.do(ORDERS, FILL)
    start = orders(world)

    with pytest.raises(Refused, match="no column colour"):
        kit(sql(world.url)).run(
            "write_frame",
            table="orders",
            frame=pd.DataFrame({"colour": ["red"]}),
            if_exists="replace",
        )
    assert orders(world) == start


def test_a_row_with_children_is_not_deleted(kit, world) -> None:
    """Foreign keys hold on SQLite too, so a deletion leaves no orphans."""
    world.do(
        ORDERS,
        FILL,
        "CREATE TABLE lines (id INTEGER PRIMARY KEY, orders_id INT REFERENCES orders(id))",
        "INSERT INTO lines VALUES (1, 1)",
    )

    with pytest.raises((Refused, Failed), match=r"(?i)foreign key"):
        kit(sql(world.url)).run("delete_rows", table="orders", where={"id": 1})
    assert len(world.rows("SELECT * FROM orders")) == 3


@pytest.mark.postgres
def test_a_table_in_another_schema_is_named_with_a_dot(kit, postgres) -> None:
    """`schema.table` is found, changed and restored on PostgreSQL."""
    postgres.do('CREATE SCHEMA "My Shop"', 'CREATE TABLE "My Shop"."T" (id INT PRIMARY KEY, v INT)')

    call = kit(sql(postgres.url)).run("insert_rows", table="My Shop.T", rows=[{"id": 1, "v": 2}])
    assert postgres.rows('SELECT * FROM "My Shop"."T"') == [(1, 2)]
    call.undo()

    assert postgres.rows('SELECT * FROM "My Shop"."T"') == []


def test_a_locked_database_is_an_error_not_a_hang(kit, world, monkeypatch) -> None:
    """Somebody else's open transaction makes the call fail in bounded time, changing nothing."""
    monkeypatch.setattr("workbench.toolkit.database.place.BUSY_S", 0.2)
    world.do(ORDERS, FILL)
    shop = kit(sql(world.url))
    with world.locked("orders"), pytest.raises(Failed, match=r"lock") as caught:
        shop.run("delete_rows", table="orders", where={"id": 1})

    assert caught.value.happened is False
    assert len(world.rows("SELECT * FROM orders")) == 3
