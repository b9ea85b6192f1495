"""What a fork would share, do anew, and leave in the world as it is."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.undo import UndoReport
from workbench.values.said import Said


@dataclass(frozen=True)
class ForkPreview(Said):
    """What a fork at a place would come to; nothing was made.

    `run.fork_preview()` gives it, for the same arguments as `run.fork()`.
    """

    run: str
    at: int
    """Place in the journal of that run."""
    shared: tuple[str, ...]
    """Steps that are done in the fork, too, with the same outputs."""
    given: tuple[str, ...]
    """Steps whose outputs are corrected, or written in the plan."""
    skipped: tuple[str, ...]
    anew: tuple[str, ...]
    """Steps that the fork does itself."""
    asked: tuple[str, ...]
    """Steps of calls that have happened by then, or may have, and that the fork does not share: it
    asks before it makes the same call once more."""
    stays: UndoReport
    """What the run changed in the world behind the place, as a rollback of it to there would undo
    it. It stays, and the fork asks nothing about it."""

    @property
    def again(self) -> tuple[str, ...]:
        """Steps that change the world behind the place, and that the fork does once more."""
        behind = {row.step for row in self.stays}
        return tuple(step for step in self.anew if step in behind)

    def __str__(self) -> str:
        """Say it, one effect a line."""
        lines = [f"A fork of {self.run} at event {self.at}:"]
        for word, steps in (
            ("shared", self.shared),
            ("with the outputs given", self.given),
            ("skipped", self.skipped),
            ("anew", self.anew),
            ("asked about before the same call is made again", self.asked),
        ):
            if steps:
                lines.append(f"  {word}: {', '.join(steps)}")
        if not len(self.stays):
            lines.append("  The run has changed nothing in the world behind that place.")
            return "\n".join(lines)
        lines.append("  What the run changed behind that place stays, and nothing asks about it:")
        for row in self.stays:
            again = ", and the fork does this step once more" if row.step in self.anew else ""
            can = "could be undone" if row.outcome.startswith("undone") else "cannot be undone"
            lines.append(f"    {row.step}: {row.tool} {row.what}: {can}{again}")
        lines.append(f"  To take that back first: run.rollback(to={self.at}).")
        return "\n".join(lines)
