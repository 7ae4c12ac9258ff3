from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from Bio import SeqIO
from Bio.Seq import Seq
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.bio.genome import Gene, Genome, extract, read_genome
from riboswitch.errors import InputError

DATA = Path(__file__).parents[1] / "data" / "sequences"
FASTA = ">c1 first\nacgtACGTAC\nGTACGTACGT\n>c2\nATGGCTTAAC\n"
LENGTHS = {"c1": 20, "c2": 10}


def gff(*lines: str) -> str:
    return "##gff-version 3\n" + "".join("\t".join(line.split(" ", 8)) + "\n" for line in lines)


def pair(folder: Path, annotation: str, fasta: str = FASTA) -> Genome:
    (folder / "g.fna").write_text(fasta)
    (folder / "g.gff").write_text(annotation)
    return read_genome(folder / "g.fna", folder / "g.gff")


def test_contigs_come_in_file_order_and_upper_case(tmp_path):
    (tmp_path / "g.fna").write_text(FASTA)
    genome = read_genome(tmp_path / "g.fna")
    assert list(genome.contigs.items()) == [("c1", "ACGTACGTACGTACGTACGT"), ("c2", "ATGGCTTAAC")]
    assert (genome.lengths, len(genome), genome.cds, genome.source) == (LENGTHS, 30, [], "g.fna")


def test_genes_have_the_names_of_their_attributes(tmp_path):
    attributes = "ID=cds-1;locus_tag=L%3B1;gene=tet(Q);product=ribosomal%2C protective"
    genome = pair(tmp_path, gff(f"c2 . CDS 1 9 . + 0 {attributes}", "c2 . gene 1 9 . . . ID=g"))
    gene = Gene("c2", 1, 9, "+", "L;1", "tet(Q)", "ribosomal, protective", parts=((1, 9),))
    assert genome.cds == [gene]
    assert extract(genome, gene) == "ATGGCTTAA"


@settings(max_examples=50, deadline=None)
@given(st.text("ACGTN", min_size=1, max_size=40), st.data())
def test_extracting_is_slicing_with_biopython(contig, data):
    start = data.draw(st.integers(1, len(contig)))
    end = data.draw(st.integers(start, len(contig)))
    genome = Genome({"c": contig})
    piece = Seq(contig)[start - 1 : end]
    assert extract(genome, Gene("c", start, end, "+")) == str(piece)
    assert extract(genome, Gene("c", start, end, "-")) == str(piece.reverse_complement())


@pytest.mark.parametrize(
    ("strand", "phase", "parts", "expected"),
    [("+", 0, ((1, 3), (6, 8)), "ATCTTA"), ("-", 2, ((6, 8), (1, 3)), "TAAGAT")],
)
def test_lines_with_one_id_are_joined_in_reading_order(tmp_path, strand, phase, parts, expected):
    lines = [f"c . CDS 6 8 . {strand} 2 ID=x", f"c . CDS 1 3 . {strand} 0 ID=x"]
    genome = pair(tmp_path, gff(*lines), ">c\nATCGGTTAGG\n")
    (gene,) = genome.cds
    assert (gene.start, gene.end, gene.phase, gene.parts) == (1, 8, phase, parts)
    assert extract(genome, gene) == expected


def test_a_gene_may_cross_the_origin_of_a_circular_contig(tmp_path):
    lines = [
        "c2 . region 1 10 . + . Is_circular=true",
        "c2 . CDS 9 13 . + 0 ID=x",
        "c2 . CDS 9 13 . - 0 ID=y",
    ]
    genome = pair(tmp_path, gff(*lines))
    assert [extract(genome, g) for g in genome.cds] == ["ACATG", "CATGT"]


