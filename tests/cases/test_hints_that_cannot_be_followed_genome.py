"""Hints of the verbs for genomes name only what these verbs have."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from cases.scanning import bench, refused, scanned  # noqa: F401
from riboswitch.cli import main
from untrained import bundle

CASE = Path(__file__).parents[1] / "data/cases/hints_that_cannot_be_followed"
NOT_OURS = re.compile("alphabet (protein|rna|dna)|gaps: |rna: true|max_ambiguous")


@pytest.mark.parametrize(("file", "hint"), [
    ("u.fna", "It is RNA: write T for U."),
    ("gap.fna", "Take the gaps out: a genome is not aligned."),
])  # fmt: skip
def test_the_case(bench, tmp_path, capsys, file, hint):  # noqa: F811
    line = refused(bench, CASE / file, tmp_path / "out", capsys=capsys)
    assert line.endswith(hint) and not NOT_OURS.search(line)


@pytest.mark.parametrize("verb", ["genes", "annotate", "effects"])
@pytest.mark.parametrize("file", ["prot.fasta", "u.fna", "gap.fna"])
def test_other_verbs_say_the_same(tmp_path, capsys, verb, file):
    bundle(alphabet="codon" if verb == "genes" else "dna").save(tmp_path / "m.safetensors")
    (tmp_path / "x.vcf").write_text("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
    first = [str(tmp_path / "x.vcf")] if verb == "effects" else []
    with pytest.raises(SystemExit) as left:
        main(
            [
                verb,
                *first,
                str(CASE / file),
                str(tmp_path / "m.safetensors"),
                "--output",
                str(tmp_path / "out.tsv"),
            ]
        )
    line = capsys.readouterr().err
    assert left.value.code == 1 and "contig p" in line and not NOT_OURS.search(line)


def test_the_format_can_be_given(bench, tmp_path, capsys):  # noqa: F811
    shutil.copy(CASE / "../unused_feature_past_end/genome.fna", tmp_path / "noext")
    line = refused(bench, tmp_path / "noext", tmp_path / "out", capsys=capsys)
    assert "--format names another format" in line
    calls, _ = scanned(bench, tmp_path / "noext", tmp_path / "out", "--format", "fasta")
    assert calls.meta["contigs"] == {"contig_1": 3084}
    for verb, more in (("genes", []), ("annotate", ["--window", "60"])):
        bundle(alphabet="codon" if verb == "genes" else "dna").save(tmp_path / "m.safetensors")
        files = [str(tmp_path / name) for name in ("noext", "m.safetensors")]
        main([verb, *files, "--format", "fasta", "--output", str(tmp_path / verb), *more])
    assert (tmp_path / "genes/genes.gff3").is_file() and (tmp_path / "annotate/summary.json").is_file()


def test_known_genes_without_the_file_beside_them(bench, tmp_path, capsys):  # noqa: F811
    (tmp_path / "alone").mkdir()
    for name in ("model.safetensors", "records.parquet"):
        shutil.copy(bench / name, tmp_path / "alone")
    line = refused(
        tmp_path / "alone", CASE / "../unused_feature_past_end/genome.fna", tmp_path / "out", capsys=capsys
    )
    assert "alone/rejected.tsv: the rejected rows that belong to the records are missing" in line
    assert "Copy the file from the folder that records.parquet came from." in line
