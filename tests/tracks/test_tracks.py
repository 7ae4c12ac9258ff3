from __future__ import annotations

import random
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pytest
from Bio.Seq import Seq
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from riboswitch.bio.annotation.gff3 import read_gff3
from riboswitch.errors import UsageError
from riboswitch.genomes.orfs import find_orfs
from riboswitch.tracks import COLUMNS, HAMRONIZATION, OUR_OWN, write_bed, write_gff3, write_hamronization

CALL = {
    "genome": "some/where/jmh43.fna.gz",
    "contig": "NZ_1.1",
    "start": 1185,
    "end": 3110,
    "strand": "-",
    "orf_id": "orf_1",
    "locus_tag": "KFX61_RS19345",
    "drug_class": "tetracycline",
    "probability": 0.98765,
    "q_value": 1e-9,
    "status": "call",
    "novelty": False,
    "nearest_gene": "tet(Q)",
    "nearest_accession": "L33696",
    "identity": 0.9703,
    "coverage": 1.0,
    "antibiotics": "doxycycline;tetracycline",
    "gene_length_aa": 641,
    "reference_length_aa": 641,
}


def calls(*changes: dict) -> pd.DataFrame:
    return pd.DataFrame([CALL | change for change in changes], columns=COLUMNS)


def features(path: Path) -> list:
    with open(path, encoding="utf-8") as handle:
        return read_gff3(handle).features