def test_open_ends_and_pseudogenes(tmp_path):
    lines = [
        "c1 . CDS 1 9 . + 0 ID=a;start_range=.,1",
        "c1 . CDS 1 9 . - 0 ID=b;start_range=.,1",
        "c1 . CDS 1 9 . - . ID=c;end_range=9,.;pseudo=true",
    ]
    assert [(g.partial, g.kind) for g in pair(tmp_path, gff(*lines)).cds] == [
        ("5'", "CDS"),
        ("3'", "CDS"),
        ("5'", "pseudogene"),
    ]


@pytest.mark.parametrize("marker", ["##FASTA\n", ""])
def test_gff3_that_brings_its_sequences(tmp_path, marker):
    text = gff("c2 . CDS 1 9 . + 0 ID=x") + marker + FASTA
    (tmp_path / "g.gff3.gz").write_bytes(gzip.compress(text.encode()))
    genome = read_genome(tmp_path / "g.gff3.gz")
    assert genome.lengths == LENGTHS
    assert extract(genome, genome.cds[0]) == "ATGGCTTAA"
    assert pair(tmp_path, text).cds == genome.cds


@pytest.mark.parametrize("file", ["genes.gb", "genes.gbk.gz"])
def test_genbank_genes_are_those_biopython_extracts(file):
    genome = read_genome(DATA / file)
    entry = SeqIO.read(DATA / "genes.gb", "genbank")
    expected = [str(f.extract(entry.seq)).upper() for f in entry.features if f.type == "CDS"]
    assert genome.contigs == {"TEST1.1": str(entry.seq).upper()}
    assert [extract(genome, gene) for gene in genome.cds] == expected
    assert [(g.strand, g.phase, g.partial) for g in genome.cds] == [
        ("+", 0, ""),
        ("-", 0, ""),
        ("+", 2, "5'"),
        ("+", 0, "3'"),
    ]


def test_embl():
    genome = read_genome(DATA / "genes.embl")
    assert extract(genome, genome.cds[0]) == "ATGGCTAAATAA"


def test_genbank_across_the_origin(tmp_path):
    text = (
        (DATA / "genes.gb")
        .read_text()
        .replace("linear  ", "circular")
        .replace("3..14", "join(56..60,1..4)", 1)
    )
    text = text.replace("complement(17..28)", "complement(join(56..60,1..4))")
    (tmp_path / "g.gb").write_text(text)
    genome = read_genome(tmp_path / "g.gb")
    entry = SeqIO.read(tmp_path / "g.gb", "genbank")
    forward, backward = genome.cds[:2]
    assert (forward.start, forward.end, backward.start, backward.end) == (56, 64, 56, 64)
    expected = [str(f.extract(entry.seq)).upper() for f in entry.features if f.type == "CDS"][:2]
    assert [extract(genome, forward), extract(genome, backward)] == expected


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("c1 . CDS 5 21 . + 0 ID=x", "past the end of its contig, which has 20 bases; found '21'"),
        ("c9 . CDS 1 9 . + 0 ID=x", "not in the genome; found 'c9'. The genome has c1, c2."),
        ("c1 . CDS 9 1 . + 0 ID=x", "start lies after end"),
        ("c1 . CDS 0 9 . + 0 ID=x", "whole number from 1; found '0'"),
        ("c1 . CDS 1 x . + 0 ID=x", "the end must be a whole number"),
        ("c1 . CDS 1 9 . * 0 ID=x", "the strand must be"),
        ("c1 . CDS 1 9 . . 0 ID=x", "a CDS must have a strand"),
        ("c1 . CDS 1 9 . + 3 ID=x", "the phase must be"),
        ("c1 . CDS 1 9 high + 0 ID=x", "the score is no number"),
        ("c1 . CDS 1 9 . + 0", "8 columns, not 9"),
        ('c1 . CDS 1 9 . + 0 gene_id "x"', "It looks like GTF"),
        ("c1 . CDS 1 9 . + 0 ID=x;oops", "an attribute is not name=value; found 'oops'"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, words):
    with pytest.raises(InputError) as caught:
        pair(tmp_path, gff("c1 . CDS 1 3 . + 0 ID=fine", line))
    assert f"{tmp_path / 'g.gff'} line 3: " in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize("other", ["c1 . CDS 7 9 . - 0 ID=x", "c2 . CDS 7 9 . + 0 ID=x"])
