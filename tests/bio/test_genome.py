from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from Bio import SeqIO
from Bio.Seq import Seq
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.bio.annotation.left_out import notes, rejections
from riboswitch.bio.genome import Gene, Genome, extract, read_genome
from riboswitch.data.records import rejection_table
from riboswitch.errors import InputError
from riboswitch.genomes.contigs import Contigs

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
    ("line", "code", "words"),
    [
        (
            "c1 . CDS 5 21 . + 0 ID=x",
            "PAST_END",
            "ends at 21, past the end of its contig, which has 20 bases",
        ),
        ("c9 . CDS 1 9 . + 0 ID=x", "NO_CONTIG", "not in the genome; found 'c9'"),
        (". . CDS 1 9 . + 0 ID=x", "NO_CONTIG", "names no contig"),
        ("c1 . CDS 9 1 . + 0 ID=x", "BAD_LOCATION", "start lies after end"),
        ("c1 . CDS 0 9 . + 0 ID=x", "BAD_LOCATION", "whole number from 1; found '0'"),
        ("c1 . CDS 1 x . + 0 ID=x", "BAD_LOCATION", "the end must be a whole number"),
        ("c1 . CDS 1 1_0 . + 0 ID=x", "BAD_LOCATION", "the end must be a whole number"),
        ("c1 . CDS \u0661 9 . + 0 ID=x", "BAD_LOCATION", "the start must be a whole number"),
        (f"c1 . CDS 1 {'9' * 5000} . + 0 ID=x", "BAD_LOCATION", "the end must be a whole number"),
        ("c1 . CDS 1 9 . * 0 ID=x", "BAD_LOCATION", "the strand must be"),
        ("c1 . CDS 1 9 . . 0 ID=x", "NO_STRAND", "a CDS must have a strand"),
        ("c1 . CDS 1 9 . ? 0 ID=x", "NO_STRAND", "a CDS must have a strand"),
        ("c1 . CDS 1 9 . + 3 ID=x", "BAD_QUALIFIER", "the phase must be"),
        ("c1 . CDS 1 9 . +  ID=x", "BAD_QUALIFIER", "the phase must be"),
        ("c1 . CDS 1 9 . + 0", "RAGGED_ROW", "8 columns, not 9"),
        ("c1 . CDS 1 9 . + 0 ID=x\tmore", "RAGGED_ROW", "10 columns, not 9"),
        ("c1 . CDS", "RAGGED_ROW", "3 columns, not 9"),
        ('c1 . CDS 1 9 . + 0 gene_id "x"', "BAD_QUALIFIER", "an attribute is not name=value"),
        ("c1 . CDS 1 9 . + 0 ID=x;oops", "BAD_QUALIFIER", "an attribute is not name=value; found 'oops'"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_is_read(tmp_path, line, code, words):
    genome = pair(tmp_path, gff("c1 . CDS 1 3 . + 0 ID=fine", line))
    assert [(g.start, g.end) for g in genome.cds] == [(1, 3)]
    (ignored,) = genome.ignored
    assert ignored.where == f"{tmp_path / 'g.gff'} line 3" and ignored.used
    assert ignored.problem.code == code and words in ignored.problem.reason


def test_columns_that_are_not_used_do_not_matter(tmp_path):
    lines = ["c1 . CDS 1 9 high + 0 ID=x;Parent=gone", "c1 . CDS 1 6 . + 0 ID=y\t\t"]
    genome = pair(tmp_path, gff(*lines))
    assert len(genome.cds) == 2 and not genome.ignored


@pytest.mark.parametrize("other", [
    "c1 . CDS 7 9 . - 0 ID=x", "c2 . CDS 7 9 . + 0 ID=x", "c1 . CDS 1 3 . + 0 ID=x",
    "c1 . CDS 7 9 . + 0 ID=x;locus_tag=L9", "c1 . CDS 7 0 . + 0 ID=x",
])  # fmt: skip
def test_a_feature_of_which_a_line_is_wrong_is_ignored_as_a_whole(tmp_path, other):
    genome = pair(tmp_path, gff("c1 . CDS 1 3 . + 0 ID=x", other, "c1 . CDS 11 13 . + 0 ID=y"))
    assert [g.start for g in genome.cds] == [11]
    assert [(f.name, f.line, f.problem.code) for f in genome.ignored] == [
        ("L9" if "L9" in f.name else "x", 3, "BAD_LOCATION") for f in genome.ignored
    ]
    assert len(genome.ignored) == 1


@pytest.mark.parametrize(
    ("fasta", "code", "words"),
    [
        (">a\nACGT\n", "DUPLICATE_ID", "an earlier contig has the id 'a'"),
        (">\nACGT\n", "MISSING_ID", "the contig has no id"),
        (">b\n>c\nACGT\n", "EMPTY", "the sequence is empty"),
        (">b\nAC-GT\n", "GAP", "gap '-' at position 3"),
        (">b\nACUGU\n", "NOT_DNA", "'U' at position 3"),
        (">b\nMKVLLEFIPQ\n", "PROTEIN_IN_DNA", "looks like protein"),
    ],
)
def test_a_bad_contig_is_rejected_and_the_rest_is_read(tmp_path, fasta, code, words):
    (tmp_path / "g.fna").write_text(">a\nACGT\n" + fasta)
    genome = read_genome(tmp_path / "g.fna")
    assert genome.contigs["a"] == "ACGT" and "b" not in genome.contigs
    (rejected,) = genome.rejected
    assert (rejected.row, rejected.code, rejected.source) == (2, code, "g.fna")
    assert words in rejected.reason
    streamed = Contigs.open(tmp_path / "g.fna")
    assert streamed.lengths == genome.lengths
    assert [(r.row, r.id, r.code) for r in streamed.rejected] == [(2, rejected.id, code)]
    assert {name: "".join(p for n, p in streamed.pieces() if n == name) for name in genome.contigs} == (
        genome.contigs
    )


@pytest.mark.parametrize(
    ("fasta", "words"),
    [
        (">\nACGT\n", "the contig has no id"),
        (">b\n", "contig b: the sequence is empty. Give its sequence"),
        (">b\nAC-GT\n", "contig b: gap '-' at position 3. Take the gaps out"),
        (">b\nACUGU\n", "contig b: .* It is RNA: write T for U"),
        (">b\nMKVLLEFIPQ\n>c\n", "none of the 2 contigs can be used; the first, contig b: DNA was"),
    ],
)
@pytest.mark.parametrize("reading", [read_genome, Contigs.open])
def test_a_genome_without_a_usable_contig_is_refused(tmp_path, fasta, words, reading):
    (tmp_path / "g.fna").write_text(fasta)
    with pytest.raises(InputError, match=words):
        reading(tmp_path / "g.fna")


def test_genes_of_a_rejected_contig_are_told_of(tmp_path):
    annotation = gff("bad . CDS 1 3 . + 0 ID=x", "bad . CDS 4 6 . + 0 ID=y", "c2 . CDS 1 9 . + 0 ID=z")
    genome = pair(tmp_path, annotation, f"{FASTA}>bad\nAC?GT\n")
    assert [g.contig for g in genome.cds] == ["c2"]
    assert [(f.name, f.problem.code) for f in genome.ignored] == [
        ("x", "REJECTED_CONTIG"),
        ("y", "REJECTED_CONTIG"),
    ]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("no_sequence.gb", "annotation but no sequence"),
        ("reads.fastq", "the name does not tell the format"),
        ("missing.fasta", "no such file"),
    ],
)
def test_a_file_that_is_no_genome(file, words):
    with pytest.raises(InputError, match=words):
        read_genome(DATA / file)


