"""The docs site: pages made from the program, the menu, the links. Sphinx itself runs in ``make docs``.

Its build takes half a minute, so it is not repeated here; what it would read is made and checked.
"""

from __future__ import annotations

import inspect
import re
import tomllib
from xml.etree import ElementTree

import pytest

import riboswitch
from docs.page_blocks import PAGES, ROOT
from riboswitch import cli
from riboswitch.config.command_options import option_names
from sitegen import staging
from sitegen.api_page import api_page
from sitegen.flowchart import drawn
from sitegen.offline import outside
from sitegen.verb_pages import overview, verb_page

TOCTREE = re.compile(r"^```\{toctree\}\n(?::.*\n)*\n((?:.+\n)+?)```", re.MULTILINE)
PICTURES = sorted((ROOT / "docs/concepts").glob("*.svg"))
CHART = "flowchart TB\n    a --> b\n    b --> d\n    a --> c\n    c --> d\n    a --> d\n"


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    staging.stage(folder)
    return folder


@pytest.mark.parametrize("verb", cli.VERBS)
def test_the_page_of_a_verb_has_all_its_options(verb, staged):
    text = (staged / f"docs/verbs/{verb}.md").read_text("utf-8")
    command = cli._command(verb)
    parameters = inspect.signature(command).parameters.values()
    positional = [each.name for each in parameters if each.kind is each.POSITIONAL_ONLY]
    listed = re.findall(r"^\* `(--[^`]*)`", text, re.MULTILINE)
    shown = set(re.findall(r"--[a-z][a-z0-9.-]*", " ".join(listed)))
    assert text.startswith(f"# {verb}\n") and cli.VERBS[verb].help in text
    assert f"\nriboswitch {verb}" in text and "\ncommand" not in text
    there = option_names(command) - {f"--{name.replace('_', '-')}" for name in positional}
    assert {re.sub("^--no-", "--", option) for option in shown} == there
    assert all(f"`{name.upper().replace('_', '-')}" in text for name in positional)
    assert text.count("```") == 2


def test_the_overview_leads_to_every_verb_once():
    assert re.findall(r"\]\((.+)\.md\)", overview()) == [*cli.VERBS]


def test_the_page_of_a_verb_is_what_help_says(capsys):
    cli.main(["share", "--help"])
    said = " ".join(re.sub("[│╭╮╰╯─]", " ", capsys.readouterr().out).split())
    for option in re.findall(r"^\* `(--[a-z-]+)[^`]*`", verb_page("share"), re.MULTILINE):
        assert option in said


def test_the_page_of_python_has_every_public_name_once():
    told = re.findall(r"^\.\. auto(?:class|function):: riboswitch\.(\w+)$", api_page(), re.MULTILINE)
    assert sorted(told) == riboswitch.__all__


@pytest.mark.parametrize("name", riboswitch.__all__)
def test_the_docstring_of_a_function_explains_every_argument(name):
    function = getattr(riboswitch, name)
    if inspect.isfunction(function):
        section = inspect.cleandoc(function.__doc__).partition("Parameters\n----------\n")[2]
        heads = re.findall(r"^(\w[\w, ]*?)(?: :.*)?$", section, re.MULTILINE)
        told = {word.strip() for head in heads for word in head.split(",")}
        assert {*inspect.signature(function).parameters} <= told


def test_every_page_is_in_the_menu_once(staged):
    menus = TOCTREE.findall((staged / "docs/index.md").read_text("utf-8"))
    entries = [line.rpartition("<")[2].rstrip(">") for menu in menus for line in menu.splitlines()]
    assert len(entries) == len(set(entries))
    made = {path.relative_to(staged).with_suffix("") for path in staged.rglob("*.md")}
    reached = {(staged / "docs" / entry).resolve().relative_to(staged) for entry in entries}
    assert made - reached == {(staged / "docs/index").relative_to(staged)} and reached <= made


def test_the_menu_has_the_sections_of_the_front_page(staged):
    text = (staged / "docs/index.md").read_text("utf-8")
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert re.findall(r"^:caption: (.+)$", text, re.MULTILINE) == [*sections, "More", "Verbs"]
    assert "\nYour own task <tutorials/own_task>\n" in text