def test_one_id_on_two_contigs_or_strands_is_refused(tmp_path, other):
    with pytest.raises(InputError, match="line 3: one ID on two contigs or strands"):
        pair(tmp_path, gff("c1 . CDS 1 3 . + 0 ID=x", other))


@pytest.mark.parametrize(
    ("fasta", "words"),
    [
        (">a\nACGT\n>a\nACGT\n", "two contigs have the same id; found 'a'"),
        (">\nACGT\n", "a contig has no id"),
        (">a\n>b\nACGT\n", "contig a: the sequence is empty"),
        (">a\nAC-GT\n", "contig a: gap '-' at position 3"),
        (">a\nMKVLLEFIPQ\n", "contig a: DNA was asked for"),
    ],
)
def test_a_bad_contig_is_named(tmp_path, fasta, words):
    (tmp_path / "g.fna").write_text(fasta)
    with pytest.raises(InputError) as caught:
        read_genome(tmp_path / "g.fna")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("no_sequence.gb", "annotation but no sequence"),
        ("bad_features.gb", "the feature ends at 71, its contig at 60"),
        ("reads.fastq", "the name does not tell the format"),
        ("missing.fasta", "no such file"),
    ],
)
def test_a_file_that_is_no_genome(file, words):
    with pytest.raises(InputError, match=words):
        read_genome(DATA / file)


def test_features_that_cannot_be_placed_are_listed_if_asked_for(tmp_path):
    lines = [
        "c1 . region 1 20 . + . ID=r",
        "c1 . CDS 1 9 . + 0 ID=fine;locus_tag=L1",
        "c9 . CDS 1 9 . + 0 locus_tag=L2",
        "c1 . CDS 7 99 . - 0 ID=far",
        "c1 . tRNA 3 5 . - . ID=t",
        "c1 . CDS 1 3 . + 0 ID=two",
        "c1 . CDS 5 9 . - 0 ID=two",
    ]
    (tmp_path / "g.fna").write_text(FASTA)
    (tmp_path / "g.gff").write_text(gff(*lines))
    genome = read_genome(tmp_path / "g.fna", tmp_path / "g.gff", kinds=["tRNA"], strict=False)
    assert [(u.name, u.problem.code) for u in genome.unplaced] == [
        ("L2", "NO_CONTIG"),
        ("line 5", "PAST_END"),
        ("line 8", "BAD_LOCATION"),
    ]
    assert [g.locus_tag for g in genome.cds] == ["L1"]
    assert [(f.kind, extract(genome, f)) for f in genome.of_kind("tRNA")] == [("tRNA", "TAC")]
    with pytest.raises(InputError, match="another genome"):
        (tmp_path / "g.gff").write_text(gff("c9 . CDS 1 9 . + 0 ID=x"))
        read_genome(tmp_path / "g.fna", tmp_path / "g.gff", strict=False)


@pytest.mark.parametrize("newline", ["\r", "\r\n"])
def test_line_ends_do_not_matter(tmp_path, newline):
    for name in ("genes.gb", "genes.embl"):
        (tmp_path / name).write_text((DATA / name).read_text(), newline=newline)
        assert read_genome(tmp_path / name) == read_genome(DATA / name)
    plain = pair(tmp_path, gff("c1 . CDS 1 9 . + 0 ID=x"))
    (tmp_path / "g.gff").write_text(gff("c1 . CDS 1 9 . + 0 ID=x"), newline=newline)
    assert read_genome(tmp_path / "g.fna", tmp_path / "g.gff") == plain


def test_gff3_without_sequences_is_no_genome(tmp_path):
    (tmp_path / "g.gff").write_text(gff("c2 . CDS 1 9 . + 0 ID=x"))
    with pytest.raises(InputError, match="has no sequences"):
        read_genome(tmp_path / "g.gff")
