"""From a variable to what is stored of it, and back, as what it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from workbench.capture.bounds import Bounds, in_words
from workbench.capture.frames import differs, leaves_out, put_back
from workbench.capture.marks import Hash, frame_mark
from workbench.capture.trees import FindClass, TreeReader, TreeWriter, name_of
from workbench.capture.unchanged import is_frame
from workbench.errors import ValueNotStorable
from workbench.events.variables import CapturedVariable
from workbench.ids import digest, digest_bytes
from workbench.values import Artifact, Stored, summarize
from workbench.values.kinds import Kind, kind_for, kind_of

TREE_MEDIA = "application/vnd.workbench.variable+json"
INLINE = 2048
"""Bytes of JSON up to which a value stands in the event itself."""
SHALLOW = 24
"""Opening brackets up to which it does: an event may not be nested deeply."""


@dataclass
class Written:
    """A variable in its stored form."""

    captured: CapturedVariable
    contents: dict[str, bytes] = field(default_factory=dict)
    """Bytes to be stored, by digest."""


class Form:
    """Reads one value for a capture, within bounds."""

    def __init__(self, value: Any, bounds: Bounds, check: Callable[[], None]) -> None:
        """Prepare; `check` is called now and then, and raises when the time is over.

        Raises:
            ValueNotStorable: it is too large.
        """
        self._value, self._bounds, self._check = value, bounds, check
        self._kind = _whole_kind(value)
        self._contents: dict[str, bytes] = {}
        self._parts: list[Artifact] = []
        self._tree: bytes | None = None
        if self._kind is not None:
            self._refuse_large(value)

    def mark(self) -> str:
        """Say by a hash what the value is now.

        Raises:
            ValueNotStorable: it cannot be captured.
        """
        value, hashed = self._value, Hash(check=self._check)
        if self._kind is None:
            return digest_bytes(self._written())
        hashed.text(name_of(type(value)))
        if is_frame(value):
            frame_mark(hashed, value, self._plain)
        elif self._kind.module == "numpy":
            hashed.array(value, self._plain)
        elif self._kind.module == "plotly":
            hashed.text(digest(json.loads(self._dumped(self._kind, value))))
        else:
            hashed.bytes(self._dumped(self._kind, value))
        return hashed.digest()

    def write(self) -> Written:
        """Give the stored form.

        Raises:
            ValueNotStorable: it cannot be captured, or would not come back as what it is.
        """
        kind, value = self._kind, self._value
        named = name_of(type(value))
        if kind is None:
            return self._plain_form(named)
        content = self._dumped(kind, value)
        if is_frame(value):
            self._refuse_lossy(kind, value, content)
        artifact = Artifact(digest=digest_bytes(content), media=kind.media, size=len(content))
        stored = Stored(artifact=artifact, summary=kind.summarize(value))
        more = leaves_out(value) if is_frame(value) else {}
        # A figure that was read back may write its fields in another order.
        of = digest(json.loads(content)) if kind.module == "plotly" else artifact.digest
        name = digest([named, of, more])
        captured = CapturedVariable(type=named, stored=stored, digest=name, more=more)
        return Written(captured, {artifact.digest: content})

    def _plain_form(self, named: str) -> Written:
        content = self._written()
        name = digest_bytes(content)
        if len(content) <= INLINE and content.count(b"[") + content.count(b"{") <= SHALLOW:
            stored = Stored(value=json.loads(content))
        else:
            artifact = Artifact(digest=name, media=TREE_MEDIA, size=len(content))
            stored = Stored(artifact=artifact, summary=_summary(self._value, named))
            self._contents[name] = content
        captured = CapturedVariable(
            type=named, stored=stored, parts=tuple(self._parts), digest=digest([named, name])
        )
        return Written(captured, self._contents)

    def _written(self) -> bytes:
        """Write the tree of a plain value, once."""
        if self._tree is None:
            tree = TreeWriter(self._bounds.parts, self._keep).write(self._value)
            self._tree = _json(tree)
            self._check()
        return self._tree

    def _keep(self, value: Any) -> dict[str, Any]:
        """Store a live value that stands within the variable."""
        self._check()
        self._refuse_large(value)
        kind = _whole_kind(value)
        if kind is None:
            raise ValueNotStorable(f"values of type {name_of(type(value))} are not captured")
        content = self._dumped(kind, value)
        if is_frame(value):
            self._refuse_lossy(kind, value, content)
        artifact = Artifact(digest=digest_bytes(content), media=kind.media, size=len(content))
        self._contents[artifact.digest] = content
        self._parts.append(artifact)
        more = leaves_out(value) if is_frame(value) else {}
        return {"$live": [artifact.model_dump(), more]}

    def _plain(self, value: Any) -> bytes:
        """Write objects that stand in a frame or an array."""
        return _json(TreeWriter(self._bounds.parts, _refuse_live).write(value))

    def _dumped(self, kind: Kind, value: Any) -> bytes:
        try:
            return kind.dump(value)
        except Exception as error:
            raise ValueNotStorable(f"it has no form on disk: {_first_line(error)}") from error

    def _refuse_large(self, value: Any) -> None:
        size = size_in_memory(value)
        if size > self._bounds.value_bytes:
            most = in_words(self._bounds.value_bytes)
            raise ValueNotStorable(f"it takes {in_words(size)} of memory, more than {most}")

    def _refuse_lossy(self, kind: Kind, value: Any, content: bytes) -> None:
        """Read a frame back: not every frame survives its form on disk."""
        try:
            other = differs(value, put_back(kind.load(content), leaves_out(value)), self._plain)
        except ValueNotStorable:
            raise
        except Exception as error:
            raise ValueNotStorable(f"it cannot be read back: {_first_line(error)}") from error
        if other:
            raise ValueNotStorable(f"it would not come back from disk as what it is: {other}")


def read(captured: CapturedVariable, load: Callable[[str], bytes], find: FindClass) -> Any:
    """Give a captured value, as an object that nobody else holds.

    Raises:
        ValueNotStorable: its class is not there, or this version cannot read it.
        NotFound, JournalTampered: its bytes are gone or damaged.
    """

    def live(body: list[Any]) -> Any:
        return _loaded(Artifact(**body[0]), load, body[1])

    artifact = captured.stored.artifact
    if artifact is None:
        return TreeReader(find, live).read(captured.stored.value)
    if artifact.media == TREE_MEDIA:
        return TreeReader(find, live).read(json.loads(load(artifact.digest)))
    return _loaded(artifact, load, captured.more)


def _loaded(artifact: Artifact, load: Callable[[str], bytes], more: dict[str, Any]) -> Any:
    content, kind = load(artifact.digest), kind_for(artifact.media)
    if kind is None:
        raise ValueNotStorable(f"the form {artifact.media!r} is unknown to this version")
    value = kind.load(content)
    if kind.module == "numpy" and not value.flags.writeable:
        value = value.copy()
    return put_back(value, more) if is_frame(value) else value


def size_in_memory(value: Any) -> int:
    """Give the bytes that a live value takes, without reading it."""
    if is_frame(value):
        used = value.memory_usage(index=True, deep=False)
        return int(used.sum() if hasattr(used, "sum") else used)
    found = getattr(value, "nbytes", None)
    if callable(getattr(value, "estimated_size", None)):
        found = value.estimated_size()
    if isinstance(value, (bytes, bytearray, str)):
        found = len(value)
    return int(found) if isinstance(found, int) else 0


def _whole_kind(value: Any) -> Kind | None:
    """Find the kind of a live value of exactly that type: a subclass may hold more."""
    kind = kind_of(value)
    if kind is None or kind.module == "builtins":
        return None
    module, name = type(value).__module__, type(value).__name__
    if kind.module == "plotly":
        exact = name == "Figure" and module.startswith("plotly.")
    else:
        exact = name in kind.names and module.partition(".")[0] == kind.module
    if not exact:
        raise ValueNotStorable(f"values of type {name_of(type(value))} are not captured")
    return kind


def _refuse_live(value: Any) -> dict[str, Any]:
    raise ValueNotStorable(f"it holds values of type {name_of(type(value))}")


def _json(tree: Any) -> bytes:
    return json.dumps(tree, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _summary(value: Any, named: str) -> str:
    if isinstance(value, (list, tuple, set, frozenset, dict)):
        return f"{named} of {len(value):,} items"
    return summarize(str(type(value).__name__)) if not isinstance(value, str) else summarize(value)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".")
