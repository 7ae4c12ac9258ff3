"""LOCUS lines as programs write them: the length is that of the sequence, whatever the line looks like."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.scanning import bench, refused, scanned  # noqa: F401
from riboswitch.bio.genome import read_genome

CASE = Path(__file__).parents[1] / "data/cases/locus_line"
TEXT = (CASE / "genome.gb").read_text()
OTHER = TEXT.replace("p1", "p2")
FIRST = TEXT[: TEXT.index("DEFINITION")]


@pytest.mark.parametrize(("file", "name", "genes"), [
    ("genome.gb", "p1.1", 0), ("other.gb", "NODE_1_length_3084_cov_125.123456", 1),
])  # fmt: skip
def test_the_case(bench, tmp_path, file, name, genes):  # noqa: F811
    calls, left_out = scanned(bench, CASE / file, tmp_path)
    assert calls.meta["contigs"] == {name: 3084} and left_out.empty
    assert calls.meta["counts"]["annotated_cds"] == genes
    assert read_genome(CASE / file).circular == ({name} if genes else set())


LINES = [
    "LOCUS       c9 3084 bp DNA linear BCT 14-OCT-2024\n", "LOCUS       c9 3084 bp\n", "LOCUS       c9\n",
    "LOCUS       c9 DNA circular\n", "LOCUS c9 3084 bp dna Linear bct 14-oct-2024\n", "LOCUS\tc9\t3084 bp\n",
    "LOCUS       c9 3084 BP DNA\n", f"LOCUS       {'c9' * 60} 3084 bp DNA linear UNK\n",
    "LOCUS       c9 3084 bp DNA\n            linear BCT\n14-OCT-2024\n",
    "LOCUS       c9\n3084 bp DNA linear\n",
    "LOCUS       c93084 bp DNA linear\n", "LOCUS       3084 bp DNA linear\n", "LOCUS\n",
    "LOCUS       c9 3084 bp ss-RNA linear 14-OCT-2024\n",
]  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_others_of_its_kind(tmp_path, line):
    (tmp_path / "g.gb").write_text(TEXT.replace(FIRST, line))
    genome = read_genome(tmp_path / "g.gb")
    assert genome.lengths == {"p1.1": 3084} and not genome.rejected
    assert genome.circular == ({"p1.1"} if "circular" in line else set())
    bare = (
        TEXT.replace(FIRST, line)
        .replace("ACCESSION   p1", "ACCESSION")
        .replace("VERSION     p1.1", "VERSION")
    )
    (tmp_path / "g.gb").write_text(bare)
    if "c9" in line:
        assert next(iter(read_genome(tmp_path / "g.gb").contigs)).startswith("c9")


@pytest.mark.parametrize(("line", "code", "words"), [
    ("LOCUS       c9 3085 bp DNA linear\n", "WRONG_LENGTH", "states 3085 letters and has 3084"),
    ("LOCUS       NODE_3_cov_81.3085 bp DNA linear\n", "WRONG_LENGTH", "name and length are run together"),
])  # fmt: skip
def test_a_length_that_is_not_that_of_the_sequence(bench, tmp_path, capsys, line, code, words):  # noqa: F811
    (tmp_path / "g.gb").write_text(TEXT.replace(FIRST, line))
    assert words in refused(bench, tmp_path / "g.gb", tmp_path / "out", capsys=capsys)
    (tmp_path / "two.gb").write_text(TEXT.replace(FIRST, line) + TEXT.replace("p1", "p2"))
    calls, left_out = scanned(bench, tmp_path / "two.gb", tmp_path / "out")
    assert list(calls.meta["contigs"]) == ["p2.1"] and left_out["code"].tolist() == [code]


def test_advice_names_what_to_do(bench, tmp_path, capsys):  # noqa: F811
    (tmp_path / "g.gb").write_text(TEXT.replace("3084 bp", "3085 bp"))
    line = refused(bench, tmp_path / "g.gb", tmp_path / "out", capsys=capsys)
    assert "annotate with shorter contig names" in line


@pytest.mark.parametrize(("text", "lengths", "codes"), [
    (TEXT.rstrip().removesuffix("//"), {"p1.1": 3084}, []),
    (TEXT.rstrip().removesuffix("//") + TEXT.replace("p1", "p2"), {"p1.1": 3084, "p2.1": 3084}, []),
    (TEXT + "rubbish\n//\n", {"p1.1": 3084}, ["BAD_RECORD"]),
    (TEXT + TEXT, {"p1.1": 3084}, ["DUPLICATE_ID"]),
    (f"{TEXT}{OTHER[: OTHER.index('ORIGIN')]}CONTIG      join(x)\n//\n", {"p1.1": 3084}, ["NO_SEQUENCE"]),
    (TEXT + TEXT.replace("p1", "p2").replace("acttacttct", "acttaJttct"), {"p1.1": 3084}, ["NOT_DNA"]),
    (TEXT.replace("FEATURES             Location/Qualifiers\n", ""), {"p1.1": 3084}, []),
    (TEXT.replace("DEFINITION  d.", "DEFINITION  \udce9\udce8."), {"p1.1": 3084}, []),
    (TEXT.replace("\n", "\r\n"), {"p1.1": 3084}, []),
])  # fmt: skip
def test_entries_are_read_one_by_one(tmp_path, text, lengths, codes):
    (tmp_path / "g.gb").write_bytes(text.encode("utf-8", "surrogateescape"))
    genome = read_genome(tmp_path / "g.gb")
    assert genome.lengths == lengths and [r.code for r in genome.rejected] == codes


def test_a_file_that_was_cut_off_is_refused(bench, tmp_path, capsys):  # noqa: F811
    (tmp_path / "g.gb").write_text(TEXT + TEXT.replace("p1", "p2")[:3000])
    line = refused(bench, tmp_path / "g.gb", tmp_path / "out", capsys=capsys)
    assert "record 2: the file ends inside a record. Copy or download it again." in line
