"""The rows of runs: made once for each key, listed, and held by one owner at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update

from workbench.errors import LeaseLost, NotFound
from workbench.journal import schema as t
from workbench.journal.lease import LEASE_S, Lease, is_dead
from workbench.journal.lines import INSERT_EVENT
from workbench.journal.prepared import Prepared
from workbench.journal.rows import Line, RunRow
from workbench.journal.times import from_us, to_us

MAKE = Prepared(t.runs.insert(), "on conflict (key) do nothing")
BY_KEY = Prepared(select(t.runs.c.id).where(t.runs.c.key == bindparam("of_key")))
BY_ID = Prepared(select(t.runs).where(t.runs.c.id == bindparam("run")))
ALL = Prepared(select(t.runs).order_by(t.runs.c.created_us.desc(), t.runs.c.id))
TAKE = Prepared(
    update(t.runs)
    .where(t.runs.c.id == bindparam("run"), t.runs.c.epoch == bindparam("known"))
    .values({name: bindparam(name) for name in ("epoch", "owner", "lease_until_us")})
)
KEEP = Prepared(
    update(t.runs)
    .where(
        t.runs.c.id == bindparam("run"),
        t.runs.c.epoch == bindparam("known"),
        t.runs.c.owner == bindparam("holder"),
    )
    .values(
        owner=func.coalesce(bindparam("keeper"), t.runs.c.owner),
        lease_until_us=bindparam("lease_until_us"),
    )
)