def test_features_of_an_entry_that_cannot_be_used_are_named_by_line_and_locus_tag():
    genome = read_genome(DATA / "bad_features.gb")
    assert [g.locus_tag for g in genome.cds] == ["T_1", "T_1"]
    assert [(f.name, f.line, f.problem.code) for f in genome.ignored] == [
        ("T_2", 9, "PAST_END"), ("T_3", 11, "REMOTE_LOCATION"), ("T_4", 13, "BAD_QUALIFIER"),
        ("T_5", 16, "BAD_LOCATION"),
    ]  # fmt: skip


def test_features_that_cannot_be_placed_are_listed(tmp_path):
    lines = [
        "c1 . region 1 20 . + . ID=r",
        "c1 . CDS 1 9 . + 0 ID=fine;locus_tag=L1",
        "c1 . CDS 2 4 . + 0 ID=too;locus_tag=L0",
        "c9 . CDS 1 9 . + 0 locus_tag=L2",
        "c1 . CDS 7 99 . - 0 .",
        "c1 . tRNA 3 5 . - . ID=t",
        "c1 . tmRNA 3 500 . - . ID=tm",
    ]
    (tmp_path / "g.fna").write_text(FASTA)
    (tmp_path / "g.gff").write_text(gff(*lines))
    genome = read_genome(tmp_path / "g.fna", tmp_path / "g.gff", kinds=["tRNA"])
    assert [(f.label, f.problem.code, f.used) for f in genome.ignored] == [
        ("L2", "NO_CONTIG", True),
        ("line 6", "PAST_END", True),
        ("tm", "PAST_END", False),
    ]
    assert [g.locus_tag for g in genome.cds] == ["L1", "L0"]
    assert [(f.kind, extract(genome, f)) for f in genome.of_kind("tRNA")] == [("tRNA", "TAC")]
    assert not any(f.used for f in read_genome(tmp_path / "g.fna", tmp_path / "g.gff", coding=False).ignored)


