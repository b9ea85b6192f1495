"""Hosts: where the engine runs."""

from workbench.host.delivery import Ended
from workbench.host.kernel import KernelHost

__all__ = ["Ended", "KernelHost"]
