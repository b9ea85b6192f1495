"""A model by its name: `openai:gpt-5`, `replay:answers.json`."""

from __future__ import annotations

from workbench.models.port import Model
from workbench.models.provider import ProviderModel
from workbench.models.recording import ReplayModel


def model_named(name: str) -> Model:
    """Give the model that is meant; one of a provider is looked up when it is first asked.

    Args:
        name: `replay:<file>`, or provider and model as pydantic-ai names them.
    """
    kind, _, rest = name.partition(":")
    return ReplayModel(rest) if kind == "replay" else ProviderModel(name)
