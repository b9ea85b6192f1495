"""Who looks through the server, and what of a journal's runs they may know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from workbench.events import RunCreated
from workbench.journal import Journal
from workbench.oversight.terms import Terms, terms_from
from workbench.report.curtain import Curtain, curtain_of
from workbench.whereabouts import Note


class Eyes:
    """What one person may see of one journal.

    They see all if the server's authorizer lets them and the workbench of a run is made for an
    operator. Others see the tools that the run's principal may know; of a principal whose rights
    nobody has said here, none.
    """

    def __init__(self, note: Note, *, sees_all: bool) -> None:
        """Look at a journal as who may, or may not, see all that the server shows."""
        self._note, self._sees_all = note, sees_all

    @cached_property
    def _terms(self) -> Mapping[tuple[str, str], Terms]:
        found = [terms for one in self._note.terms if (terms := terms_from(one)) is not None]
        return {(terms.agent, terms.person): terms for terms in found}

    @property
    def all(self) -> bool:
        """Whether nothing of the journal is hidden from them."""
        return self._sees_all and all(one.viewer == "operator" for one in self._terms.values())

    def terms(self, journal: Journal, run: str) -> Terms | None:
        """Give the terms on which a run acts; None: nobody has said them here."""
        first = journal.records(run, limit=1)
        if not first or not isinstance(event := first[0].event, RunCreated):
            return None
        return self._terms.get((event.agent, event.on_behalf_of))

    def visible(self, journal: Journal, run: str) -> Callable[[str], bool] | None:
        """Give what says whether a tool may be shown; None: all may."""
        if self.all:
            return None
        terms = self.terms(journal, run)
        if terms is None:
            return None if self._sees_all else (lambda _tool: False)
        return None if self._sees_all and terms.viewer == "operator" else terms.rights.knows

    def curtain(self, journal: Journal, run: str) -> Curtain | None:
        """Give what keeps hidden tools from them; None: they see all."""
        visible = self.visible(journal, run)
        if visible is None:
            return None
        return curtain_of(journal.records(run), self._note.tool_map(), visible)

    def text(self, journal: Journal, run: str, text: str) -> str:
        """Take what they may not know out of a text about a run."""
        curtain = self.curtain(journal, run)
        return text if curtain is None else curtain.text(text)