def test_links_of_the_site_lead_to_files_of_the_site(staged):
    for path in staged.rglob("*.md"):
        for target, _ in staging.LINK.findall(path.read_text("utf-8")):
            assert path.parent.joinpath(target).exists(), f"{path.relative_to(staged)}: {target}"


def test_the_site_has_every_page_of_the_clone(staged):
    assert {*PAGES} == {*staging.pages()}
    assert all((staged / name).is_file() for name in PAGES)
    assert "```mermaid" not in (staged / "docs/workflow.md").read_text("utf-8")


def test_a_graph_has_every_rule_and_arrow():
    picture = ElementTree.fromstring(drawn(CHART))
    texts = ["".join(node.itertext()) for node in picture.iter() if node.tag.endswith("}text")]
    places = {t: float(n.get("y")) for t, n in zip(texts, _all(picture, "text"), strict=True)}
    assert sorted(texts) == ["a", "b", "c", "d"]
    assert places["a"] < places["b"] == places["c"] < places["d"]
    assert len([n for n in _all(picture, "path") if n.get("marker-end")]) == 5


def test_an_arrow_passes_no_box_that_it_does_not_join():
    """Where it passes a row it goes straight down, in a room of its own."""
    picture = ElementTree.fromstring(drawn(CHART))
    boxes = _all(picture, "rect")[1:]
    spans = [(float(b.get("x")), float(b.get("x")) + float(b.get("width")), float(b.get("y"))) for b in boxes]
    down = [re.findall(r" ([\d.]+) ([\d.]+)V", path.get("d") or "") for path in _all(picture, "path")]
    passes = [(float(x), float(y)) for found in down for x, y in found]
    assert len(passes) == 1
    assert not [1 for x, y in passes for left, right, top in spans if top == y and left <= x <= right]


def _all(picture, tag):
    return [node for node in picture.iter() if node.tag.endswith(f"}}{tag}")]


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_a_picture_is_described_and_on_its_page(path):
    picture = ElementTree.fromstring(path.read_text("utf-8"))
    assert picture.get("role") == "img" and len(_all(picture, "desc")[0].text) > 60
    assert f"]({path.name})" in path.with_suffix(".md").read_text("utf-8")
    width, height = float(picture.get("width")), float(picture.get("height"))
    for box in _all(picture, "rect"):
        x, y, w, h = (float(box.get(name)) for name in ("x", "y", "width", "height"))
        assert min(x, y, width - x - w, height - y - h) >= 0


@pytest.mark.parametrize(
    ("name", "text", "asks"),
    [
        ("a.html", '<script src="https://x.org/a.js"></script>', 1),
        ("a.html", '<link rel="stylesheet" href="//x.org/a.css"><img src="http://x.org/a.png">', 2),
        ("a.html", '<a href="https://x.org">x</a><link rel="canonical" href="https://x.org">', 0),
        ("a.css", "@import 'https://x.org/f.css'; b { background: url(https://x.org/f.woff) }", 2),
        ("a.css", "b { background: url(f.woff) }", 0),
    ],
)
def test_what_would_ask_another_host_is_seen(name, text, asks, tmp_path):
    (tmp_path / name).write_text(text)
    assert len(outside(tmp_path)) == asks


def test_the_packages_of_the_site_are_locked_apart_from_the_program():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    group = {re.split("[<>=]", word)[0] for word in project["dependency-groups"]["docs"]}
    text = (ROOT / "docs/requirements.lock").read_text("utf-8")
    locked = dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert "--require-hashes --no-deps --requirement docs/requirements.lock" in makefile
    assert group <= locked.keys() and text.count("--hash=sha256:") >= len(locked)
    constraints = (ROOT / "constraints.txt").read_text("utf-8")
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)$", constraints, re.MULTILINE))
    lower = {name.lower().replace("_", "-"): version for name, version in pins.items()}
    assert {name: v for name, v in locked.items() if name in lower} == {
        name: lower[name] for name in locked if name in lower
    }
    assert not group & lower.keys()
