"""Tools on the variables of the user's own notebook."""

from __future__ import annotations

import keyword
from collections.abc import MutableMapping
from typing import Any

import pandas as pd

from workbench.errors import ValueNotStorable
from workbench.ids import canonical, digest_bytes
from workbench.toolkit.faults import Refused, TooLarge, changed
from workbench.toolkit.run_code import run_code
from workbench.toolkit.seen import NO_KEY
from workbench.tools import Happened, Key, Tool, tool
from workbench.values import encode
from workbench.values.codec import decode

ABSENT = {"workbench.notebook": "absent"}
"""The before-image of a variable that was not there."""
IN_MEMORY = {"workbench.notebook": "kept in memory only"}
"""The before-image of a value that has no lossless form on disk."""

_MISSING = object()
KEY = "variable:"
KEPT = 32
"""Calls whose old and new values are held in memory, so that an undo restores the very object."""


IMAGE_LIMIT = 64 * 1024 * 1024


def notebook(
    namespace: MutableMapping[str, Any], *, pure: bool = False, image_limit: int = IMAGE_LIMIT
) -> list[Tool]:
    """Make the tools for a namespace, such as IPython's `user_ns`.

    Args:
        namespace: the variables; they live in this process only.
        pure: declare that code given to `run_python` only computes. Code can do anything, so
            without this promise of the caller it counts as irreversible and is asked about.
        image_limit: bytes of an old value that are kept for an undo at most; a call that would
            replace a larger one is asked about, as one that cannot be undone.
    """
    own = Variables(namespace, image_limit)
    return [
        tool(effect="read")(own.get_variable),
        tool(
            effect="reversible",
            idempotent=True,
            undo=own.undo_set,
            probe=own.is_set,
            preview=own.preview_set,
            before=own.old_value,
            writes=lambda name, **_: [KEY + name],
            version=own.version,
        )(own.set_variable),
        tool(effect="pure" if pure else "irreversible", preview=own.preview_run)(own.run_python),
    ]


class Variables:
    """The tools of `notebook(…)`."""

    def __init__(self, namespace: MutableMapping[str, Any], image_limit: int = IMAGE_LIMIT) -> None:
        self.namespace, self.image_limit = namespace, image_limit
        self._old: dict[str, Any] = {}
        self._new: dict[str, tuple[Any, str | None]] = {}

    def get_variable(self, name: str) -> Any:
        """Read a variable of the notebook."""
        return self._value(_checked(name))

    def set_variable(self, name: str, value: Any, key: Key = NO_KEY) -> str:
        """Set a variable of the notebook; gives its name."""
        if key in self._old and self.namespace.get(name, _MISSING) is not self._old[key]:
            current = self.namespace.get(name, _MISSING)
            if not self._is_ours(current, value, key):
                raise changed(f"The variable {name!r}")
        self.namespace[_checked(name)] = value
        if key:
            _hold(self._new, key, (value, _version(value)))
        return name

    def old_value(self, name: str, key: str = "") -> Any:
        """Read what the call will replace."""
        current = self.namespace.get(_checked(name), _MISSING)
        if key:
            _hold(self._old, key, current)
        if current is _MISSING:
            return ABSENT
        if (size := _size(current)) > self.image_limit:
            cure = "Take a part of it, or raise image_limit in notebook(…)."
            raise TooLarge.of(size, self.image_limit, next_step=cure)
        return current if _is_lossless(current) else IN_MEMORY

    def is_set(
        self, name: str, value: Any, key: str = "", result: Any = None
    ) -> Happened | bool | None:
        """Say whether the variable has this value; None: a call that is over found it so."""
        if result is not None and key in self._old and self._is_ours(self._old[key], value, key):
            return None
        ours = self._is_ours(self.namespace.get(name, _MISSING), value, key)
        return Happened(output=name) if ours else False

    def undo_set(self, name: str, value: Any, before: Any, key: str = "") -> str:
        """Give the variable its old value back, or remove it."""
        current = self.namespace.get(name, _MISSING)
        old = self._old.get(key, _MISSING if _is_marker(before, ABSENT) else before)
        if current is old or (_version(current) is not None and _version(current) == _version(old)):
            return f"{name} is as it was before; nothing to do"
        if not self._is_ours(current, value, key):
            raise changed(f"The variable {name!r}")
        if old is _MISSING:
            del self.namespace[name]
            return f"removed {name}, which was not there before"
        if _is_marker(old, IN_MEMORY):
            raise Refused(
                f"The old value of {name!r} lived only in a kernel that has ended.",
                "Run the cell again that made it.",
            )
        self.namespace[name] = old
        return f"restored {name}"

    def version(self, key: str) -> str | None:
        """Give something that differs when the variable was changed by hand; None: it is not there.

        A frame is known by its shape, columns and cells, another value by its content, or else by
        the very object.
        """
        current = self.namespace.get(key.removeprefix(KEY), _MISSING)
        if current is _MISSING:
            return None
        return _frame_version(current) or _version(current) or f"object {id(current)}"

    def preview_set(self, name: str, value: Any) -> str:
        """Show the old and the new value in short."""
        current = self.namespace.get(_checked(name), _MISSING)
        old = "is new" if current is _MISSING else f"was {_short(current)}"
        return f"{name} {old}; would be {_short(value)}"

    def run_python(
        self, code: str, uses: list[str] | None = None, makes: str | list[str] = "result"
    ) -> Any:
        """Run Python code on copies of variables; the notebook's own variables stay as they are.

        Args:
            code: the code; it sees only the variables named in `uses`.
            uses: variables of the notebook that it needs.
            makes: the variable that it makes, whose value is given; with a list, a dict of them.
        """
        inputs = {name: self._value(_checked(name)) for name in uses or []}
        return run_code(code, inputs, makes)

    def preview_run(
        self, code: str, uses: list[str] | None = None, makes: str | list[str] = "result"
    ) -> str:
        """Show the code; what it does to the world cannot be told beforehand."""
        known = ", ".join(f"{n} = {_short(self._value(_checked(n)))}" for n in uses or [])
        named = makes if isinstance(makes, str) else ", ".join(makes)
        head = "would run this code, which could do anything"
        return f"{head}; uses: {known or 'nothing'}; makes: {named}\n\n{code}"

    def _value(self, name: str) -> Any:
        value = self.namespace.get(name, _MISSING)
        if value is _MISSING:
            names = sorted(n for n in self.namespace if not n.startswith("_"))[:20]
            raise Refused(
                f"The notebook has no variable {name!r}.",
                f"Run the cell that makes it. There are: {', '.join(names) or 'none'}.",
            )
        return value

    def _is_ours(self, current: Any, value: Any, key: str) -> bool:
        if current is _MISSING:
            return False
        written, version = self._new.get(key, (value, None))
        if current is not written and key in self._new:
            return False
        wanted = version or _version(value)
        return current is written if wanted is None else _version(current) == wanted


