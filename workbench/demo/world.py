"""A small world to act in: a folder with a file of real figures, a database and a mail server."""

from __future__ import annotations

import email.policy
import shutil
import sqlite3
import tempfile
from contextlib import closing
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import TYPE_CHECKING, Self

from workbench.demo.folder import remove, take
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.demo.post import Post


class World:
    """A folder with `gapminder.csv`, `world.db` and `outbox/`, and a mail server on loopback.

        with World() as world:
            bench = wb.Workbench(world.journal, tools=tools(world))

    Args:
        folder: where; it is made when it is not there, and one that is there is gone on with, as
            after a restart. None: a temporary folder, deleted by `close`.
        fresh: delete what an earlier story left in the folder.

    Raises:
        WorkbenchError: the folder holds something else.
    """

    def __init__(self, folder: Path | str | None = None, *, fresh: bool = False) -> None:
        """Make the files; the mail server starts with `start`."""
        self.temporary = folder is None
        if folder is None:
            folder = tempfile.mkdtemp(prefix="workbench-demo-")
        self.folder = Path(folder).expanduser().resolve()
        self.csv = self.folder / "gapminder.csv"
        self.database = self.folder / "world.db"
        self.outbox = self.folder / "outbox"
        self.report = self.folder / "report.md"
        self.journal = self.folder / "runs.db"
        self._post: Post | None = None
        if fresh:
            self.remove()
        self._make()

    @property
    def port(self) -> int:
        """The port of the mail server.

        Raises:
            WorkbenchError: it is not started.
        """
        if self._post is None:
            raise WorkbenchError(
                "The mail server of this world is not started.", "Call world.start() first."
            )
        return int(self._post.port)

    @property
    def mails(self) -> list[EmailMessage]:
        """Every mail that was ever sent here, oldest first, read from the outbox."""
        parser = BytesParser(EmailMessage, policy=email.policy.default)
        return [parser.parsebytes(path.read_bytes()) for path in sorted(self.outbox.glob("*.eml"))]

    def was_sent(self, message_id: str) -> bool:
        """Say whether a mail with this Message-ID is in the outbox; the mail tool's probe."""
        return any(str(mail["Message-ID"]).strip() == message_id for mail in self.mails)

    def count_rows(self, table: str) -> int:
        """Count the rows of a table of the database; 0 when there is no such table."""
        with closing(sqlite3.connect(self.database)) as connection:
            there = connection.execute(
                "select count(*) from sqlite_schema where type = 'table' and name = ?", (table,)
            ).fetchone()[0]
            if not there:
                return 0
            quoted = table.replace('"', '""')
            found = connection.execute(f'select count(*) from "{quoted}"')  # noqa: S608 - quoted
            return int(found.fetchone()[0])

    def start(self) -> Self:
        """Start the mail server on a free port; gives the world itself.

        Raises:
            WorkbenchError: aiosmtpd is not installed.
        """
        if self._post is None:
            try:
                from workbench.demo.post import Post
            except ModuleNotFoundError as error:
                raise WorkbenchError(
                    "The story's mail server needs aiosmtpd, which is not installed.",
                    "Install it: pip install 'jupyter-agent-workbench[demo]'.",
                ) from error
            self._post = Post(self.outbox)
            self._post.start()
        return self

    def close(self) -> None:
        """Stop the mail server; a temporary folder is deleted."""
        if self._post is not None:
            self._post.stop()
            self._post = None
        if self.temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def remove(self) -> None:
        """Stop the mail server and delete the folder with all that is in it."""
        self.close()
        remove(self.folder)

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(self, *_error: object) -> None:
        """Stop it."""
        self.close()

    def __repr__(self) -> str:
        """Say what is there; the same text for the same state, wherever the folder is."""
        mails = len(list(self.outbox.glob("*.eml")))
        return (
            f"<World {self.folder.name}: gapminder.csv, world.db, "
            f"{mails} mail{'' if mails == 1 else 's'} in outbox>"
        )

    def _make(self) -> None:
        take(self.folder)
        try:
            self.outbox.mkdir(exist_ok=True)
            if not self.csv.exists():
                _write_gapminder(self.csv)
            self.database.touch()
        except OSError as error:
            raise WorkbenchError(
                f"The folder {self.folder} cannot be used: {error.strerror or error}.",
                "Choose a place where you may write.",
            ) from error


def _write_gapminder(path: Path) -> None:
    """Write the figures that ship inside plotly: 142 countries, 12 years from 1952 to 2007."""
    import plotly.data

    fresh = path.with_suffix(".new")
    plotly.data.gapminder().to_csv(fresh, index=False, lineterminator="\n")
    fresh.replace(path)
