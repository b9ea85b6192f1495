"""Language models behind one narrow port; the runtime owns the loop around them."""

from workbench.models.asking import ModelWait, ask
from workbench.models.errors import ModelCallError, ModelFault
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

__all__ = [
    "Capabilities",
    "Finish",
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
    "ToolCall",
    "ToolSchema",
    "ask",
    "model_named",
]