def _checked(name: str) -> str:
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        raise Refused(
            f"{name!r} is no name of a user's variable.",
            "Use letters, digits and underscores, with a letter first.",
        )
    return name


def _is_marker(value: Any, marker: dict[str, str]) -> bool:
    return isinstance(value, dict) and value == marker


def _hold(store: dict[str, Any], key: str, value: Any) -> None:
    store[key] = value
    while len(store) > KEPT:
        del store[next(iter(store))]


def _version(value: Any) -> str | None:
    """Name a value by its content; None when it has no form on disk."""
    try:
        stored, content = encode(value, inline_limit=0)
    except ValueNotStorable:
        return None
    media = stored.artifact.media if stored.artifact else ""
    return f"{type(value).__qualname__} {media} {digest_bytes(content or b'')}"


def _frame_version(value: Any) -> str | None:
    """Name a frame by its columns and cells, without writing it; None when it is none."""
    if not isinstance(value, pd.DataFrame):
        return None
    try:
        cells = pd.util.hash_pandas_object(value, index=True).to_numpy()
    except TypeError:  # a cell that cannot be hashed, such as a list
        return None
    columns = [[str(name), str(dtype)] for name, dtype in value.dtypes.items()]
    named = digest_bytes(canonical([columns, digest_bytes(cells.tobytes())]))
    return f"{' x '.join(map(str, value.shape))} {named}"


def _size(value: Any) -> int:
    """Give the bytes that a value takes, where it says so itself; 0: it does not."""
    if isinstance(value, pd.DataFrame):
        return int(value.memory_usage(deep=True).sum())
    if isinstance(value, pd.Series):
        return int(value.memory_usage(deep=True))
    if isinstance(value, str | bytes | bytearray):
        return len(value)
    size = getattr(value, "nbytes", 0)
    return size if isinstance(size, int) else 0


def _is_lossless(value: Any) -> bool:
    """Say whether the value comes back from disk as what it is."""
    try:
        stored, content = encode(value)
        back = decode(stored, lambda _: content or b"")
    except ValueNotStorable:
        return False
    return type(back) is type(value) and _version(back) == _version(value)


def _short(value: Any) -> str:
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"{type(value).__name__} of {' x '.join(map(str, shape))}"
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:199]}…"  # noqa: PLR2004 - two lines
