"""The engine: decides, acts and records; one drive for each run at a time."""

from workbench.engine.drive import Drive
from workbench.engine.parts import Parts

__all__ = ["Drive", "Parts"]
