"""A feature that no step needs does not refuse a genome, however wrong it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.scanning import bench, refused, scanned  # noqa: F401

CASE = Path(__file__).parents[1] / "data/cases/unused_feature_past_end"
GFF = (CASE / "bakta.gff").read_text()


def test_the_case(bench, tmp_path, capsys):  # noqa: F811
    calls, left_out = scanned(bench, CASE / "genome.fna", tmp_path, "--annotation", CASE / "bakta.gff")
    assert calls.meta["counts"]["annotated_cds"] == 1
    assert left_out[["row", "id", "input", "code"]].values.tolist() == [[5, "X_2", "tmRNA", "PAST_END"]]
    note, summary = capsys.readouterr().err.splitlines()
    assert "bakta.gff line 5, tmRNA X_2: the feature ends at 3154" in note and "not needed ignored" in note
    assert "ignored_features 1" in summary


@pytest.mark.parametrize(
    "line",
    ["contig_1\tx\ttRNA\t9\t5\t.\t+\t.\tID=t", "contig_1\tx\ttRNA\t0\t5\t.\t+\t.\tID=t",
     "gone\tx\ttRNA\t1\t5\t.\t+\t.\tID=t", "contig_1\tx\ttRNA\t1\t5\t.\tx\t.\tID=t",
     "contig_1\tx\ttRNA\t1\t5\t.\t+\t9\tID=t", "contig_1\tx\ttRNA\t1\t5\t.\t+\t.", "contig_1\tx"],
)  # fmt: skip
def test_others_of_its_kind(bench, tmp_path, line):  # noqa: F811
    (tmp_path / "a.gff").write_text(GFF.replace("contig_1\tx\ttmRNA", f"{line}\ncontig_1\tx\ttmRNA"))
    calls, left_out = scanned(
        bench, CASE / "genome.fna", tmp_path / "out", "--annotation", tmp_path / "a.gff"
    )
    assert calls.meta["counts"]["annotated_cds"] == 1 and left_out["row"].tolist() == [5, 6]


def test_needed_features_that_are_mostly_wrong_refuse_the_annotation(bench, tmp_path, capsys):  # noqa: F811
    (tmp_path / "a.gff").write_text(GFF.replace("1012\t1872", "1012\t9872"))
    line = refused(
        bench, CASE / "genome.fna", tmp_path / "out", "--annotation", tmp_path / "a.gff", capsys=capsys
    )
    assert "a.gff line 4: 1 of 1 features cannot be used, first X_1: the feature ends at 9872" in line
    assert "Give the annotation of this genome, or none." in line


FLAT = """LOCUS       c1 3084 bp DNA linear
FEATURES             Location/Qualifiers
     tmRNA           2884..3154
                     /locus_tag="X_2"
     CDS             1012..1872
                     /locus_tag="X_1"
     tRNA            order(1..9,)
ORIGIN
"""


def test_the_same_in_genbank(bench, tmp_path):  # noqa: F811
    letters = "".join((CASE / "genome.fna").read_text().split("\n")[1:]).lower()
    lines = [f"{i + 1:>9} {letters[i : i + 60]}\n" for i in range(0, len(letters), 60)]
    (tmp_path / "g.gbk").write_text(FLAT + "".join(lines) + "//\n")
    calls, left_out = scanned(bench, tmp_path / "g.gbk", tmp_path / "out")
    assert calls.meta["counts"]["annotated_cds"] == 1
    assert left_out[["row", "id", "input", "code"]].values.tolist() == [
        [3, "X_2", "tmRNA", "PAST_END"], [7, "", "tRNA", "BAD_LOCATION"],
    ]  # fmt: skip
