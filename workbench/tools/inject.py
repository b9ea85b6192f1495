"""Parameters that the runtime fills in and the model never sees."""

from __future__ import annotations

from typing import Annotated, Any

from workbench.errors import ToolError


class Key(str):
    """The idempotency key of the call: annotate a parameter with it to receive the key.

    The same intended action has the same key on every attempt, after a crash too.
    """

    __slots__ = ()


class Seed(int):
    """The seed of the step's random numbers: annotate a parameter with it to receive one.

    The same run and step have the same seed on every attempt, after a crash too; another run that
    is started with the same `seed` has them as well.
    """

    __slots__ = ()


class SecretValue:
    """A secret at call time; it shows itself only through `reveal`."""

    __slots__ = ("_text", "name")

    def __init__(self, name: str, text: str) -> None:
        """Hold the text under its name."""
        self.name = name
        self._text: str | None = text

    def reveal(self) -> str:
        """Give the text itself; hand it to the client that needs it and nowhere else."""
        if self._text is None:
            raise ToolError(
                f"The secret {self.name!r} was asked for after the call that it was given to.",
                "Reveal it during the call; another call gets it anew.",
            )
        return self._text

    def drop(self) -> None:
        """Forget the text; `reveal` raises from now on."""
        self._text = None

    def __repr__(self) -> str:
        """Show the name only."""
        return f"<secret {self.name}>"

    __str__ = __repr__


class SecretName(str):
    """The marker that `Secret["name"]` leaves in the annotation."""

    __slots__ = ()


class Secret:
    """Annotate a parameter with `Secret["name"]` to receive that secret as a `SecretValue`."""

    def __class_getitem__(cls, name: str) -> Any:
        """Make the annotation for the secret of that name."""
        return Annotated[SecretValue, SecretName(name)]
