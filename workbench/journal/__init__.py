"""The journal: append-only truth in SQLite or PostgreSQL, with one writer per run."""

from workbench.journal.chain import Chain
from workbench.journal.journal import Journal
from workbench.journal.lease import Lease
from workbench.journal.rows import Batch, CommandRow, Line, RunRow

__all__ = ["Batch", "Chain", "CommandRow", "Journal", "Lease", "Line", "RunRow"]
