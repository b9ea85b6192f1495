"""The parts of the rules: words, ports, the listing of a workspace."""

import subprocess
import sys

import pytest

import workbench as wb
from workbench.planner.builtin.lexicon import concept, singular, stem
from workbench.planner.builtin.ports import read_ports
from workbench.planner.builtin.words import read_tokens
from workbench.planner.builtin.workspace import FILE_LIMIT, list_workspace


@pytest.mark.parametrize(
    ("goal", "kinds"),
    [
        ("load gapminder.csv.", ["word", "path", "stop"]),
        ("see out/a.b.csv and /tmp/x.md", ["word", "path", "word", "path"]),
        ('read "my table.csv"', ["word", "path"]),
        ("mail ann@example.org, then", ["word", "email", "comma", "word"]),
        ("get https://example.org/a?b=1.", ["word", "url", "stop"]),
        ("since 2024-01-02 or 3.5 or -2", ["word", "date", "word", "number", "word", "number"]),
        ("10% of $5 or 1,000 or 5k", ["word", "word", "symbol", "number"]),
        ("e.g. don't", ["word", "stop", "word"]),
        ("'x' isn't “y”", ["quoted", "word", "quoted"]),
        ("a>=3", ["word", "symbol", "number"]),
    ],
)
def test_words_and_values_are_told_apart(goal, kinds):
    """A goal is cut into words and values; a number with a unit or a comma is no plain number."""
    tokens = read_tokens(goal)

    assert [token.kind for token in tokens][: len(kinds)] == kinds


def test_no_character_of_a_goal_is_lost():
    """Whatever is not white space is in some token, so nothing can be passed over unseen."""
    goal = "Write §5 — „naïve“ café's 3½ → x; @ #tag a/b\tund\n(…)!"

    covered = "".join("".join(token.raw for token in read_tokens(goal)).split())

    assert covered == "".join(goal.split())


def test_forms_of_a_word_match():
    """Forms of one word, and words of one meaning, are the same to the rules."""
    assert len({stem(form) for form in ("average", "averages", "averaged", "averaging")}) == 1
    assert len({stem(form) for form in ("plot", "plots", "plotted", "plotting")}) == 1
    assert concept("loading") == concept("read")
    assert singular("countries") == "country"
    assert concept("remove") != concept("delete")


def test_ports_are_read_from_the_schema(catalogues):
    """What a tool takes is known from types first, then from the names of its arguments."""
    tools = {tool.name: read_ports(tool) for tool in catalogues["large"]}

    kinds = {port.name: port.kind for port in tools["aggregate"].inputs}
    assert kinds == {"frame": "live", "by": "columns", "column": "column", "how": "choice"}
    kinds = {port.name: port.kind for port in tools["send_mail"].inputs}
    assert kinds == {"to": "email", "subject": "label", "body": "text"}
    assert tools["read_table"].makes == "pandas.DataFrame"
    assert tools["markdown_report"].makes == "text"
    assert tools["write_text"].makes == ""


def test_a_text_with_an_effect_is_a_receipt():
    """What an effect returns is no material: a mail's id is never the body of the next mail."""

    @wb.tool(effect="irreversible")
    def post(text: str) -> str: ...

    assert read_ports(post).makes == ""


def test_only_headers_are_read(tmp_path):
    """A listing has files, and columns of tables; without a clear header there are none."""
    (tmp_path / "a.csv").write_text('\ufeffx,"y z"\n1,2\n', encoding="utf-8")
    (tmp_path / "b.tsv").write_text("p\tq\n", encoding="utf-8")
    (tmp_path / "twice.csv").write_text("x,x\n", encoding="utf-8")
    (tmp_path / "latin.csv").write_bytes(b"\xe4,b\n")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    (tmp_path / ".hidden.csv").write_text("x\n", encoding="utf-8")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.csv").write_text("x\n", encoding="utf-8")

    listing = list_workspace(tmp_path)

    assert listing.columns == {"a.csv": ("x", "y z"), "b.tsv": ("p", "q"), "sub/c.csv": ("x",)}
    assert ".hidden.csv" not in listing.files
    assert listing.find("c") == "sub/c.csv"
    assert listing.close_to("twise.csv")[0] == "twice.csv"


def test_a_folder_that_is_not_there_is_empty(tmp_path):
    """A workspace that cannot be read has no files, and raises nothing."""
    assert list_workspace(tmp_path / "gone").files == ()


def test_a_large_folder_is_cut_and_says_so(tmp_path):
    """Beyond its limit a listing is incomplete, so a missing file proves nothing."""
    for number in range(FILE_LIMIT + 1):
        (tmp_path / f"{number}.txt").touch()

    listing = list_workspace(tmp_path)

    assert len(listing.files) == FILE_LIMIT
    assert not listing.complete


def test_importing_the_planners_is_light():
    """Importing the planners loads no pandas, plotly, notebook or provider library."""
    heavy = ["pandas", "plotly", "IPython", "numpy", "pyarrow", "httpx"]
    code = f"import sys, workbench.planner; print([m for m in {heavy} if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
