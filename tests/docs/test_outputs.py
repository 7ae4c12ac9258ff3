"""docs/outputs.md describes every file that a rule writes, and every column of the tables."""

from __future__ import annotations

import re
from itertools import product

import pytest

from docs.page_blocks import ROOT, page
from riboswitch.data.merging import CURATION_COLUMNS
from riboswitch.data.predictions import KEY_COLUMNS
from riboswitch.genomes import variant_effects
from riboswitch.resistance.cohort.folders import SAMPLE_COLUMNS
from riboswitch.resistance.cohort.isolates import EVIDENCE_COLUMNS
from riboswitch.resistance.cohort.tables import CALL_COLUMNS
from riboswitch.resistance.ranking.choosing import EXCLUDED_COLUMNS
from riboswitch.scorecards import scorecard
from riboswitch.screening.promises import PROMISE_COLUMNS
from riboswitch.spaces import hits
from riboswitch.steps import explain
from riboswitch.tracks.annotation_files import SEGMENT_COLUMNS
from riboswitch.tracks.gene_files import TABLE_COLUMNS

NAMES = {
    "task": "TASK", "genome": "GENOME", "source": "NAME", "number": "N", "scatteritem": "I-of-N",
    "batch": "NUMBER", "networks": "{repeats,control}",
}  # fmt: skip
OUTPUTS = page("docs/outputs.md")


def written():
    """Every file or folder that a rule writes, with the page's words for what varies."""
    found = set()
    for rules in sorted((ROOT / "workflow/rules").glob("*.smk")):
        text = rules.read_text("utf-8")
        for block in re.findall(r"^( *)output:\n((?:\1 {4}.*\n)+)", text, re.MULTILINE):
            found |= set(re.findall(r'"((?:results|data)/[^"]+)"', block[1]))
    named = {re.sub(r"\{(\w+)\}", lambda name: NAMES[name[1]], path) for path in found}
    return {path for each in named for path in expanded(each)}


def expanded(name):
    """``calls.{tsv,bed}`` as two names."""
    parts = [part.split(",") for part in re.split(r"[{}]", name)]
    return {"".join(chosen) for chosen in product(*parts)}


def listed():
    """Files and folders of the first table of the page; a name without a folder lies beside the first."""
    found = set()
    for cell in re.findall(r"^\| (`(?:results|data|logs)/[^|]*) \|", OUTPUTS, re.MULTILINE):
        first, *others = re.findall(r"`([^`]+)`", cell)
        folder = first.rpartition("/")[0]
        names = [first, *(name if name.startswith("results/") else f"{folder}/{name}" for name in others)]
        found |= {path for name in names for path in expanded(name)}
    return found


def described(path):
    """Whether the page lists the file, or the folder that it lies in and its name below."""
    within = [folder for folder in listed() if folder.endswith("/") and f"{path}/".startswith(folder)]
    name = path.rpartition("/")[2]
    named = any(f"{path}/" == folder or f"`{name}" in OUTPUTS for folder in within)
    return path in listed() or named or any(folder.startswith(f"{path}/") for folder in listed())


def test_every_file_of_a_rule_is_described():
    assert len(written()) > 40
    assert [path for path in sorted(written()) if not described(path)] == []


@pytest.mark.parametrize("path", ["results/new.txt", "results/TASK/other.tsv", "results/cohort/others.tsv"])
def test_a_file_that_is_not_described_is_seen(path):
    assert not described(path)


def section(name, title):
    """The part of a page under a heading, with what is below it."""
    found = re.search(rf"^(#+) {re.escape(title)}$", page(name), re.MULTILINE)
    rest = page(name)[found.end() :]
    return re.split(rf"^#{{1,{len(found[1])}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


TABLES = {
    "docs/outputs.md": {
        "Left out: `excluded.csv`": EXCLUDED_COLUMNS,
        "Panel: `panel.tsv`": EVIDENCE_COLUMNS,
        "The short-list: `hits.csv`": PROMISE_COLUMNS,
        "Cohort": [*SAMPLE_COLUMNS, *CALL_COLUMNS.values()],
        "Genes": TABLE_COLUMNS,
        "Annotation": SEGMENT_COLUMNS,
        "Curation: `curation.tsv`": CURATION_COLUMNS,
        "Held-out predictions": KEY_COLUMNS,
    },
    "docs/explain.md": {
        "The table": [*explain.COLUMNS, "to"],
        "Effects of variants": variant_effects.COLUMNS,
    },
    "docs/spaces.md": {"The list": [*hits.COLUMNS]},
    "docs/scorecard.md": {"The files": [*scorecard.COLUMNS]},
}


@pytest.mark.parametrize(
    ("name", "title", "columns"),
    [(name, title, columns) for name, tables in TABLES.items() for title, columns in tables.items()],
)
def test_every_column_of_a_table_is_explained_where_the_table_is(name, title, columns):
    assert {*columns} <= {*re.findall(r"`([^`\n]+)`", section(name, title))}
