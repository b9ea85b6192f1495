"""The journal: append-only truth in SQLite or PostgreSQL, with one writer per run."""

from workbench.journal.chain import Chain
from workbench.journal.journal import Batch, CommandRow, Journal, RunRow
from workbench.journal.lease import Lease

__all__ = ["Batch", "Chain", "CommandRow", "Journal", "Lease", "RunRow"]
