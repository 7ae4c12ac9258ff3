"""The documents keep up with the code: keys, columns, verbs and codes are all explained."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
import yaml

import riboswitch
from config_keys import KEYS, ROOT, key_rows
from docs.page_blocks import PAGES, page
from riboswitch import cli, tracks
from riboswitch.chem.descriptors.rdkit import DESCRIPTORS
from riboswitch.data import calls, curation, library, records
from riboswitch.modalities import base
from riboswitch.modalities.molecule import read as molecules
from riboswitch.modalities.sequence import read as sequences
from riboswitch.reporting import sections
from riboswitch.reporting.findings import Findings
from riboswitch.reporting.page import render
from riboswitch.resistance import compound_classes
from riboswitch.resistance.genome_calls import MEANING
from riboswitch.resistance.ranking import columns as ranking
from riboswitch.screening import nearest
from riboswitch.steps.verbs import verbs
from riboswitch.tracks.hamronization import VARIATION

SOURCE = Path(riboswitch.__file__).parent
# Words in capitals that are no rejection codes.
NOT_CODES = {
    "AUROC", "BEDROC", "BOOL", "EMBL", "FASTA", "FASTQ", "ID", "JSON", "LN", "LO", "LP", "MISSING", "NAN",
    "TIFF", "PA", "LA", "NULL", "RG", "RIBOSWITCH_MIRROR", "RMSE", "SLURM_JOB_ID", "SMILES",
    "CSV", "NO_COLOR", "PATH", "PATH_OF_THE_CLONE", "RIBOSWITCH_LOG", "SDF", "TERM", "TSV",
    "ATOM", "BEGIN", "BOND", "COUNTS", "DEFAULT", "MULT", "SGROUP", "TYPE",  # words of mol blocks
    "MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
    *(word for name in DESCRIPTORS for word in re.findall("[A-Z]{2,}(?:_[A-Z]+)*", name)),
    "HI", "LOGP", "CHGLOW",  # parts of such names
    "AMR", "INTRINSIC", "MODEL", "NOT_CORE", "OVER_ORIGIN", "SIMILAR", "SPLIT",
    *(MEANING.keys() - {"INTERNAL_STOP"}), "ARNDCQEGHILKMFPSTWYVBZXOUJ", "MLIV", *VARIATION,  # words of calls
}  # fmt: skip
# Columns that only put the compounds in order, and are dropped then.
TRANSIENT = {"outside", "again", "denied", "unfit"}
LETTERS = re.compile("[ACGTURYSWKMBDHVN]+|[A-Z]{3}|ACDEFGHIKLMNPQRSTVWY")


def explained(text):
    """Everything that stands in backticks."""
    return set(re.findall(r"`([^`\n]+)`", text))


def choices(schema):
    """The values that a key may have, also where it takes one of them or a list."""
    return [
        *schema.get("enum", ()),
        *(c for branch in schema.get("anyOf", ()) for c in branch.get("enum", ())),
    ]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_explained_with_its_default_and_its_choices(key):
    default, meaning = key_rows()[key]
    schema = KEYS[key]
    stated = schema.get("default")
    if isinstance(stated, bool | int | float) or (stated and isinstance(stated, str)):
        assert default.strip("`") == str(stated)
    for choice in choices(schema):
        assert f"`{choice}`" in default + meaning


def test_no_key_is_explained_that_is_not_there():
    options = {row for row in key_rows() if "." not in row}
    assert key_rows().keys() - options <= KEYS.keys() | {"rank.filters.NAME"}
    assert options <= KEYS.keys() | set(inspect.signature(sequences.read).parameters)


@pytest.mark.parametrize("read", [molecules.read, sequences.read], ids=["molecule", "sequence"])
def test_the_options_of_the_readers_are_explained(read):
    options = {
        n: p.default for n, p in inspect.signature(read).parameters.items() if p.kind is p.KEYWORD_ONLY
    }
    rows = key_rows()
    for name, default in options.items():
        told = rows[name if read is sequences.read else f"library.reading.{name}"][0]
        if default is not None:
            assert told.strip("`") == (str(default).lower() if isinstance(default, bool) else str(default))


@pytest.mark.parametrize(
    "columns",
    [
        calls.CALL_COLUMNS, records.REJECTION_COLUMNS, records.REQUIRED, tracks.HAMRONIZATION, tracks.OUR_OWN,
        [*set(ranking.OWN) - TRANSIENT], [library.DUPLICATE_OF],
        [*compound_classes.classify(*[pd.Series(dtype=str)] * 4, None, 0.5)],
    ],
    ids=["calls", "rejections", "records", "hamronization", "our own", "rank", "library", "compound classes"],
)  # fmt: skip
def test_columns_are_explained(columns):
    assert set(columns) <= explained(page("docs/outputs.md"))


def test_columns_of_the_short_list_are_explained():
    training = *nearest.TRAINING_COLUMNS, *nearest.NEAREST_COLUMNS, nearest.DOMAIN, nearest.FAMILIARITY
    predicted = [
        "class",
        "probability",
        "p_CLASS",
        "p_CLASS_sd",
        "TARGET",
        "TARGET_sd",
        *training,
        "TARGET_from90",
        "TARGET_to90",
        "set90",
        "p_TARGET_set90",
    ]
    whole = {*ranking.OWN, *ranking.SHORT_LIST, *(f"TASK.{name}" for name in predicted)}
    short = ranking.short_list(pd.DataFrame(columns=sorted(whole)))
    assert {"smiles", "evidence", "TASK.class"} <= set(short)
    assert set(short) <= explained(page("docs/outputs.md"))


def codes():
    """Words in capitals in the source that can only be codes, and those that the test data expect."""
    found = set(curation.CODES)
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        statements = [node for node in tree.body if not lists_public_names(node)]
        for node in (below for statement in statements for below in ast.walk(statement)):
            if isinstance(node, ast.JoinedStr):
                found |= spelt(node)
            elif isinstance(node, ast.Constant) and re.fullmatch("[A-Z]{2,}(_[A-Z]+)*", str(node.value)):
                found.add(node.value)
    for table in (ROOT / "tests/data").glob("*/cases.tsv"):
        expected = pd.read_csv(table, sep="\t", dtype=str, keep_default_na=False).iloc[:, 3]
        for cell in expected:
            if re.fullmatch("([A-Z_]+( [0-9]+)?,? ?)+", cell):
                found |= set(re.findall("[A-Z]+(?:_[A-Z]+)*", cell))
    return {code for code in found - NOT_CODES if not LETTERS.fullmatch(code) or code == "GAP"}


def lists_public_names(node):
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"


def spelt(node):
    """Codes made of an alphabet's name, as NOT_DNA."""
    first = node.values[0]
    prefix = first.value if isinstance(first, ast.Constant) else ""
    if not re.fullmatch("[A-Z]+(_[A-Z]+)*_", prefix):
        return set()
    return {f"{prefix}{word}" for word in ("DNA", "RNA", "PROTEIN")} - {"PROTEIN_IN_PROTEIN"}


