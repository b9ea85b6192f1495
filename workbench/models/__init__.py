"""Language models behind one narrow port; the runtime owns the loop around them."""

from workbench.models.asking import ask, price, tokens_of, worst_usd
from workbench.models.errors import ModelCallError, ModelFault
from workbench.models.local import LocalModel
from workbench.models.named import model_named
from workbench.models.port import (
    Capabilities,
    Finish,
    Message,
    Model,
    ModelReply,
    ModelRequest,
    ModelUsage,
    Role,
    ToolCall,
    ToolSchema,
)
from workbench.models.provider import ProviderModel
from workbench.models.recording import Recording, ReplayModel
from workbench.models.witness import Asking, ModelWait, Telling, Witness, witness

__all__ = [
    "Asking",
    "Capabilities",
    "Finish",
    "LocalModel",
    "Message",
    "Model",
    "ModelCallError",
    "ModelFault",
    "ModelReply",
    "ModelRequest",
    "ModelUsage",
    "ModelWait",
    "ProviderModel",
    "Recording",
    "ReplayModel",
    "Role",
    "Telling",
    "ToolCall",
    "ToolSchema",
    "Witness",
    "ask",
    "model_named",
    "price",
    "tokens_of",
    "witness",
    "worst_usd",
]