def test_an_annotation_of_another_genome_is_refused(tmp_path):
    with pytest.raises(InputError, match="another genome"):
        pair(tmp_path, gff("c9 . CDS 1 9 . + 0 ID=x"))
    with pytest.raises(InputError, match=r"line 3: 2 of 3 features cannot be used, first b: .*ends at 90"):
        pair(
            tmp_path,
            gff(*(f"c1 . CDS 1 {end} . + 0 ID={n}" for n, end in zip("abc", (9, 90, 99), strict=True))),
        )
    with pytest.raises(InputError, match="It looks like GTF"):
        pair(tmp_path, gff('c1 . CDS 1 9 . + 0 gene_id "x"'))


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


GENBANK, EMBL = ((DATA / name).read_bytes() for name in ("genes.gb", "genes.embl"))
LINES = ["c1 . region 1 20 . + . ID=c1", "c1 . CDS 1 9 . + 0 ID=x;locus_tag=L", "c2 . CDS 2 7 . - 0 ID=y"]
GFF3 = (gff(*LINES) + FASTA).encode()
snippets = st.binary(max_size=6) | st.sampled_from(
    [b"", b"\n", b"//\n", b"\t", b"     CDS             ", b"LOCUS       ", b"ORIGIN\n", b"ID   ", b"FT   ",
     b"\xff", b"join(", b")", b"##FASTA\n", b">", b"=", b";", b"9" * 30, b"1_0", b"/codon_start=9\n", b"\r",
     b" " * 21]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["genbank", "embl", "gff3", "fasta"]), st.data())
def test_a_damaged_file_is_read_in_part_or_refused_with_one_line(tmp_path_factory, format, data):
    text = {"genbank": GENBANK, "embl": EMBL, "gff3": GFF3, "fasta": FASTA.encode()}[format]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        stop = data.draw(st.integers(start, min(len(text), start + 30)))
        text = text[:start] + data.draw(snippets) + text[stop:]
    path = tmp_path_factory.mktemp("damaged") / "x"
    path.write_bytes(text)
    try:
        genome = read_genome(path, format=format, kinds=["region", "source"])
    except InputError as error:
        assert str(error)
        return
    assert genome.contigs and all(extract(genome, gene) for gene in (*genome.cds, *genome.others))
    told = [*notes(genome.ignored, genome.rejected)]
    assert len(told) == bool(genome.rejected) + len({f.used for f in genome.ignored})
    streamed = Contigs.open(path, format)
    assert streamed.lengths == genome.lengths
    assert [(r.row, r.id, r.code) for r in streamed.rejected] == [
        (r.row, r.id, r.code) for r in genome.rejected
    ]
    json.dumps([genome.contigs, told, [*map(str, genome.cds)]]).encode("utf-8")
    rejection_table(rejections(genome.ignored, genome.rejected, "x")).to_csv().encode("utf-8")


def test_a_small_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "bomb.fna.gz"
    path.write_bytes(gzip.compress(b">a\n" + b"A" * 100_000))
    monkeypatch.setattr("riboswitch.bio.genome.MOST_IN_MEMORY", 50_000)
    with pytest.raises(InputError, match=r"bomb\.fna\.gz: more than 50000 bytes of text"):
        read_genome(path)
