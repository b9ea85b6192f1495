"""The freezes in force, as a page is told of them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from workbench.errors import JournalTampered
from workbench.report.rows import iso

if TYPE_CHECKING:
    from workbench.journal import Journal
    from workbench.journal.standing import StandingRule


class Freezes:
    """Follows the freezes of a journal; reads them only when its rules have changed."""

    def __init__(self, journal: Journal) -> None:
        """Read nothing yet."""
        self._journal = journal
        self._standing: list[StandingRule] = []
        self.revision = 0
        """Of the rules that were read; 0: there never was one."""

    def read(self) -> None:
        """Look whether there are others; of rules that were tampered with, the last known count."""
        revision = self._journal.rules_revision()
        if revision == self.revision:
            return
        self.revision = revision
        with suppress(JournalTampered):
            self._standing = standing_freezes(self._journal)

    @property
    def tools(self) -> set[str]:
        """Names of tools that they speak of."""
        return {one.rule.tool for one in self._standing} - {"*"}

    def rows(self) -> list[dict[str, Any]]:
        """Give them, the oldest first."""
        return [freeze_row(one) for one in self._standing]


def standing_freezes(journal: Journal) -> list[StandingRule]:
    """Give the freezes of a journal that nobody has lifted, the oldest first.

    Raises:
        JournalTampered: the rules are not what was written.
    """
    return [one for one in journal.rules()[1] if one.rule.freeze and not one.lifted_by]


def freeze_row(one: StandingRule) -> dict[str, Any]:
    """Give a freeze as a page is told of it."""
    return {
        "id": one.id,
        "what": one.rule.frozen,
        "tool": one.rule.tool if one.rule.frozen == "tool" else "",
        "why": one.rule.why,
        "by": one.by,
        "at": iso(one.at) or "",
    }
