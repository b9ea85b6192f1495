"""The commands: imperative; any surface writes them as rows, the holder of the lease reads them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from workbench.events.authority import Autonomy
from workbench.events.base import Author, Scope
from workbench.events.variables import VariablesCaptured, VariablesRestored
from workbench.grants import Frozen, Grant
from workbench.plan import Edit
from workbench.values import Stored


class _Command(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_serialization_defaults_required=True
    )

    by: Author = "person"
    """Who wants it."""
    surface: str = "python"
    """Through which door: python, widget, panel, cli, magic."""
    order: str = Field(default="", pattern=r"^[0-9a-z-]{0,64}$")
    """What its sender calls it: an order of the same name is taken once; empty: it is not named."""


class Pause(_Command):
    """Start no new call from now on."""

    kind: Literal["pause"] = "pause"
    reason: str = ""


class Resume(_Command):
    """Go on after a pause."""

    kind: Literal["resume"] = "resume"


class Stop(_Command):
    """End the run and keep what was done."""

    kind: Literal["stop"] = "stop"
    reason: str = ""


class Abandon(_Command):
    """Give the run up as pointless, with a reason."""

    kind: Literal["abandon"] = "abandon"
    reason: str


class EditPlan(_Command):
    """Make a new revision of what is still to come."""

    kind: Literal["edit"] = "edit"
    base: str
    """Digest of the revision that the edits were made on."""
    edits: tuple[Edit, ...]
    reason: str = ""


class ProposeEdit(_Command):
    """Ask the person whether the plan is to be changed so; what an agent outside may do."""

    kind: Literal["propose"] = "propose"
    base: str
    """Digest of the revision that the edits were made on."""
    edits: tuple[Edit, ...] = Field(min_length=1, max_length=50)
    reason: str = Field(default="", max_length=2000)


class Answer(_Command):
    """Decide an open request."""

    kind: Literal["answer"] = "answer"
    request: str
    token: str
    """The one-time token of the request."""
    verdict: Literal["approve", "deny", "choose"]
    args: dict[str, Any] | None = None
    """Edited arguments by name, for an approval; those not named stay as they were shown."""
    scope: Scope = "once"
    limits: dict[str, Any] | None = None
    """How far an approval for the run reaches: `calls`, and what each argument must be."""
    confirm: str = ""
    """What the person typed, where the request asks for it; see `workbench.gate`."""
    choice: str | None = None
    """The chosen value, or the free text that answers a question."""
    reason: str = ""
    then: Literal["continue", "replan", "freeze", "stop"] = "continue"
    """What a refusal leads to; `freeze` pauses the run and freezes the tool in every run."""
    review: bool = False
    """With `replan`: hold the run once the planner has answered."""


class Arm(_Command):
    """Take the first of the two steps that a final request asks for."""

    kind: Literal["arm"] = "arm"
    request: str
    token: str


class Comment(_Command):
    """Say something about the plan, for the planner to see."""

    kind: Literal["comment"] = "comment"
    text: str = Field(min_length=1, max_length=4000)
    step: str | None = None
    """The step that it is about; None: the whole."""
    replan: bool = True
    """Ask the planner again because of it."""
    review: bool = False
    """Hold the run once the planner has answered, so that a person looks at it first."""


class Refuse(_Command):
    """Refuse a step that has not begun; the planner is asked for another way."""

    kind: Literal["refuse"] = "refuse"
    step: str
    reason: str = Field(default="", max_length=4000)
    review: bool = False
    """Hold the run once the planner has answered."""


class Decide(_Command):
    """Write a decision down that planners must agree with."""

    kind: Literal["decide"] = "decide"
    subject: str = Field(min_length=1, max_length=200)
    choice: str = Field(min_length=1, max_length=1000)
    why: str = Field(default="", max_length=4000)


class MakeCheckpoint(_Command):
    """Name this place in the journal."""

    kind: Literal["checkpoint"] = "checkpoint"
    name: str = Field(min_length=1, max_length=80)


class CorrectContext(_Command):
    """Say what models are shown of a piece of the context that was shortened."""

    kind: Literal["correct_context"] = "correct_context"
    piece: str
    """Its name, such as `output of load`."""
    text: str | None = None
    """None: the whole piece again."""
    reason: str = ""


class Amend(_Command):
    """Change fields of the place where the run is paused: all of them, or none."""

    kind: Literal["amend"] = "amend"
    name: str = Field(default="", max_length=80)
    """Of the new checkpoint; empty: it is named by what it is."""
    outputs: dict[str, Stored] = Field(default_factory=dict)
    """New outputs of finished steps, by id."""
    args: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """New arguments of steps that have not begun; those not named stay."""
    limits: dict[str, float] = Field(default_factory=dict)
    reason: str = ""


class RollBack(_Command):
    """Take back what was done behind a place of the journal."""

    kind: Literal["rollback"] = "rollback"
    to: int = Field(ge=1)
    """The place, as `seq` of a checkpoint or an event."""
    reason: str = ""


class Fork(_Command):
    """Begin another run from a place of this one; see `Run.fork`."""

    kind: Literal["fork"] = "fork"
    at: int | None = Field(default=None, ge=1)
    """The place, as `seq`; None: as it stands now."""
    key: str = Field(min_length=1, max_length=80)
    """Of the fork: whoever orders it finds it by that, and the same order twice makes one."""
    paused: bool = False
    outputs: dict[str, Any] = Field(default_factory=dict)
    """Outputs of steps by id, as JSON, in place of those of the past."""
    limits: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = Field(default_factory=dict)


class Restore(_Command):
    """Give the notebook's variables the values back that they had at a place; see `Run.restore`."""

    kind: Literal["restore"] = "restore"
    to: int = Field(ge=1)
    """The place, as `seq`."""
    names: tuple[str, ...] | None = None
    overwrite: bool = False


