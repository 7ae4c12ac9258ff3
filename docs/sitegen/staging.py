"""The folder that Sphinx reads: the pages as they stand in the clone, and those that are made."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from riboswitch import cli
from sitegen import glossary
from sitegen.api_page import api_page
from sitegen.flowchart import drawn
from sitegen.notebook_pages import notebook_page
from sitegen.verb_pages import overview, verb_page

ROOT = Path(__file__).resolve().parents[2]
PATTERNS = ("*.md", "docs/**/*.md", "config/*.md", "benchmarks/*.md", "examples/*.md", "tests/*/README.md")
LINK = re.compile(r"\]\(([^)#:\s]+)(#[^)\s]*)?\)")
TITLED = re.compile(r"\[([^\]]+)\]\(([^)#:\s]+\.md)\)")
MERMAID = re.compile(r"^```mermaid\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
NO_LINKS = {"docs/glossary.md", "docs/index.md", "docs/benchmarks.md"}  # to the glossary
VERB_ROW = re.compile(r"^\| `([\w-]+)` \| ", re.MULTILINE)


def pages() -> list[str]:
    """The pages of the clone, by their path in it."""
    found = {path.relative_to(ROOT).as_posix() for pattern in PATTERNS for path in ROOT.glob(pattern)}
    return sorted(found)


def notebooks() -> list[str]:
    """The notebooks, by their path in the clone."""
    return sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/notebooks/*.ipynb"))


def stage(folder: Path) -> None:
    """Write all pages, made ones included, and the files that they link to, into a folder."""
    for name in pages():
        _write(folder / name, prepared(name, folder))
    for name in notebooks():
        _write((folder / name).with_suffix(".md"), with_terms(name, notebook_page(ROOT / name)))
        shutil.copyfile(ROOT / name, folder / name)
    _write(folder / "docs/api.md", api_page())
    _write(folder / "docs/verbs/index.md", overview())
    for name in cli.VERBS:
        _write(folder / f"docs/verbs/{name}.md", verb_page(name))


def prepared(name: str, folder: Path) -> str:
    """A page with its graphs drawn, its linked files beside it and, for some pages, more links."""
    text = (ROOT / name).read_text("utf-8")
    for number, graph in enumerate(MERMAID.findall(text)):
        file = Path(name).with_suffix(f".{number}.svg")
        _write(folder / file, drawn(graph))
        text = MERMAID.sub(f"![Rule graph]({file.name})\n", text, count=1)
    if name == "docs/commands.md":
        text = VERB_ROW.sub(lambda row: f"| [`{row[1]}`](verbs/{row[1]}.md) | ", text)
    text = text.replace(".ipynb)", ".md)")
    for target, _ in LINK.findall(text):
        _bring(Path(name).parent / target, folder)
    if name == "docs/index.md":
        text += navigation(text)
    return with_terms(name, text)


def with_terms(name: str, text: str) -> str:
    """A page of docs/ with links to the glossary where a term is used first, and the glossary as a list."""
    words = (ROOT / "docs/glossary.md").read_text("utf-8")
    if name == "docs/glossary.md":
        return glossary.as_list(text)
    return text if name in NO_LINKS or not name.startswith("docs/") else glossary.linked(text, words)


def navigation(text: str) -> str:
    """The menu of the site: the sections of the front page with their links, and the pages that are made.

    A page that is not linked there stands under ``More``, so that none is out of reach.
    """
    made = {"verbs/index.md": "All verbs and options", "api.md": "Python"}
    parts: dict[str, dict[str, str]] = {}
    told = {"index.md"}
    for section in text.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        links = {target: name for name, target in TITLED.findall(body) if target not in told}
        parts[title] = links | (made if title == "Reference" else {})
        told |= {*links}
    parts["More"] = {name: "" for name in map(_from_docs, pages()) if name not in told}
    parts["Verbs"] = {f"verbs/{name}.md": name for name in cli.VERBS}
    return "\n" + "\n".join(_menu(title, links) for title, links in parts.items() if links)


def _from_docs(name: str) -> str:
    """The path of a page from the folder docs."""
    return name.removeprefix("docs/") if name.startswith("docs/") else f"../{name}"


def _menu(title: str, links: dict[str, str]) -> str:
    pages = [(target.removesuffix(".md"), name) for target, name in links.items()]
    lines = "\n".join(f"{name} <{target}>" if name else target for target, name in pages)
    return f"```{{toctree}}\n:hidden:\n:maxdepth: 1\n:caption: {title}\n\n{lines}\n```\n"


def _bring(target: Path, folder: Path) -> None:
    """Put a linked file of the clone that is no page beside the pages."""
    place = Path(*_normal(target.parts))
    if (ROOT / place).is_file() and place.suffix != ".md":
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / place, folder / place)


def _normal(parts: tuple[str, ...]) -> list[str]:
    """The parts of a path without ``..``."""
    done: list[str] = []
    for part in parts:
        done = done[:-1] if part == ".." else [*done, part]
    return done


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
