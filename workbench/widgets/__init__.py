"""The live view of a run in a notebook cell."""

from workbench.widgets.show import mimebundle, widget_of

__all__ = ["mimebundle", "widget_of"]
