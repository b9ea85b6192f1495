"""The view in another language: every word of it comes from the page's translator."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.browser.conftest import SETUP
from tests.browser.lab import Notebook, browser_page, expect, lab_server, write_notebook
from tests.browser.recorded import PICTURES, ROOT, only_loopback, served, show

DOMAIN = "jupyter_agent_workbench"

PSEUDO = """
const filled = (text, values) =>
    '⟦' + text.replace(/%(\\d+)/g, (all, n) => values[n - 1] ?? all) + '⟧';
globalThis.__workbenchLocale = 'ja';
globalThis.__workbenchWords = {
    __: (text, ...values) => filled(text, values),
    _n: (one, many, n, ...values) => filled(n === 1 ? one : many, [n, ...values]),
};
"""
"""A language in which every text stands in brackets, so that one which is in none is seen."""

SEEN = """() => {
    const said = [];
    for (const root of document.querySelectorAll('.wb-root')) {
        const walk = document.createTreeWalker(root, 1 | 4);  // elements and texts
        while (walk.nextNode()) {
            const node = walk.currentNode;
            if (node.nodeType === Node.TEXT_NODE) {
                if (!/^(STYLE|CODE)$/.test(node.parentElement.tagName)) said.push(node.data);
                continue;
            }
            for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-description',
                                'aria-roledescription', 'aria-valuetext'])
                if (node.hasAttribute(name)) said.push(node.getAttribute(name));
        }
    }
    return [...new Set(said)];
}"""

FIXED = {
    "kind", "state", "effect", "risk", "form", "how", "verdict", "surface", "outcome", "zone",
    "decision", "autonomy",
}  # fmt: skip
"""Fields with a fixed set of values, which are the view's to say; others hold what people, tools
and the kernel said."""

TYPED = {"Draw the chart, coloured by region", "out/summary.md", "summary"}
"""What the pictures type into the view."""

EVENT = r"[a-z]+\.[a-z_]+"
"""The name of an event, as it stands in the journal."""
MEASURE = re.compile(
    r"<?~?\d[\d.,:]* ?(?:s|min|h)\b|\d{1,2}:\d{2}(?::\d{2})?"
    r"|\d+年\d+月\d+日[\s\d:時分秒]*(?:UTC|GMT)?"
)
"""Numbers with their units, which are the same in every language, and dates of a Japanese page."""


def data_of(value: Any, name: str = "") -> Iterator[str]:
    """Give the texts that came from the kernel: values, and names of arguments and units."""
    if isinstance(value, str) and (name not in FIXED or re.fullmatch(EVENT, value)):
        yield value
        yield from value.split("\n")
        yield from value.split(" ")
    elif isinstance(value, list):
        for item in value:
            yield from data_of(item, name)
    elif isinstance(value, dict):
        for key, item in value.items():
            if name in ("args", "properties", "usage", "limits"):
                yield key
            yield from data_of(item, key)


def escaped(text: str, data: list[str]) -> str:
    """Give what of a text is neither said by the translator nor data, the longest of it first;
    empty: nothing."""
    rest, before = text, ""
    while rest != before:
        before, rest = rest, re.sub(r"⟦[^⟦⟧]*⟧", " ", rest)
    rest = MEASURE.sub(" ", rest).strip()
    if not rest or rest in "\0".join(data):
        return ""
    for one in data:
        if len(one) > 1 and one in rest:
            rest = rest.replace(one, " ")
    return rest if re.search(r"[^\W\d_]", rest) else ""


def test_no_word_escapes_the_translator() -> None:
    """In every state each word that is seen, or heard by a screen reader, comes from the page's
    translator, or from people, tools and the kernel [REL-22].
    """
    found: dict[str, str] = {}
    with served() as home, browser_page() as first:
        for name, state in PICTURES.items():
            page = first.context.browser.new_page()
            page.add_init_script(PSEUDO)
            page.route("**/*", only_loopback)
            show(page, home, state)
            told = page.evaluate("() => told.filter(one => one.kind !== 'bundle')")
            data = sorted(TYPED | set(data_of(told)), key=len, reverse=True)
            seen = page.evaluate(SEEN)
            assert sum("⟦" in text for text in seen) > 10, name
            found |= {text: name for text in seen if text.strip() and escaped(text, data)}
            page.close()
    assert not found, "\n".join(f"{state}: {text!r}" for text, state in found.items())


def words_for_translators() -> list[tuple[str, str | None]]:
    """Collect the words of the view as translators get them: texts, each with its plural."""
    said = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "npm.py"), "run", "--silent", "words"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    found = re.findall(r'^msgid (".*")\n(?:msgid_plural (".*")\n)?', said, re.MULTILINE)
    return [(json.loads(one), json.loads(many) if many else None) for one, many in found]


def install_pack(folder: Path, words: list[tuple[str, str | None]]) -> None:
    """Put a language pack where a server that runs in this folder finds it, and choose it."""
    pack = folder / "jupyterlab_language_pack_de_DE"
    locale = pack / "locale" / "de_DE" / "LC_MESSAGES"
    locale.mkdir(parents=True)
    (pack / "__init__.py").touch()
    table: dict[str, Any] = {
        "": {"domain": DOMAIN, "language": "de-DE", "plural_forms": "nplurals=2; plural=(n != 1);"}
    }
    for one, many in words:
        if one:
            table[one] = [f"⟦{one}⟧"] if many is None else [f"⟦{one}⟧", f"⟦{many}⟧"]
    (locale / f"{DOMAIN}.json").write_text(json.dumps(table))
    facts = folder / "jupyterlab_language_pack_de_DE-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: jupyterlab-language-pack-de-DE\nVersion: 1.0\n"
    )
    (facts / "entry_points.txt").write_text(
        "[jupyterlab.languagepack]\nde_DE = jupyterlab_language_pack_de_DE\n"
    )
    settings = folder / ".settings" / "@jupyterlab" / "translation-extension"
    settings.mkdir(parents=True)
    (settings / "plugin.jupyterlab-settings").write_text(json.dumps({"locale": "de_DE"}))


def test_a_language_pack_reaches_the_cell_the_panel_and_lab(tmp_path: Path) -> None:
    """A language pack made as the documentation says, installed and chosen in JupyterLab: the view
    in the cell, the side panel and the status bar speak it, with German dates; nothing that
    translators were given is left in English [REL-22]."""
    words = words_for_translators()
    install_pack(tmp_path, words)
    english = {text for pair in words for text in pair if text and not re.search(r"%\d", text)}
    folder = tmp_path / "work"
    folder.mkdir()
    write_notebook(folder / "pack.ipynb", SETUP)
    with lab_server(tmp_path) as server, browser_page() as page:
        notebook = Notebook(page, server, folder / "pack.ipynb", tmp_path)
        notebook.run(0)
        notebook.add(
            "run = bench.start(plan=wb.Plan(goal='Ein Lauf', steps=["
            "step('one', 'add', a=1, b=2), step('mail', 'send_mail', to='a@b.c', body='x')]))\nrun"
        )
        expect(notebook.at("request")).to_have_count(1)
        expect(notebook.at("pause")).to_have_text("⟦Pause⟧")
        expect(notebook.at("progress")).to_have_text("⟦1 of 2⟧")
        notebook.press("edit-request")
        page.evaluate("() => window.jupyterapp.commands.execute('jupyter-agent-workbench:open')")
        expect(page.get_by_test_id("workbench-panel")).to_contain_text("⟦Look again⟧")
        expect(notebook.at("workbench-status")).to_have_text("⟦Runs: 1 open⟧")
        seen = page.evaluate(SEEN)
        notebook.shot("language-pack")
    left = {text for text in seen if text.strip() in english}
    assert left <= {"to"}, "which is an argument of the call, too"
    assert any(re.search(r"\d+\. \w+ \d{4} um \d", text) for text in seen), seen
