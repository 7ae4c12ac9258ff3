"""VCF: every allele is a variant, and what is none says why."""

from __future__ import annotations

import gzip

import pytest
from Bio import bgzf

from riboswitch.errors import InputError
from riboswitch.genomes.vcf import read_vcf

HEAD = "##fileformat=VCFv4.3\n##contig=<ID=chr1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
ROWS = (
    "chr1\t3\trs1\tg\tA,t\t.\t.\t.\n"
    "chr1\t5\t.\tAC\tA\t50\tPASS\tDP=3\tGT\t0/1\n"
    "chr1\t6\t.\tC\t<DEL>\t.\t.\t.\n"
    "chr1\t7\t.\tC\t*\t.\t.\t.\n"
    "chr1\t7\t.\tC\tG]chr1:9]\t.\t.\t.\n"
    "chr1\t7\t.\tC\t.TTG\t.\t.\t.\n"
    "chr1\t7\t.\tC\t.\t.\t.\t.\n"
    "chr1\t7\t.\tC\tc\t.\t.\t.\n"
    "chr1\t7\t.\tR\tC\t.\t.\t.\n"
    "chr1\t7\t.\tC\tR\t.\t.\t.\n"
    "chr1\t0\t.\tC\tG\t.\t.\t.\n"
    "chr1\tseven\t.\tC\tG\t.\t.\t.\n"
    "chr1\t7\tC\tG\n"
)
CODES = [
    *["", "", "", "SYMBOLIC_ALLELE", "SPANNING_DELETION", "BREAKEND", "BREAKEND", "NO_VARIANT", "NO_VARIANT"],
    *["BAD_ALLELE", "BAD_ALLELE", "BAD_LOCATION", "BAD_LOCATION", "RAGGED_ROW"],
]


def write(path, text):
    opened = {".gz": gzip.open, ".bgz": bgzf.open}.get(path.suffix, open)
    with opened(path, "wt") as handle:
        handle.write(text)
    return path


@pytest.mark.parametrize("name", ["a.vcf", "a.vcf.gz", "a.vcf.bgz"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_allele_is_there_with_its_code(tmp_path, name, end):
    found = list(read_vcf(write(tmp_path / name, (HEAD + ROWS).replace("\n", end))))
    assert [v.problem.code if v.problem else "" for v in found] == CODES
    assert [(v.row, v.id, v.pos, v.ref, v.alt) for v in found[:3]] == [
        (1, "rs1", 3, "G", "A"), (1, "rs1", 3, "G", "T"), (2, "chr1:5:AC>A", 5, "AC", "A"),
    ]  # fmt: skip
    assert found[-1].row == ROWS.count("\n")
    assert all(v.problem.reason for v in found if v.problem)


def test_lines_between_the_rows_are_none(tmp_path):
    path = write(tmp_path / "a.vcf", HEAD + "\n# a remark\n" + ROWS.splitlines()[1] + "\n\n")
    assert [v.row for v in read_vcf(path)] == [1]
    assert list(read_vcf(write(tmp_path / "b.vcf", HEAD))) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("chr1\t3\t.\tA\tC\t.\t.\t.\n", "VCF of version 4"),
        ("##fileformat=VCFv3.3\n", "VCF of version 4"),
        (HEAD.replace("#CHROM\tPOS", "#CHROM POS"), "column names"),
        ("##fileformat=VCFv4.2\nchr1\t3\t.\tA\tC\t.\t.\t.\n", "line 2"),
        ("##fileformat=VCFv4.2\n##x\n", "cut off"),
    ],
)
def test_a_file_that_is_no_vcf_is_refused(tmp_path, text, says):
    with pytest.raises(InputError, match=says):
        list(read_vcf(write(tmp_path / "a.vcf", text)))


def test_a_truncated_compressed_file_is_reported(tmp_path):
    path = write(tmp_path / "a.vcf.gz", HEAD + ROWS * 50)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match="ends too early"):
        list(read_vcf(path))


def test_a_row_that_is_no_text_is_rejected_only_where_it_is_used(tmp_path):
    row = ROWS.splitlines()[1]
    path = tmp_path / "a.vcf"
    path.write_bytes(
        HEAD.encode() + f"{row}\n".encode() + f"{row};x=".encode() + b"\xdf\n\xdf" + row.encode() + b"\n"
    )
    found = {v.row: v.problem.code if v.problem else "" for v in read_vcf(path)}
    assert found[3] == "BAD_ENCODING" and found[1] == found[2]
