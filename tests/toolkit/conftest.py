"""What the toolkit tests share: a journaled call without an engine, and a real PostgreSQL."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from workbench.tools import Happened, Key, Tool
from workbench.values import decode, encode

_keys = itertools.count(1)


def through_disk(value: Any) -> Any:
    """Give a value as it comes back from the journal."""
    stored, content = encode(value)
    return decode(stored, lambda _: content or b"")


class Call:
    """One call as the runtime makes it: before-image and arguments pass through the disk's form."""

    def __init__(self, tool: Tool, args: dict[str, Any]) -> None:
        self.tool, self.args, self.key = tool, args, Key(f"key-{next(_keys):04}")
        self.output: Any = None
        self.before: Any = None

    def prepare(self) -> Call:
        self.bound = self.tool.bind(self.args)
        if self.tool.before is not None:
            available = {**self.bound, "key": self.key}
            read = self.tool.before(**self.tool.companion_args(self.tool.before, available))
            self.before = through_disk(read)
        return self

    def run(self) -> Call:
        keys = dict.fromkeys(self.tool.signature.keys, self.key)
        self.output = through_disk(self.tool(**self.tool.bind(self.args), **keys))
        return self

    def undo(self, **lost: Any) -> Any:
        """Undo it, with arguments bound anew as after a restart; `result=None`: outcome lost."""
        assert self.tool.undo is not None
        return self.tool.undo(**self._companion(self.tool.undo, lost))

    def probe(self) -> bool:
        assert self.tool.probe is not None
        answer = self.tool.probe(**self._companion(self.tool.probe, {"result": None}))
        if isinstance(answer, Happened):
            self.found = through_disk(answer.output)
        return bool(answer)

    def preview(self) -> str:
        assert self.tool.preview is not None
        bound = self.tool.bind(self.args)
        return str(self.tool.preview(**self.tool.companion_args(self.tool.preview, bound)))

    def _companion(self, companion: Callable[..., Any], lost: dict[str, Any]) -> dict[str, Any]:
        own = {"result": self.output, "before": self.before, "key": self.key}
        available = {**self.tool.bind(self.args), **own, **lost}
        return self.tool.companion_args(companion, available)


class Kit:
    """A family of tools, to be called by name."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self.tools = {tool.name: tool for tool in tools}

    def prepare(self, name: str, /, **args: Any) -> Call:
        """Get ready for a call: the before-image is taken, nothing has happened."""
        return Call(self.tools[name], args).prepare()

    def run(self, name: str, /, **args: Any) -> Call:
        """Make a call, before-image and all."""
        return self.prepare(name, **args).run()

    def preview(self, name: str, /, **args: Any) -> str:
        return Call(self.tools[name], args).preview()

    def get(self, name: str, /, **args: Any) -> Any:
        """Make a call and give what it gives."""
        return self.run(name, **args).output


@pytest.fixture
def kit() -> type[Kit]:
    return Kit


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request, tmp_path):
    """An empty database of each kind: its address."""
    if request.param == "postgres":
        return request.getfixturevalue("postgres_url")
    (tmp_path / "world.db").touch()
    return f"sqlite:///{tmp_path / 'world.db'}"


class World:
    """The database as somebody else sees it: plain statements on a connection of their own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._engine = sa.create_engine(url, poolclass=NullPool)

    def do(self, *statements: str) -> None:
        with self._engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Hold a writing transaction open."""
        with self._engine.begin() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.exec_driver_sql(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            yield

    def state(self) -> str:
        """Name the content of all tables, to the last bit and with every type."""
        tables = sorted(sa.inspect(self._engine).get_table_names())
        content = {t: sorted(map(repr, self.rows(f'SELECT * FROM "{t}"'))) for t in tables}
        return hashlib.sha256(repr(content).encode()).hexdigest()


@pytest.fixture
def world(database) -> World:
    return World(database)


@pytest.fixture
def postgres(postgres_url) -> World:
    return World(postgres_url)