class NoteRestored(_Command):
    """Write down that variables were given back what they were; their values live in a kernel."""

    kind: Literal["restored"] = "restored"
    before: VariablesCaptured | None = None
    """What they were until now, as far as nobody had captured it."""
    restored: VariablesRestored


class RaiseLimit(_Command):
    """Change a limit of the run's budget."""

    kind: Literal["raise"] = "raise"
    unit: str
    to: float = Field(allow_inf_nan=False)


class RaiseCap(_Command):
    """Look again at what waits because of a cap: it was set anew, for all runs."""

    kind: Literal["raise_cap"] = "raise_cap"
    cap: str
    """Its name."""
    to: float = Field(allow_inf_nan=False)


class GiveGrant(_Command):
    """Give the run a right."""

    kind: Literal["grant"] = "grant"
    grant: str
    """Its id."""
    right: Grant


class RevokeGrant(_Command):
    """Take a right away."""

    kind: Literal["revoke"] = "revoke"
    grant: str
    reason: str = ""


class SetAutonomy(_Command):
    """Say how much the run does without asking."""

    kind: Literal["autonomy"] = "autonomy"
    to: Autonomy


class Freeze(_Command):
    """Make no such call in any run of the journal from now on, whatever its plan says."""

    kind: Literal["freeze"] = "freeze"
    what: Frozen = "writes"
    tool: str = Field(default="", max_length=200)
    """Its name, where one is frozen."""
    reason: str = Field(default="", max_length=1000)


class Lift(_Command):
    """Lift a freeze; a run that it has paused goes on when it is resumed."""

    kind: Literal["lift"] = "lift"
    rule: str = Field(min_length=1, max_length=80)
    """Its id."""


class Wake(_Command):
    """Look again: a request may have expired, or the run was opened after a restart."""

    kind: Literal["wake"] = "wake"


Command = (
    Pause
    | Resume
    | Stop
    | Abandon
    | EditPlan
    | ProposeEdit
    | Answer
    | Arm
    | Comment
    | Refuse
    | Decide
    | MakeCheckpoint
    | Amend
    | CorrectContext
    | RollBack
    | Fork
    | Restore
    | NoteRestored
    | RaiseLimit
    | RaiseCap
    | GiveGrant
    | RevokeGrant
    | SetAutonomy
    | Freeze
    | Lift
    | Wake
)
"""The union as types."""

ERRANDS = (Fork, Restore)
"""What the run's engine cannot do: the workbench of the process that drives it does."""

OF_ALL = (Freeze, Lift)
"""What holds for every run of a journal: done at once, whether anybody drives the run or not."""

AnyCommand: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="kind")])
"""The union as a validator."""
