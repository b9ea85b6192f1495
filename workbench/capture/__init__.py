"""The notebook's variables at each place of a run: captured as they change, and put back."""

from workbench.capture.bounds import Bounds
from workbench.capture.capturer import Capturer, Look
from workbench.capture.forms import read
from workbench.capture.namespace import is_variable, visible
from workbench.capture.state import KINDS, Variables, variables_at
from workbench.capture.trees import class_finder

__all__ = [
    "KINDS",
    "Bounds",
    "Capturer",
    "Look",
    "Variables",
    "class_finder",
    "is_variable",
    "read",
    "variables_at",
    "visible",
]
