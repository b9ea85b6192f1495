"""The artifacts: bytes too large or too live for a line, stored once under their digest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, bindparam, select

from workbench.errors import JournalTampered, NotFound
from workbench.ids import digest_bytes
from workbench.journal import schema as t
from workbench.journal.prepared import Change, Value

PUT = Change(t.artifacts.insert(), "on conflict (digest) do nothing")
GET = Value(select(t.artifacts.c.content).where(t.artifacts.c.digest == bindparam("digest")))
REMOVE = Change(t.artifacts.delete().where(t.artifacts.c.digest == bindparam("gone")))


def put(connection: Connection, artifacts: Mapping[str, bytes]) -> None:
    """Store those that are not there; in one order, so that no two processes block each other."""
    for digest, content in sorted(artifacts.items()):
        PUT(connection, digest=digest, size=len(content), content=content)


def get(connection: Connection, digest: str) -> bytes:
    """Read the bytes of an artifact.

    Raises:
        NotFound: it is not in this journal.
        JournalTampered: its bytes are not those that it is named by.
    """
    content = GET(connection, digest=digest)
    if content is None:
        raise NotFound(f"The journal has no artifact {digest[:12]}.", artifact=digest)
    if digest_bytes(bytes(content)) != digest:
        raise JournalTampered(
            f"The artifact {digest[:12]} was changed.",
            "Restore the journal from a copy.",
            artifact=digest,
        )
    return bytes(content)


def remove(connection: Connection, digests: Iterable[str]) -> None:
    """Remove these."""
    for digest in sorted(digests):
        REMOVE(connection, gone=digest)


def missing(connection: Connection, digests: Iterable[str]) -> set[str]:
    """Give those that are not there."""
    wanted = set(digests)
    if not wanted:
        return wanted
    there = select(t.artifacts.c.digest).where(t.artifacts.c.digest.in_(sorted(wanted)))
    return wanted - set(connection.execute(there).scalars())