def translated(contig: str, start: int, end: int, strand: str) -> str:
    """Protein of bases ``start`` (from 0) to ``end``, without the first residue, by Biopython."""
    dna = Seq(contig)[start:end]
    return str((dna if strand == "+" else dna.reverse_complement()).translate(table=11)).removesuffix("*")[1:]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_places_written_are_places_that_hold_the_proteins(tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("tracks")
    contig = "".join(random.Random(seed).choices("ACGT", k=400))
    orfs = find_orfs(contig, 8, contig="c")
    assert {"+", "-"} == {o.strand for o in orfs}
    assume(any(o.start <= 3 for o in orfs) and any(o.end >= len(contig) - 2 for o in orfs))
    table = calls(
        *(
            {"contig": o.contig, "start": o.start, "end": o.end, "strand": o.strand, "orf_id": f"o{i}"}
            for i, o in enumerate(orfs)
        )
    )
    write_gff3(table, folder / "x.gff3", contig_lengths={"c": len(contig)})
    write_bed(table, folder / "x.bed")
    proteins = [o.protein[1:] for o in orfs]
    from_gff = [translated(contig, f.start - 1, f.end, f.strand) for f in features(folder / "x.gff3")]
    lines = [line.split("\t") for line in (folder / "x.bed").read_text().splitlines()]
    from_bed = [translated(contig, int(c[1]), int(c[2]), c[5]) for c in lines]
    assert from_gff == from_bed == proteins


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(lambda s: s == s.strip()))
def test_any_text_survives_gff3(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("gff") / "x.gff3"
    contig = "".join(text.split())
    write_gff3(calls({"nearest_gene": text, "contig": contig}), path, contig_lengths={contig: 5000})
    (feature,) = features(path)
    assert feature.attributes["nearest_gene"] == feature.attributes["Name"] == text
    assert feature.contig == contig
    assert len(path.read_text("utf-8").split("\n")) == 4


def test_gff3_line(tmp_path):
    write_gff3(calls({}), tmp_path / "x.gff3", contig_lengths={"NZ_1.1": 4000})
    assert (tmp_path / "x.gff3").read_text() == (
        "##gff-version 3\n##sequence-region NZ_1.1 1 4000\n"
        "NZ_1.1\triboswitch\tCDS\t1185\t3110\t0.98765\t-\t0\tID=orf_1;Name=tet(Q);locus_tag=KFX61_RS19345;"
        "drug_class=tetracycline;probability=0.98765;q_value=1e-09;status=call;novelty=false;"
        "nearest_gene=tet(Q);nearest_accession=L33696;identity=0.9703;coverage=1;color=#b2182b\n"
    )


def test_bed_line(tmp_path):
    write_bed(
        calls({}, {"probability": 1.0, "nearest_gene": None, "drug_class": "a b\té"}), tmp_path / "x.bed"
    )
    assert (tmp_path / "x.bed").read_text().splitlines() == [
        "NZ_1.1\t1184\t3110\ttet(Q)|tetracycline\t988\t-\t1184\t3110\t178,24,43",
        "NZ_1.1\t1184\t3110\ta_b__\t1000\t-\t1184\t3110\t178,24,43",
    ]


def test_candidates_are_distinguished_from_calls(tmp_path):
    table = calls({}, {"status": "candidate"}, {"status": "candidate", "nearest_gene": None})
    write_gff3(table, tmp_path / "x.gff3")
    write_bed(table, tmp_path / "x.bed")
    told = [(f.kind, f.attributes["status"], f.attributes["color"]) for f in features(tmp_path / "x.gff3")]
    assert told == [("CDS", "call", "#b2182b"), *[("ORF", "candidate", "#969696")] * 2]
    lines = [line.split("\t") for line in (tmp_path / "x.bed").read_text().splitlines()]
    assert [line[3] for line in lines] == [
        "tet(Q)|tetracycline", "tet(Q)|tetracycline|candidate", "tetracycline|candidate",
    ]  # fmt: skip
    assert [line[6:] for line in lines] == [
        ["1184", "3110", "178,24,43"], *[["1184", "1184", "150,150,150"]] * 2,
    ]  # fmt: skip


def test_the_mechanism_is_named_where_it_is_known(tmp_path):
    table = calls({}, {}).assign(mechanism=["ribosomal protection", None])
    write_hamronization(table, tmp_path / "x.tsv")
    read = pd.read_csv(tmp_path / "x.tsv", sep="\t", dtype=str, keep_default_na=False)
    assert read["resistance_mechanism"].tolist() == ["ribosomal protection", ""]


def test_a_call_never_names_a_phenotype(tmp_path):
    write_hamronization(calls({}), tmp_path / "x.tsv")
    read = pd.read_csv(tmp_path / "x.tsv", sep="\t", dtype=str, keep_default_na=False)
    assert (read[["predicted_phenotype", "predicted_phenotype_confidence_level"]] == "").all(axis=None)
    assert not read.isin(["S", "I", "R", "susceptible", "intermediate", "resistant"]).any(axis=None)


def test_the_columns_are_those_of_the_specification():
    """Those that PHA4GE requires, and as many as it names."""
    required = {
        "analysis_software_name", "analysis_software_version", "gene_name", "gene_symbol",
        "genetic_variation_type", "input_file_name", "reference_accession", "reference_database_name",
        "reference_database_version",
    }  # fmt: skip
    assert required <= set(HAMRONIZATION)
    assert len(HAMRONIZATION) == len(set(HAMRONIZATION)) == 36


def test_hamronization_row(tmp_path):
    write_hamronization(calls({}), tmp_path / "x.tsv", database_version="2024-08-06")
    table = pd.read_csv(tmp_path / "x.tsv", sep="\t", dtype=str, keep_default_na=False)
    assert list(table.columns) == [*HAMRONIZATION, *OUR_OWN]
    told = {name: value for name, value in table.iloc[0].items() if value}
    assert told == {
        "input_file_name": "jmh43",
        "gene_symbol": "tet(Q)",
        "gene_name": "tet(Q)",
        "reference_database_name": "ResFinder",
        "reference_database_version": "2024-08-06",
        "reference_accession": "L33696",
        "analysis_software_name": "riboswitch",
        "analysis_software_version": version("riboswitch"),
        "genetic_variation_type": "gene_presence_detected",
        "antimicrobial_agent": "doxycycline;tetracycline",
        "coverage_percentage": "100.0",
        "drug_class": "tetracycline",
        "input_gene_length": "1926",
        "input_gene_start": "1185",
        "input_gene_stop": "3110",
        "input_protein_length": "641",
        "input_sequence_id": "NZ_1.1",
        "reference_protein_length": "641",
        "strand_orientation": "-",
        "sequence_identity": "97.03",
        "orf_id": "orf_1",
        "locus_tag": "KFX61_RS19345",
        "probability": "0.98765",
        "q_value": "1e-09",
        "status": "call",
        "novelty": "false",
    }


@pytest.mark.parametrize("nothing", [None, float("nan"), ""])
def test_unknown_values_are_left_out(tmp_path, nothing):
    names = ("locus_tag", "q_value", "nearest_gene", "nearest_accession", "identity", "coverage")
    table = calls(dict.fromkeys(names, nothing), {})
    write_gff3(table, tmp_path / "x.gff3")
    write_hamronization(table, tmp_path / "x.tsv")
    assert set(features(tmp_path / "x.gff3")[0].attributes) == {
        "ID", "drug_class", "probability", "status", "novelty", "color",
    }  # fmt: skip
    read = pd.read_csv(tmp_path / "x.tsv", sep="\t", dtype=str, keep_default_na=False)
    assert (
        read.loc[0, ["gene_symbol", "sequence_identity", "coverage_percentage", "q_value"]].tolist()
        == [""] * 4
    )
    assert read.loc[1, "reference_protein_length"] == "641"


def test_no_calls_still_make_files(tmp_path):
    write_gff3(calls(), tmp_path / "x.gff3")
    write_bed(calls(), tmp_path / "x.bed")
    write_hamronization(calls(), tmp_path / "x.tsv")
    assert (tmp_path / "x.gff3").read_text() == "##gff-version 3\n"
    assert (tmp_path / "x.bed").read_text() == ""
    assert len((tmp_path / "x.tsv").read_text().splitlines()) == 1


@pytest.mark.parametrize("write", [write_gff3, write_bed, write_hamronization])
def test_missing_columns_are_named_and_nothing_is_written(tmp_path, write):
    with pytest.raises(UsageError, match="lack columns; found 'strand, identity'"):
        write(calls({}).drop(columns=["identity", "strand"]), tmp_path / "x")
    assert list(tmp_path.iterdir()) == []
