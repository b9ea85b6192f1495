"""The sheet that the rules work on: the goal, what is known, and the steps made so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.plan import Ref, find_refs
from workbench.planner.builtin.ask import Dialogue
from workbench.planner.builtin.lexicon import ARTICLES, SILENT
from workbench.planner.builtin.mentions import Names
from workbench.planner.builtin.ports import Port, ToolPorts
from workbench.planner.builtin.reading import Anchor, Clause
from workbench.planner.builtin.words import Token, phrase
from workbench.planner.builtin.workspace import Listing


@dataclass(eq=False)
class Made:
    """A step in the making."""

    id: str
    ports: ToolPorts
    clause: Clause
    anchor: Anchor | None = None
    """None: no word calls for it, another step needs it."""
    args: dict[str, Any] = field(default_factory=dict)
    words: set[int] = field(default_factory=set)
    """Tokens behind it."""
    group: str | None = None
    measure: str | None = None
    columns: tuple[str, ...] | None = None
    """Columns of the frame that it makes; None: not known."""
    doubtful: bool = False
    """A question about its source is open, so that nothing more is asked about it yet."""

    def missing(self, *kinds: str) -> list[Port]:
        """Give the inputs of these kinds that have no argument yet."""
        return [p for p in self.ports.inputs if p.kind in kinds and p.name not in self.args]

    def fits(self, port: Port, value: Any) -> bool:
        """Say whether the tool's schema accepts a value."""
        faults = self.ports.tool.check_args({port.name: value})
        return not any(code == "bad_argument" for code, _, _ in faults)

    @property
    def needs(self) -> list[str]:
        """Ids of the steps that it takes something from."""
        return [reference.step for reference in find_refs(self.args)]


@dataclass(eq=False)
class Sheet:
    """What one call of the planner knows and has made."""

    goal: str
    tokens: Sequence[Token]
    tools: Sequence[ToolPorts]
    names: Names
    listing: Listing
    dialogue: Dialogue
    clauses: list[Clause]
    used: set[int]
    """Tokens that are accounted for."""
    made: list[Made] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """What the rules chose by themselves, for the reason of the plan."""

    def tool(self, name: str) -> ToolPorts:
        """Give the tool of that name."""
        return next(tool for tool in self.tools if tool.name == name)

    def begin(self, ports: ToolPorts, clause: Clause, anchor: Anchor | None) -> Made:
        """Make a step with an id of its own; it joins the sheet when its inputs are there."""
        taken = {made.id for made in self.made}
        name, number = ports.name, 2
        while name in taken:
            name, number = f"{ports.name}_{number}", number + 1
        return Made(name, ports, clause, anchor)

    def take(self, made: Made | None, tokens: Iterable[Token | int]) -> None:
        """Account for tokens, on behalf of a step."""
        places = {token if isinstance(token, int) else token.at for token in tokens}
        self.used |= places
        if made is not None:
            made.words |= places

    def free(self, tokens: Iterable[Token]) -> list[Token]:
        """Give those tokens that nothing has accounted for."""
        return [token for token in tokens if token.at not in self.used]

    def before(self, token: Token) -> Token | None:
        """Give the token before, articles passed over."""
        for earlier in reversed(self.tokens[: token.at]):
            if earlier.lower not in ARTICLES:
                return earlier
        return None

    def by_id(self, step: str) -> Made:
        """Give the step of that id."""
        return next(made for made in self.made if made.id == step)

    def ancestors(self, made: Made) -> set[str]:
        """Give the ids of all steps whose output reaches this one."""
        found: set[str] = set()
        todo = list(made.needs)
        while todo:
            step = todo.pop()
            if step not in found:
                found.add(step)
                todo += self.by_id(step).needs
        return found

    def consumers(self, made: Made) -> Iterator[Made]:
        """Give the steps that take something from this one."""
        return (other for other in self.made if made.id in other.needs)

    def words_of(self, made: Made) -> str:
        """Give the words of the goal behind a step."""
        return phrase(self.goal, [self.tokens[at] for at in sorted(made.words)])

    def words_in(self, clause: Clause) -> str:
        """Give the words of a clause."""
        return phrase(self.goal, clause.tokens)


def is_silent(token: Token) -> bool:
    """Say whether a word carries nothing of its own."""
    return token.kind == "word" and token.lower in SILENT | ARTICLES


def reference(made: Made) -> Ref:
    """Refer to the output of a step."""
    return Ref(step=made.id)
