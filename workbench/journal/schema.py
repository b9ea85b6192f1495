"""The tables; times are whole microseconds since 1970 in UTC, so hashes depend on no format."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

FORMAT = "workbench-journal"
VERSION = 3
"""Raised with every change of these tables; an older file is migrated, a newer one refused."""

metadata = MetaData()

meta = Table("wb_meta", metadata, Column("key", String, primary_key=True), Column("value", Text))

runs = Table(
    "wb_runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("key", String, unique=True, nullable=True),
    Column("goal", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("updated_us", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("head", String, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("owner", String, nullable=False),
    Column("lease_until_us", BigInteger, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("open_requests", Integer, nullable=False),
)

events = Table(
    "wb_events",
    metadata,
    Column("run", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("kind", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("hash", String, nullable=False),
)

commands = Table(
    "wb_commands",
    metadata,
    Column(
        "number",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("run", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("error", Text, nullable=False),
    Index("wb_commands_open", "state", "run"),
)

snapshots = Table(
    "wb_snapshots",
    metadata,
    Column("run", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("fold", Integer, nullable=False),
    Column("digest", String, nullable=False),
    Column("body", Text, nullable=False),  # version 1: the whole view; empty since
    Column("frontier", Text, nullable=True),
)

artifacts = Table(
    "wb_artifacts",
    metadata,
    Column("digest", String, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

late_outcomes = Table(
    "wb_late_outcomes",
    metadata,
    Column(
        "number",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("run", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("kind", String, nullable=False),
    Column("body", Text, nullable=False),
)

rules = Table(
    "wb_rules",
    metadata,
    Column(
        "number",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("rule", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("action", String, nullable=False),  # "set" or "lifted": nothing is ever changed
    Column("by", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("hash", String, nullable=False),  # of the row and of the hash before it
)

ledger = Table(
    "wb_ledger",
    metadata,
    Column(
        "number",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("run", String, nullable=False),
    Column("step", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("agent", String, nullable=False),
    Column("on_behalf_of", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("amount", Float, nullable=False),
    Column("state", String, nullable=False),  # "reserved", "settled" or "returned"
    Column("at_us", BigInteger, nullable=False),
    Index("wb_ledger_of_run", "run", "step"),
    Index("wb_ledger_in_time", "unit", "at_us"),
)
