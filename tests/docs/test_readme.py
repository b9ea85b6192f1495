"""The README's example is code that runs."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_example_of_the_readme_runs_as_it_is_printed(tmp_path, monkeypatch):
    """A reader can paste the first two examples and gets what the comments say [HARN-15]."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(blocks[0], "README.md", "exec"), names)
    exec(compile(blocks[1], "README.md", "exec"), names)

    run = names["run"]

    assert run.result == "sent to boss@example.org: 4 USD in all"
    assert list(run.trace()["step"]) == ["sum", "mail"]
    assert len(blocks[0].strip().splitlines()) <= 13
    names["bench"].close()


def test_every_make_target_that_the_readme_names_exists():
    """Every `make` line of the README is a target of the Makefile."""
    readme, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()

    for target in set(re.findall(r"`?make ([a-z]+)", readme)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_readme_begins_with_a_picture_two_commands_and_an_example():
    """The first things of the README are a picture that is there, `make lab` and `make demo`, and
    the example; in this order [HARN-15]."""
    readme = (ROOT / "README.md").read_text()
    picture = re.search(r"!\[[^\]]+\]\(([\w/.-]+\.png)\)", readme)

    assert picture is not None
    assert (ROOT / picture[1]).read_bytes().startswith(b"\x89PNG")
    places = [readme.index(one) for one in ("](docs/", "make lab", "make demo", "```python")]
    assert places == sorted(places)
    assert readme.index("```python") < readme.index("## What it does")
