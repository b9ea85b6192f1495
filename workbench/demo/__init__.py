"""The world of the first story, with real parts: a file, a SQLite database, a mail server.

The notebook `00-first-run.ipynb` and `workbench demo` tell it; tests use it too.
"""

from workbench.demo.stand_in import StandIn, is_scripted
from workbench.demo.story import add_richest, first_plan, tools
from workbench.demo.world import World

__all__ = ["StandIn", "World", "add_richest", "first_plan", "is_scripted", "tools"]
