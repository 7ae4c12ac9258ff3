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
    """The menu of the site, from the sections of the front page and what they link to.

    The pages that are made stand in the section whose heading is ``Reference``; all else that is a page and
    is not linked there comes last, so that no page is out of reach.
    """
    made = ["verbs/index.md", "api.md"]
    parts, told = [], set()
    for section in text.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        linked = [target for target, _ in LINK.findall(body) if target.endswith(".md")]
        linked = [target for target in dict.fromkeys(linked) if target not in told]
        told |= {*linked}
        parts.append((title, [*linked, *made] if title == "Reference" else linked))
    rest = [name for name in map(_from_docs, pages()) if name not in {*told, "index.md"}]
    parts += [("More", rest), ("Verbs", [f"verbs/{name}.md" for name in cli.VERBS])]
    return "\n" + "\n".join(_menu(title, targets) for title, targets in parts if targets)


def _from_docs(name: str) -> str:
    """The path of a page from the folder docs."""
    return name.removeprefix("docs/") if name.startswith("docs/") else f"../{name}"


def _menu(title: str, targets: list[str]) -> str:
    lines = "\n".join(target.removesuffix(".md") for target in targets)
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
