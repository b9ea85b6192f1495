"""The policy of re-planning: when the planner is asked again, and how often at most."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from workbench.plan.base import Frozen

When = Literal["failure", "each", "every", "next"]


class Replan(Frozen):
    """When the planner is asked again; a person's comment or refusal may ask it at any time.

    Under every policy a step that failed, or that the policy of rights denied, is a reason, unless
    `on_failure` says otherwise.
    """

    when: When = "failure"
    """`failure`: only then. `each`: after each step that has ended. `every`: after `n` of them.
    `next`: the planner plans the next `n` steps at a time, and is asked for more when they are
    done, until it says that the plan is whole."""
    n: int = Field(default=1, ge=1, le=1000)
    """For `every` and `next`: so many steps."""
    at_most: int = Field(default=7, ge=1, le=1000)
    """Times that it is asked after the first plan."""
    futile: int = Field(default=2, ge=1, le=100)
    """Proposals in a row that change nothing real, after which the run ends: no progress."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.n != 1 and self.when not in ("every", "next"):
            raise ValueError(f"n is for when='every' and 'next', not for {self.when!r}")
        return self

    def __str__(self) -> str:
        """Put it into words."""
        words = {
            "failure": "on failure",
            "each": "after each step",
            "every": f"after every {self.n} steps",
            "next": f"the next {self.n} steps at a time" if self.n > 1 else "one step at a time",
        }
        return f"{words[self.when]}, at most {self.at_most} times"
