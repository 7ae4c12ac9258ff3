"""Scanning a sample sheet: each genome as alone, bad ones as rows with a reason, and all files valid."""

from __future__ import annotations

import random

import pandas as pd
import pytest

from gff3_rules import assert_valid
from resistance.curated.invented import GYRASE, OTHER, TAXON, TEM, dna, spacer, write_database
from riboswitch.cli import main
from riboswitch.data.calls import Calls
from riboswitch.resistance.cohort.folders import SAMPLE_COLUMNS

FILES = ("calls.parquet", "calls.tsv", "calls.gff3", "calls.bed", "rejected.tsv")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A database, genomes, and a sheet of them; three rows cannot be read."""
    folder = tmp_path_factory.mktemp("sheet")
    write_database(folder / "database")
    rng = random.Random(5)
    gap = lambda: spacer(rng, 300)  # noqa: E731
    (folder / "one.fna").write_text(f">c\n{gap()}{dna(TEM)}{gap()}{dna(OTHER)}{gap()}\n>d\n{gap()}\n")
    ring = gap() + dna(TEM) + gap()
    (folder / "ring.fna").write_text(f">c\n{ring[700:]}{ring[:700]}\n")
    (folder / "own.fna").write_text(f">c\n{gap()}{dna(GYRASE)}{gap()}\n")
    (folder / "p.faa").write_text(f">x\n{OTHER}\n")
    (folder / "reads.fna").write_text("@r\nACGT\n+\nIIII\n")
    (folder / "empty.fna").write_text(">c\n\n")
    (folder / "odd.txt").write_text(">c\nACGT\n")
    rows = ["name\tgenome\tproteins\ttaxon\ttopology", "one\tone.fna\t\t\t", "reads\treads.fna\t\t\t",
            "ring\tring.fna\t\t\tcircular", "cut\tring.fna\t\t\tlinear", "empty\tempty.fna\t\t\t",
            "odd\todd.txt\t\t\t", "proteins\t\tp.faa\t\t", f"own\town.fna\t\t{TAXON}\t"]  # fmt: skip
    (folder / "samples.tsv").write_text("\n".join(rows) + "\n")
    return folder


def scan(place, output, *words):
    main(["scan", *words, "--curated", str(place / "database"), "--output", str(output)])


@pytest.fixture(scope="module")
def scanned(place, tmp_path_factory):
    output = tmp_path_factory.mktemp("scanned")
    scan(place, output, "--samples", str(place / "samples.tsv"))
    return output


def table(path):
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)


def test_every_row_ends_as_a_scan_or_with_a_reason(place, scanned):
    samples = table(scanned / "samples.tsv")
    assert [*samples] == [*SAMPLE_COLUMNS] and samples["row"].tolist() == [*"12345678"]
    states = dict(zip(samples["sample"], samples["status"], strict=True))
    assert {name for name, state in states.items() if state == "rejected"} == {"reads", "empty", "odd"}
    assert {p.name for p in scanned.iterdir() if p.is_dir()} == {
        name for name, state in states.items() if state == "ok"
    }
    gone = samples[samples["status"] == "rejected"].set_index("sample")
    assert str(place) not in (scanned / "samples.tsv").read_text()
    assert (gone["code"] == "BAD_GENOME").all() and (gone["calls"] == "").all()
    assert "reads are out of scope" in gone.loc["reads", "reason"]
    assert gone.loc["reads", "hint"] == "Assemble them first."
    assert "does not tell the format" in gone.loc["odd", "reason"]
    kept = samples[samples["status"] == "ok"].set_index("sample")
    assert kept["calls"].astype(int).to_dict() == {"one": 2, "ring": 1, "cut": 0, "proteins": 1, "own": 0}
    assert kept.loc["own", "taxon"] == TAXON


def test_each_genome_is_scanned_as_if_it_were_alone(place, scanned, tmp_path):
    words = {"one": ["one.fna"], "ring": ["ring.fna", "--topology", "circular"], "proteins": ["p.faa"],
             "own": ["own.fna", "--taxon", TAXON]}  # fmt: skip
    for name, (file, *more) in words.items():
        scan(place, tmp_path / name, str(place / file), *more)
        for kind in FILES:
            assert (tmp_path / name / kind).read_bytes() == (scanned / name / kind).read_bytes(), (name, kind)


def test_the_topology_of_the_sheet_decides_what_lies_over_the_origin(scanned):
    ring, cut = (Calls.load(scanned / name / "calls.parquet").table for name in ("ring", "cut"))
    assert ring["flags"].tolist() == ["OVER_ORIGIN"] and set(cut["status"]) <= {"candidate"}
    features = assert_valid((scanned / "ring/calls.gff3").read_text())
    assert [kind for _, kind, *_ in features] == ["region", "CDS"]
    lines = [line.split("\t") for line in (scanned / "ring/calls.bed").read_text().splitlines()]
    length = Calls.load(scanned / "ring/calls.parquet").meta["contigs"]["c"]
    assert [(int(a), int(b)) for _, a, b, *_ in lines] == [
        (int(ring["start"][0]) - 1, length), (0, int(ring["end"][0]) - length),
    ]  # fmt: skip


def test_rows_of_the_sheet(place, tmp_path):
    scan(place, tmp_path, "--samples", str(place / "samples.tsv"), "--rows", "2-3")
    assert table(tmp_path / "samples.tsv")["sample"].tolist() == ["reads", "ring"]


def test_a_scan_that_is_refused_leaves_no_calls_of_an_earlier_one(place, tmp_path):
    (tmp_path / "g.fna").write_text((place / "one.fna").read_text())
    (tmp_path / "s.tsv").write_text("name\tgenome\na\tg.fna\n")
    scan(place, tmp_path / "out", "--samples", str(tmp_path / "s.tsv"))
    assert (tmp_path / "out/a/calls.parquet").is_file()
    (tmp_path / "g.fna").write_text(">c\n\n")
    scan(place, tmp_path / "out", "--samples", str(tmp_path / "s.tsv"))
    assert not [*(tmp_path / "out/a").iterdir()]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--taxon", "Bacterium"], "no use with --samples; found '--taxon'"),
        (["--proteins", "p.faa", "--topology", "linear"], "found '--proteins, --topology'"),
        (["a.safetensors", "b.safetensors"], "a second word"),
        (["--rows", "7-9"], "no such rows of the sheet; found '7-9'. As 1-50: first and last row, of 8"),
    ],
)
def test_what_the_sheet_says_is_not_said_beside_it(place, tmp_path, capsys, words, message):
    with pytest.raises(SystemExit):
        scan(place, tmp_path, "--samples", str(place / "samples.tsv"), *words)
    assert message in capsys.readouterr().err


def test_an_unknown_taxon_is_refused_before_any_scan(place, tmp_path, capsys):
    (place / "taxa.tsv").write_text("name\tgenome\ttaxon\na\tone.fna\t\nb\tone.fna\tBacterum\n")
    with pytest.raises(SystemExit):
        scan(place, tmp_path / "out", "--samples", str(place / "taxa.tsv"))
    said = capsys.readouterr().err
    assert "taxa.tsv row 2: the database has no such taxon" in said and "Did you mean 'Bacterium'?" in said
    assert not (tmp_path / "out").exists()


def test_rows_need_a_sheet_and_a_scan_a_genome(place, tmp_path, capsys):
    for words in (["--rows", "1-2", str(place / "one.fna")], []):
        with pytest.raises(SystemExit):
            scan(place, tmp_path, *words)
        assert "(--samples)" in capsys.readouterr().err