def code_rows():
    section = page("docs/outputs.md").split("### Rejection codes")[1].split("\n## ")[0]
    return re.findall(r"^\| `([A-Z_]+)` \| (.+) \| (.+) \|$", section, re.MULTILINE)


def test_every_rejection_code_is_explained_once_and_no_other():
    told = [row[0] for row in code_rows()]
    assert len(told) == len(set(told))
    assert codes() == set(told)


def test_every_verb_is_explained_in_one_row_and_no_other():
    rows = re.findall(r"^\| `([\w-]+)` \| ", page("docs/commands.md"), re.MULTILINE)
    assert sorted(rows) == sorted(cli.VERBS)


def examples():
    """Files that docs/extending.md shows, by their place below the package."""
    shown = r"<!-- (\S+) -->\n\n```\w+\n(.*?)^```"
    return dict(re.findall(shown, page("docs/extending.md"), re.MULTILINE | re.DOTALL))


def imported(path, text):
    """Write a file and import it as a module of its own."""
    path.write_text(text, "utf-8")
    spec = importlib.util.spec_from_file_location(f"example_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_verb_of_the_guide_is_one(tmp_path):
    step = imported(tmp_path / "tally.py", examples()["steps/tally.py"])
    (verb,) = verbs(tmp_path).values()
    assert (verb.name, verb.public, verb.help) == ("tally", ("tally",), "Count the records of each class.")
    assert verb.panel in {other.panel for other in cli.VERBS.values()}
    (tmp_path / "rows.csv").write_text("smiles,kind\nC,a\nCC,b\nCCC,b\n")
    cli.main(["parse", str(tmp_path / "rows.csv"), "--output", str(tmp_path / "records.parquet")])
    step.command(tmp_path / "records.parquet", target="kind", output=str(tmp_path / "counts.csv"))
    assert (tmp_path / "counts.csv").read_text() == "class,records\nb,2\na,1\n"


def test_the_section_of_the_guide_is_one(tmp_path, monkeypatch):
    name = "reporting/sections/genome_list"
    imported(tmp_path / "genome_list.py", examples()[f"{name}.py"])
    (tmp_path / "genome_list.html.j2").write_text(examples()[f"{name}.html.j2"], "utf-8")
    monkeypatch.setattr(sections, "__path__", [str(tmp_path)])
    table = pd.DataFrame({"status": ["call", "candidate"]})
    html = render(Findings({}, {"<g>": calls.Calls(table, {})}, {}), "A title")
    assert "<li>&lt;g&gt;: 1 genes called</li>" in html
    assert "genes called" not in render(Findings({}, {}, {}), "A title")


def test_the_parts_of_a_modality_in_the_guide_are_those_of_the_contract():
    rows = dict(re.findall(r"^\| `(\w+)` \| (yes|no) \|", page("docs/extending.md"), re.MULTILINE))
    assert {part for part, needed in rows.items() if needed == "no"} == set(base.MISSING)
    needed = {part: object() for part, needed in rows.items() if needed == "yes"}
    assert base.Modality("toy", "toy", ("toy",), needed).parts == needed
    for part in needed:
        with pytest.raises(ValueError, match=part):
            base.Modality("toy", "toy", ("toy",), {name: needed[name] for name in needed.keys() - {part}})


def headings(name):
    """Anchors of a page, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", page(name), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("name", PAGES)
def test_links_and_anchors_lead_somewhere(name):
    for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", page(name)):
        path = (ROOT / name).parent.joinpath(target).resolve() if target else ROOT / name
        assert path.exists(), target
        assert not anchor or anchor in headings(path.relative_to(ROOT).as_posix()), anchor


def test_the_readme_is_short():
    assert len(page("README.md").splitlines()) <= 150


def test_the_index_leads_to_every_page():
    linked = set(re.findall(r"\]\(([^)#:]+)\)", page("docs/index.md")))
    notebooks = [path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/notebooks/*.ipynb")]
    pages = [name.removeprefix("docs/") for name in PAGES if name.startswith("docs/")]
    assert {*pages, *notebooks} - {"index.md"} <= linked


@pytest.mark.parametrize("name", [name for name in PAGES if name != "CHANGELOG.md"])
def test_no_heading_stands_twice_on_a_page(name):
    text = re.sub(r"^ *```.*?^ *```", "", page(name), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert len(titles) == len(set(titles))


def test_the_glossary_has_each_term_once_in_alphabetical_order():
    terms = re.findall(r"^\| \*\*(.+?)\*\* \|", page("docs/glossary.md"), re.MULTILINE)
    assert len(terms) > 50
    assert terms == sorted(set(terms), key=str.lower)


def test_the_pictures_of_the_readme_are_there_and_described():
    pictures = re.findall(r"!\[(.*?)\]\((.+?)\)", page("README.md"))
    assert {target for _, target in pictures} == {"docs/dataflow.svg", "docs/report.png"}
    assert all(description for description, _ in pictures)
    ElementTree.fromstring(page("docs/dataflow.svg"))


def test_the_figures_of_the_benchmarks_page_are_those_of_the_files():
    spec = importlib.util.spec_from_file_location("benchmarks_page", ROOT / "docs/benchmarks_page.py")
    benchmarks_page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmarks_page)
    template = page("docs/benchmarks.md.in")
    stale = "stale: run python docs/benchmarks_page.py"
    assert benchmarks_page.rendered(template) == page("docs/benchmarks.md"), stale


def test_no_decimal_figure_of_the_benchmarks_page_is_written_by_hand():
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", page("docs/benchmarks.md.in"), flags=re.DOTALL)
    assert set(re.findall(r"\d+\.\d+", text)) <= {"2.3"}  # the version of chemprop


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load(page("CITATION.cff"))
    project = tomllib.loads(page("pyproject.toml"))["project"]
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= citation.keys()
    assert (citation["version"], citation["license"]) == (project["version"], project["license"])
    assert citation["version"] in page("CHANGELOG.md")
