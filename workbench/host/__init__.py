"""Hosts: where the engine runs."""

from workbench.host.kernel import KernelHost

__all__ = ["KernelHost"]
