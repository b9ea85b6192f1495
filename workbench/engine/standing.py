"""The rules that stand for every run of a journal, as this process knows them."""

from __future__ import annotations

from workbench.grants import Rule
from workbench.journal import Journal


class Standing:
    """A copy of the journal's rules; what an append sees of a newer revision makes it old."""

    def __init__(self, journal: Journal) -> None:
        """Know nothing yet: what decides reads them first."""
        self._journal = journal
        self.revision = -1
        """Of the rules in the journal that these are; -1: they were not read yet."""
        self.rules: list[tuple[str, Rule]] = []
        """Those that stand, each with where it is found."""
        self._of_files: list[tuple[str, Rule]] = []
        self._of_journal: list[tuple[str, Rule]] = []

    def load(self) -> None:
        """Read them; may be called from any thread."""
        revision, history = self._journal.rules()
        found = [(_where(rule.id), rule.rule) for rule in history if not rule.lifted_by]
        self._of_journal = found
        self.rules, self.revision = [*self._of_files, *found], revision

    def beside(self, rule_id: str) -> list[Rule]:
        """Give the rules that stand, without the one of this id."""
        return [rule for where, rule in self.rules if where != _where(rule_id)]

    def set_files(self, rules: list[tuple[str, Rule]]) -> None:
        """Take the rules of files that hold for this process, beside those of the journal."""
        self._of_files = rules
        self.rules = [*rules, *self._of_journal]


def _where(rule_id: str) -> str:
    return f"the journal as {rule_id}"
