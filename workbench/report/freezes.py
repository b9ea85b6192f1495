"""The freezes in force, as a page is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import JournalTampered
from workbench.report.rows import iso
from workbench.report.words import one_line

if TYPE_CHECKING:
    from workbench.journal import Journal
    from workbench.journal.standing import StandingRule


class Freezes:
    """Follows the freezes of a journal; reads them only when its rules have changed."""

    def __init__(self, journal: Journal) -> None:
        """Read nothing yet."""
        self._journal = journal
        self._standing: list[StandingRule] = []
        self.revision = -1
        """Of the rules that were read; 0: there never was one; -1: nothing was read yet."""
        self._fault = ""

    def read(self) -> None:
        """Look whether there are others; of rules that were tampered with, the last known count."""
        revision = self._journal.rules_revision()
        if revision == self.revision:
            return
        self.revision = revision
        try:
            self._standing, self._fault = standing_freezes(self._journal), ""
        except JournalTampered as error:
            self._fault = str(error)

    @property
    def tools(self) -> set[str]:
        """Names of tools that they speak of."""
        return {one.rule.tool for one in self._standing} - {"*"}

    def rows(self) -> list[dict[str, Any]]:
        """Give them, the oldest first."""
        return [freeze_row(one) for one in self._standing]

    def lines(self) -> list[str]:
        """Say of each what it holds, by whom, why, and how it is lifted."""
        unknown = [f"Not known what is frozen: {self._fault}"] if self._fault else []
        return [*unknown, *map(_said, self._standing)]


def freezes_of(journal: Journal) -> Freezes:
    """Give the freezes of a journal as they stand now."""
    found = Freezes(journal)
    found.read()
    return found


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


def _said(one: StandingRule) -> str:
    what = str(one.rule).removeprefix("freeze: ")
    facts = [f"by {one_line(one.by, 60)}"] if one.by else []
    facts += [one_line(one.rule.why, 200)] if one.rule.why else []
    why = f" ({': '.join(facts)})" if facts else ""
    return f"Frozen in every run: {what}{why}. To lift it: unfreeze {one.id}"
