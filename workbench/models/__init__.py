"""Language models behind one narrow port; the runtime owns the loop around them."""

from workbench.models.errors import ModelCallError, ModelFault
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
    "Role",
    "ToolCall",
    "ToolSchema",
]
