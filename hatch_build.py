"""Build the front end into the package, unless it is already there."""

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LABEXTENSION = "workbench/static/labextension"
SHARED = "share/jupyter/labextensions/jupyter-agent-workbench"
"""Where JupyterLab looks; a work tree has a link there instead, made by `make front`."""


class FrontEnd(BuildHookInterface[Any]):
    """A wheel and a source archive carry the built front end, so installing them needs no Node."""

    PLUGIN_NAME = "custom"

    @property
    def script(self) -> Path:
        """The script that runs npm."""
        return Path(self.root, "scripts", "npm.py")

    def missing(self) -> bool:
        """Say whether there is anything to build; in a work tree that is `make front`'s job."""
        return not Path(self.root, LABEXTENSION, "package.json").is_file()

    def dependencies(self) -> list[str]:
        """Ask for Node from PyPI where the machine has none."""
        if not self.missing():
            return []
        spec = spec_from_file_location("npm", self.script)
        npm = module_from_spec(spec)
        spec.loader.exec_module(npm)
        return [] if npm.machine_npm() else [npm.NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run npm, except for an editable install."""
        if version != "editable" and self.missing():
            for arguments in (["ci"], ["run", "build"]):
                subprocess.run([sys.executable, str(self.script), *arguments], check=True)
        if version != "editable":
            build_data["shared_data"][LABEXTENSION] = SHARED
