"""A model by its name: `openai:gpt-5`, `replay:answers.json`, `local:small.gguf`."""

from __future__ import annotations

from workbench.models.local import LocalModel
from workbench.models.port import Model
from workbench.models.provider import ProviderModel
from workbench.models.recording import ReplayModel


def model_named(name: str) -> Model:
    """Give the model that is meant; one of a provider is looked up when it is first asked.

    Args:
        name: `replay:<file>`, `local:<file>`, or provider and model as pydantic-ai names them.
    """
    kind, _, rest = name.partition(":")
    if kind == "local":
        return LocalModel(rest)
    return ReplayModel(rest) if kind == "replay" else ProviderModel(name)
