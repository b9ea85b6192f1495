"""Execute notebooks headless and save them with their outputs: all, or those that are named.

Each one runs in a folder of its own with a stand-in for the person. Live views are left out of what
is saved, and so are the pictures of runs: without a kernel a view would be dead, and a picture says
nothing that the HTML and the text beside it don't say.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
LIVE_VIEW = "application/vnd.jupyter.widget-view+json"
SAVED_RUN = "application/vnd.workbench.run+json"
CELL_TIMEOUT_S = 60


def execute(path: Path, folder: Path) -> nbformat.NotebookNode:
    """Run all cells of a notebook within a folder."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_S,
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
    )
    executed: nbformat.NotebookNode = client.execute()
    return executed


def tidy(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Leave out what differs from one execution to the next and says nothing to a reader."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata.language_info = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            forms = output.get("data", {})
            forms.pop(LIVE_VIEW, None)
            output.get("metadata", {}).pop(SAVED_RUN, None)
            for name, form in forms.items():
                if isinstance(form, str):
                    forms[name] = form.replace(f"{folder}/", "")
            if "text" in output:
                output.text = output.text.replace(f"{folder}/", "")


def main(names: list[str]) -> int:
    """Execute and save the notebooks that are named, or all."""
    os.environ["WORKBENCH_SCRIPTED"] = "1"
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    paths = [Path(name) for name in names] or sorted((ROOT / "notebooks").glob("*.ipynb"))
    for path in paths:
        folder = Path(tempfile.mkdtemp(prefix="notebook-")).resolve()
        try:
            notebook = execute(path, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        tidy(notebook, folder)
        nbformat.write(notebook, path)
        print(f"{path.name}: {len(notebook.cells)} cells")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
