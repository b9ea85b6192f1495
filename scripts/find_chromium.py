"""Print the path of a Chromium that starts; with --install, get one if there is none."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

ON_PATH = ("chromium", "chromium-browser", "google-chrome")
DOWNLOAD_S, INSTALL_S = 300, 900
NONE_FOUND = (
    "No Chromium found: install one (Debian: `apt-get install chromium`; elsewhere: "
    "`playwright install chromium`), or set WORKBENCH_CHROMIUM to the path of yours."
)


def playwrights() -> str | None:
    """Return where Playwright keeps its own Chromium, whether or not it is there."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def candidates() -> Iterator[str | None]:
    """Yield the places to look, the cheapest and most deliberate first."""
    yield os.environ.get("WORKBENCH_CHROMIUM")
    yield playwrights()
    yield from map(shutil.which, ON_PATH)


def starts(path: str | None) -> bool:
    """Say whether this is a browser that runs here; a download may lack system libraries."""
    if not path or not os.access(path, os.X_OK):
        return False
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def find() -> str | None:
    """Return the first Chromium that starts."""
    return next(filter(starts, candidates()), None)


def attempt(command: list[str], timeout_s: float) -> None:
    """Run an installer, its output on standard error; its success is judged by looking again."""
    print("+", *command, file=sys.stderr, flush=True)
    try:
        subprocess.run(command, stdout=sys.stderr, timeout=timeout_s, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)


def install() -> str | None:
    """Get a Chromium: Playwright's where its download works, otherwise the distribution's."""
    os.environ.setdefault("PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT", "10000")
    attempt([sys.executable, "-m", "playwright", "install", "chromium"], DOWNLOAD_S)
    found = find()
    apt = shutil.which("apt-get")
    if found is None and apt and os.geteuid() == 0:
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        attempt([apt, "update", "-qq"], INSTALL_S)
        attempt([apt, "install", "-y", "-qq", "--no-install-recommends", "chromium"], INSTALL_S)
        found = find()
    return found


def main() -> int:
    """Print the path, or one sentence on what to do."""
    found = find()
    if found is None and "--install" in sys.argv[1:]:
        found = install()
    print(found or NONE_FOUND, file=sys.stdout if found else sys.stderr)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
