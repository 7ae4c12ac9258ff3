"""Laws of the page: nothing from outside, every name escaped, and equal results give equal bytes."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
from pathlib import Path

import pytest

from mutations import each_change
from reporting.results import (
    EVIL,
    Reader,
    compound,
    gene,
    made,
)
from riboswitch import modalities
from riboswitch.errors import InputError, UsageError
from riboswitch.io.atomic_files import write_json
from riboswitch.io.strict_json import read_json
from riboswitch.reporting import sections
from riboswitch.reporting.html import script
from riboswitch.reporting.page import find_sections
from riboswitch.steps.report import command, report

HERE = Path(sections.__file__).parent


# Chemistry, biology, or a file of modalities/ that is not of the contract.
NAMES_A_MODALITY = r"riboswitch\.(chem|bio)\b|modalities\.(?!(base|parts|optional_parts)\b)\w+"

LARGE = 5.0  # MB


def test_nothing_is_loaded_from_outside(folder):
    html = made(folder, genes=[gene()], compounds=[compound(1, name="http://evil.example/x.png")])
    read = Reader(html)
    assert read.loaded == []
    assert not {"link", "iframe", "img", "object", "base"} & set(read.tags)
    assert not re.search(r"url\(|@import|@font-face|fetch\(|XMLHttpRequest|import\(", html)


def test_a_browser_runs_the_scripts_of_the_package_alone(folder):
    html = made(folder)
    digest = base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()
    assert f"script-src &#39;sha256-{digest}&#39;" in html and "default-src &#39;none&#39;" in html
    assert Reader(html).scripts[-1] == str(script())
    assert not re.search("innerHTML|outerHTML|insertAdjacent|document.write|eval", str(script()))


def test_names_are_text_and_never_markup(folder):
    html = made(
        folder,
        compounds=[compound(1, name=EVIL, evidence=EVIL, id=EVIL), compound(2, name=EVIL, compromised=True)],
        genes=[gene(nearest_gene=EVIL, antibiotics=EVIL, contig="ctg1"), gene("candidate", why=EVIL)],
    )
    read = Reader(html)
    assert read.tags.count("script") == 2 == len(read.scripts) and "<" not in read.scripts[0]
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 8
    values = {column["name"]: column.get("values") for column in read.hits["columns"]}
    assert EVIL not in html and EVIL in values["id"]


@pytest.mark.parametrize("max_mb", [0.08, 0.09, 0.1, LARGE])
def test_the_page_is_never_larger_than_max_mb_and_says_what_it_left_out(folder, max_mb):
    results, data = folder(compounds=[compound(i) for i in range(1, 101)])
    html = report(results, data, title="A title", genome="alpha", max_mb=max_mb)[0]
    assert len(html.encode()) <= max_mb * 1e6
    read = Reader(html)
    lines, drawings = len(read.hits["hits"]), sum(hit[0] >= 0 for hit in read.hits["hits"])
    said = re.search(r"first ([0-9]+) of ([0-9]+) hits and draws the first ([0-9]+)", read.said)
    assert (said is None) == (max_mb == LARGE)
    if said:
        assert (int(said[1]), int(said[3])) == (lines, drawings)
        assert drawings < int(said[2])


def test_a_page_that_cannot_be_so_small_is_refused(folder):
    results, data = folder()
    with pytest.raises(UsageError, match="larger than max_mb"):
        report(results, data, title="A title", genome="alpha", max_mb=0.001)


def test_equal_results_give_equal_bytes(folder, tmp_path):
    results, data = folder(genes=[gene(), gene("candidate", contig="ctg2", start=5, end=300)])
    for name in ("a", "b"):
        page, numbers = tmp_path / f"{name}.html", tmp_path / f"{name}.json"
        command(results, data, output=page, genome="alpha", metrics=numbers)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert str(tmp_path) not in (tmp_path / "a.html").read_text()
    assert set(json.loads((tmp_path / "a.json").read_text())) == {"drug_class", "solubility"}


def test_the_contents_lead_to_sections(folder):
    read = Reader(made(folder))
    assert read.links and set(read.links) <= read.ids


def test_the_report_names_no_modality():
    for path in [*HERE.parent.rglob("*.py"), *HERE.parent.rglob("*.j2"), HERE.parent / "hits/columns.tsv"]:
        text = path.read_text("utf-8")
        assert not re.search(NAMES_A_MODALITY, text), path.name
        assert not set(re.findall(r"[\"'](\w+)[\"']", text)) & (set(modalities.names()) - {"text"}), path.name


def test_a_section_is_one_file_and_its_template(folder, tmp_path, monkeypatch):
    (tmp_path / "toy.py").write_text(
        "from riboswitch.reporting.sections import Section\n"
        "def contents(findings):\n"
        "    return {'names': list(findings.tasks)} if findings.ranking else None\n"
        "SECTION = Section('A toy section', 25, contents)\n"
    )
    (tmp_path / "toy.html.j2").write_text("<p>Tasks: {{ names | join(' and ') }}.</p>\n")
    monkeypatch.setattr(sections, "__path__", [*sections.__path__, str(tmp_path)])
    read = Reader(made(folder))
    silent = {
        "audits",
        "cannot_be_called",
        "check",
        "cohort",
        "panel",
        "scorecards",
        "curation",
    }  # which have nothing to say here
    assert read.links == [name for name in find_sections() if name not in silent]
    assert read.links.index("toy") == 2
    assert "A toy section Tasks: drug_class and solubility." in read.said
    assert "A toy section" not in report(*folder(), title="")[0]


def test_every_section_has_a_template_and_every_template_a_section():
    templates = {p.name.removesuffix(".html.j2") for p in HERE.glob("*.html.j2")}
    assert templates == set(find_sections())
    titles = [section.title for section in find_sections().values()]
    assert len(set(titles)) == len(titles)


def test_a_list_of_another_ranking_is_refused(folder):
    results, data = folder()
    (results / "hits.csv").write_text("rank,id\n1,STRANGER\n")
    with pytest.raises(InputError, match=r"hits\.csv row 1.*not of the ranking"):
        report(results, data, title="", genome="alpha")


def test_an_unknown_genome_is_refused(folder):
    with pytest.raises(InputError, match="There are: alpha, beta"):
        report(*folder(), title="", genome="gamma")


FILES = ["counts.json", "library/library.json", "drug_class/counts.json", "drug_class/metrics.json",
         "solubility/metrics.json", "../data/molecules/SOURCE.json"]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_of_json_is_reported_or_named(folder, name):
    results, data = folder(genes=[gene()])
    path = results / name
    whole, said = read_json(path), {}
    for what, changed in each_change(whole, random.Random(name), some=2):
        write_json(changed, path)
        try:
            report(results, data, title="A title", genome="alpha")
        except InputError as error:
            assert path.name in str(error)
            said[what] = str(error)
    assert len(said) > len(whole)
