"""A run in one file: for another machine, and for a test that replays it.

The file is a gzip of JSON lines and holds no path and no code. It is read as coming from a
stranger: its size is bounded, every event is held against the hash chain and every value against
its digest, and nothing is written anywhere. Who knows the head of the chain from elsewhere can
demand it; without that, a file that was made up as a whole is sound in itself.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import TypeAdapter

from workbench import events as e
from workbench.commands import AnyCommand, Command
from workbench.errors import JournalError, NotFound, RecordingError
from workbench.events import Record, load
from workbench.grants import Rule
from workbench.ids import digest_bytes, new_id
from workbench.journal import Journal, lines
from workbench.journal.chain import GENESIS, link
from workbench.journal.times import from_us, to_us
from workbench.replay.course import Course, RuleSet
from workbench.replay.facts import ToolFacts

FORMAT, VERSION = "workbench-run", 1
SUFFIX = ".wbrun"
MAX_BYTES = 512 * 1024 * 1024
"""Bytes of a file, unpacked, that are read at most."""
MAX_LINE = 256 * 1024 * 1024
RULES: TypeAdapter[Rule] = TypeAdapter(Rule)


def write_file(path: Path, course: Course, journal: Journal) -> Path:
    """Write a run, its values and what its tools declare; all of it, or nothing.

    Raises:
        JournalError: the journal cannot be read.
    """
    beside = path.with_name(f"{path.name}.{new_id('part')}")
    try:
        with beside.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
            total = hashlib.sha256()
            for item in _items(course, journal):
                line = json.dumps(item, ensure_ascii=False, separators=(",", ":")) + "\n"
                content = line.encode("utf-8", "surrogatepass")
                total.update(content)
                packed.write(content)
            packed.write(json.dumps({"end": total.hexdigest()}).encode() + b"\n")
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    return path


def _items(course: Course, journal: Journal) -> Iterator[dict[str, Any]]:
    yield {
        "format": FORMAT,
        "version": VERSION,
        "run": course.run,
        "head": course.head,
        "events": len(course.records),
    }
    for run in (course.run, *course.others):
        for row in journal.read(partial(lines.raw, run=run)):
            yield {"event": [run, row.at_us, row.epoch, row.kind, row.body, row.hash]}
    for order in course.orders:
        yield {"order": order.model_dump_json()}
    for facts in course.tools.values():
        yield {"tool": facts.model_dump(mode="json", exclude_defaults=True)}
    for rule in course.rules:
        lifted = None if rule.lifted is None else to_us(rule.lifted)
        body = RULES.dump_json(rule.rule).decode()
        yield {"rule": [rule.id, body, rule.by, to_us(rule.at), lifted]}
    for name in sorted(course.digests()):
        with contextlib.suppress(NotFound):
            yield {"value": [name, base64.b64encode(course.artifact(name)).decode()]}


def read_file(path: Path, *, head: str | None = None, max_bytes: int = MAX_BYTES) -> Course:
    """Read a run from a file.

    Args:
        path: the file.
        head: the hash that its chain must end with, known from elsewhere.
        max_bytes: what it may hold at most, unpacked.

    Raises:
        NotFound: there is no such file.
        RecordingError: it is none, was damaged or changed, or is too large.
    """
    try:
        with path.open("rb") as raw:
            course = _read(_lines(raw, path, max_bytes), path)
    except FileNotFoundError as error:
        raise NotFound(f"There is no run and no file {str(path)!r}.") from error
    except (OSError, EOFError, zlib.error) as error:
        raise _bad(path, f"it cannot be unpacked: {error}") from error
    except (
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        JournalError,
        RecursionError,
        AttributeError,
    ) as error:
        raise _bad(path, f"a line of it makes no sense: {error}") from error
    if head is not None and course.head != head:
        raise _bad(path, f"its chain ends with {course.head[:12]}…, and {head[:12]}… was demanded")
    return course


def _lines(raw: BinaryIO, path: Path, max_bytes: int) -> Iterator[bytes]:
    """Give the lines of a file, up to a bound and no further; the last one names the others."""
    total, read, ended = hashlib.sha256(), 0, False
    with gzip.GzipFile(fileobj=raw, mode="rb") as packed:
        while line := packed.readline(min(MAX_LINE, max_bytes - read) + 1):
            read += len(line)
            if read > max_bytes or len(line) > MAX_LINE:
                raise _bad(path, f"it holds more than {max_bytes:,} bytes")
            if ended:
                raise _bad(path, "something stands behind its end")
            if line.startswith(b'{"end"'):
                ended = json.loads(line)["end"] == total.hexdigest()
                if not ended:
                    raise _bad(path, "it was changed: its last line does not fit the others")
                continue
            total.update(line)
            yield line
    if not ended:
        raise _bad(path, "it breaks off")


def _read(found: Iterator[bytes], path: Path) -> Course:  # noqa: C901 - one case for each kind
    first = json.loads(next(found, b"{}"))
    if first.get("format") != FORMAT:
        raise _bad(path, "it is no run of a workbench")
    if first.get("version") != VERSION:
        raise _bad(path, f"its version is {first.get('version')}, and this one reads {VERSION}")
    runs: dict[str, list[Record]] = {str(first["run"]): []}
    orders: list[Command] = []
    tools: dict[str, ToolFacts] = {}
    rules: list[RuleSet] = []
    values: dict[str, bytes] = {}
    for line in found:
        ((kind, item),) = json.loads(line).items()
        match kind:
            case "event":
                _add_event(runs, item, path)
            case "order":
                orders.append(AnyCommand.validate_json(item))
            case "tool":
                facts = ToolFacts.model_validate(item)
                tools[facts.name] = facts
            case "rule":
                rules.append(_rule(item))
            case "value":
                values[str(item[0])] = _value(item, path)
            case _:
                raise _bad(path, f"it holds something of the unknown kind {kind!r}")
    run = str(first["run"])
    records = tuple(runs.pop(run))
    if not records or not isinstance(records[0].event, e.RunCreated):
        raise _bad(path, "it does not begin with the event that makes a run")
    if len(records) != first["events"] or records[-1].hash != first["head"]:
        raise _bad(path, "events are missing at its end")
    others = {name: tuple(found) for name, found in runs.items()}
    kept = _Values(values)
    return Course(run, records, tuple(orders), tools, others, tuple(rules), artifact=kept)


class _Values:
    """Values of a file, by digest."""

    def __init__(self, values: Mapping[str, bytes]) -> None:
        self._values = values

    def __call__(self, digest: str) -> bytes:
        if digest not in self._values:
            raise NotFound(f"The file has no artifact {digest[:12]}.", artifact=digest)
        return self._values[digest]


def _add_event(runs: dict[str, list[Record]], item: list[Any], path: Path) -> None:
    run, at_us, epoch, kind, body, shown = item
    records = runs.setdefault(run, [])
    before, seq = records[-1].hash if records else GENESIS, len(records) + 1
    if link(before, run, seq, at_us, epoch, kind, body) != shown:
        raise _bad(path, f"event {seq} of {run} was changed, removed or added")
    records.append(Record(run, seq, from_us(at_us), epoch, load(kind, body), shown))


def _rule(item: list[Any]) -> RuleSet:
    name, body, by, at_us, lifted_us = item
    lifted: datetime | None = None if lifted_us is None else from_us(lifted_us)
    return RuleSet(str(name), RULES.validate_json(body), str(by), from_us(at_us), lifted)


def _value(item: list[Any], path: Path) -> bytes:
    try:
        content = base64.b64decode(item[1], validate=True)
    except binascii.Error as error:
        raise _bad(path, f"a value cannot be read: {error}") from error
    if digest_bytes(content) != item[0]:
        raise _bad(path, f"the value {str(item[0])[:12]} is not the one that it is named by")
    return content


def _bad(path: Path, why: str) -> RecordingError:
    return RecordingError(
        f"{path.name} cannot be used: {why}.",
        "Export the run again: run.export(path).",
        file=str(path),
    )
