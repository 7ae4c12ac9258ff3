"""The configuration that is written: any names, valid for each sort of good input."""

import hashlib
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from intake.files import assay, fasta, genbank, library
from riboswitch.config import strict_yaml
from riboswitch.config.checks import check_names
from riboswitch.config.data_files import check_files
from riboswitch.config.loading import defaults, load, validate
from riboswitch.errors import UsageError
from riboswitch.intake import config_text
from riboswitch.intake.analysis import RESERVED, Columns, look_at
from riboswitch.intake.told import understood
from riboswitch.modalities import offers

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "workflow/schemas/config.schema.json"
ODD = "it's (my) [file], {no}".replace("{no}", "#7 é: x")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def valid(analysis, path):
    """The configuration as the workflow reads it."""
    path.write_text(config_text.config_text(analysis), "utf-8")
    config = load(path)
    validate(config, SCHEMA)
    config = defaults(config, SCHEMA)
    check_names(config, offers())
    check_files(config)
    return config


@given(texts)
def test_a_text_is_read_as_it_was_written(text):
    assert strict_yaml.read(f"key: {config_text.scalar(text)} # why\n") == {"key": text}
    assert strict_yaml.read(f"key: {{a: {config_text.scalar_in_braces(text)}}} # why\n") == {
        "key": {"a": text}
    }
    assert "\n" not in config_text.scalar(text) + config_text.scalar_in_braces(text)
    assert strict_yaml.read(f"key: 1 # {config_text.one_line(text)}\n") == {"key": 1}


def test_public_data_are_those_of_the_default_configuration():
    known = load(ROOT / "config/config.yaml")["data"]
    assert config_text.public_sources() == {name: known[name] for name in config_text.public_sources()}
    assert {*config_text.public_sources()} < {*RESERVED}


SORTS = {
    "one genome, CSV": (["a.fna"], "l.csv", None, {}),
    "two genomes": (["a.fna", "b.gbk"], "l.csv", None, {}),
    "odd names": ([f"{ODD}.fna.gz", "library.fna", "123.fna"], f"{ODD}.csv", None, {}),
    "0 and 1": (["a.fna"], "l.csv", (["1", "0"] * 30, "id,smiles,active"), {}),
    "words": (["a.fna"], "l.csv", (["Yes", "No"] * 30, "id,smiles,x: #y's {z}"), {}),
    "numbers": (["a.fna"], "l.csv", ([str(i) for i in range(60)], "id,smiles,zone (mm)"), {}),
    "named columns": (["a.fna"], "l.csv", (["1", "0"] * 30, "id,smiles,active"),
                      {"of_library": Columns("SMILES", "Compound ID"),
                       "of_activity": Columns("smiles", "id")}),
}  # fmt: skip


def looked_at(folder, sort):
    genomes, compounds, labelled, options = SORTS[sort]
    # Each genome is another one.
    made = [
        genbank(folder / name) if name.endswith("gbk") else fasta(folder / name, (2000 + i, 500))
        for i, name in enumerate(genomes)
    ]
    activity = None
    if labelled:
        labels, head = labelled
        activity = f"{assay(folder / 'my assay.csv', labels, head)}:{head.split(',')[-1]}"
    return look_at(made, library(folder / compounds), activity, **options)


@pytest.mark.parametrize("sort", SORTS)
def test_each_sort_of_good_input_gives_a_valid_configuration(tmp_path, sort):
    analysis = looked_at(tmp_path, sort)
    config = valid(analysis, tmp_path / "config.yaml")
    names = list(analysis.genomes)
    assert set(config["genomes"]) == set(names)
    assert config["rank"].get("genomes", [config["rank"].get("genome")]) == names
    for name, source in config["data"].items():
        if source["licence"] == "your own":
            path = Path(source["source"].removeprefix("file:"))
            assert path.is_absolute(), name
            assert source["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    task = config["tasks"]["activity"]
    assert ("check" in config) == (analysis.assay is None) == ("held_out" in task["parse"])
    if analysis.assay:
        assert (task["kind"], task["targets"]) == (analysis.assay.kind, [analysis.assay.column])
        assert task["parse"]["sources"][0].get("labels", {}) == analysis.assay.labels
    assert all(line == line.rstrip() and len(line) < 200 for line in understood(analysis))


def test_every_section_says_why(tmp_path):
    analysis = looked_at(tmp_path, "one genome, CSV")
    text = config_text.config_text(analysis)
    assert yaml.safe_load(text).keys() == {
        "data", "genomes", "tasks", "scan", "library", "screen", "rank", "check", "report",
    }  # fmt: skip
    assert text.count(" # ") > 20


def test_names_of_genomes_are_of_letters_and_each_is_there_once(tmp_path):
    files = [
        fasta(tmp_path / name, (900 + i,))
        for i, name in enumerate(["a b.fna", "a-b.fa", "A_B.fasta", "growth.fna", "é.fna"])
    ]
    names = list(look_at(files, library(tmp_path / "l.csv")).genomes)
    assert names == ["a_b", "a_b_2", "A_B_3", "growth_2", "genome"]


def test_what_fits_no_file_is_refused(tmp_path):
    genome, compounds = fasta(tmp_path / "a.fna"), library(tmp_path / "l.csv")
    braces = fasta(tmp_path / "{a}.fna")
    with pytest.raises(UsageError, match="braces"):
        look_at([braces], compounds)
    with pytest.raises(UsageError, match="no assay whose labels"):
        look_at([genome], compounds, active=["yes"])
    with pytest.raises(UsageError, match="there is no genome"):
        look_at([], compounds)
    from riboswitch.errors import InputError

    (tmp_path / "copy.fna").write_bytes(genome.read_bytes())
    for again in (genome, tmp_path / "copy.fna"):
        with pytest.raises(InputError, match="the same genome is given twice"):
            look_at([genome, again], compounds)
