"""Proteins are read with their places, in the spellings of the programs that annotate genomes."""

import gzip
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.bio.genome import Gene, Genome
from riboswitch.bio.proteins import holds_proteins, read_proteins
from riboswitch.errors import InputError

ONE, TWO = "MKVLATREQPWHYFGNDSIC", "MSTNPKPQRKTKRNTNRRPQDV"
DNA = "ATGAAAGTTCTGGCGACCCGTGAACAGCCGTGGCATTAT"


def fasta(path, entries):
    path.write_text("".join(f">{name}\n{text}\n" for name, text in entries))
    return path


def gff(path, *lines, head="##gff-version 3"):
    rows = [
        f"{contig}\tx\t{kind}\t{start}\t{end}\t.\t{strand}\t0\t{attributes}"
        for contig, kind, start, end, strand, attributes in lines
    ]
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


SPELLINGS = {
    "ncbi": ("WP_1.1", "ID=cds-WP_1.1;locus_tag=A_01;Name=WP_1.1;protein_id=WP_1.1"),
    "ncbi_id": ("WP_1.1", "ID=cds-WP_1.1"),
    "ncbi_cds": ("lcl|c_prot_WP_1.1_7 [gene=x] [protein_id=WP_1.1]", "ID=cds-1;protein_id=WP_1.1"),
    "ncbi_tag": ("lcl|c_prot_7 [locus_tag=A_01]", "ID=cds-1;locus_tag=A_01"),
    "prokka": (
        "A_01 hypothetical protein",
        "ID=A_01;inference=x;locus_tag=A_01;product=unknown",
    ),
    "bakta": ("A_01 some name", "ID=A_01;Name=some name;locus_tag=A_01;product=some name"),
    "prodigal": ("c_2 # 101 # 163 # 1 # ID=1_2", "ID=1_2;partial=00"),
    "name": ("gyrA", "Name=gyrA"),
}


@pytest.mark.parametrize("kind", ["CDS", "gene", "pseudogene"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_a_name_is_found(tmp_path, spelling, kind):
    title, attributes = SPELLINGS[spelling]
    read = read_proteins(
        fasta(tmp_path / "p.faa", [(title, ONE + "*")]),
        gff(tmp_path / "a.gff", ("c", kind, 101, 163, "-", attributes)),
    )
    (protein,) = read.entries
    assert protein.sequence == ONE and str(protein.place) == "c:101-163(-)" and not read.unplaced
    assert protein.place.locus_tag == ("A_01" if "locus_tag=A_01" in attributes else "")


def test_a_protein_with_two_genes_is_there_twice(tmp_path):
    same = "protein_id=WP_1.1"
    lines = [("c", "CDS", 1, 63, "+", f"ID=a;{same}"), ("d", "CDS", 9, 71, "-", f"ID=b;{same}"),
             ("c", "gene", 1, 63, "+", "ID=g;Name=WP_1.1")]  # fmt: skip
    read = read_proteins(fasta(tmp_path / "p.faa", [("WP_1.1", ONE)]), gff(tmp_path / "a.gff", *lines))
    assert [str(p.place) for p in read.entries] == ["c:1-63(+)", "d:9-71(-)"]
    assert len(read.by_key) == 2 and read.contigs == {"c": 63, "d": 71}


@pytest.mark.parametrize(("start", "end", "strand", "open"), [
    (3, 65, "+", "5'"), (4, 66, "+", ""), (3, 65, "-", "3'"), (936, 998, "+", "3'"), (936, 998, "-", "5'"),
    (935, 997, "+", ""), (1, 1000, "+", "5'3'"),
])  # fmt: skip
def test_ends_at_the_ends_of_the_contig_are_open(tmp_path, start, end, strand, open):
    path = fasta(tmp_path / "p.faa", [("x", ONE)])
    line = ("c", "CDS", start, end, strand, "ID=x")
    head = "##gff-version 3\n##sequence-region c 1 1000"
    assert read_proteins(path, gff(tmp_path / "a.gff", line, head=head)).entries[0].place.open == open
    region = ("c", "region", 1, 1000, "+", "ID=r;Is_circular=true")
    assert read_proteins(path, gff(tmp_path / "b.gff", region, line)).entries[0].place.open == ""


def test_a_protein_without_a_feature_is_listed_and_used(tmp_path):
    path = fasta(tmp_path / "p.faa", [("x", ONE), ("y", TWO)])
    read = read_proteins(path, gff(tmp_path / "a.gff", ("c", "CDS", 10, 72, "+", "ID=x")))
    assert [(p.id, p.place is None) for p in read.entries] == [("x", False), ("y", True)]
    assert [(r.row, r.id, r.code) for r in read.unplaced] == [(2, "y", "NO_FEATURE")]
    with pytest.raises(InputError, match=r"a\.gff: the annotation names none of the proteins; found 'x'"):
        read_proteins(path, gff(tmp_path / "a.gff", ("c", "CDS", 10, 72, "+", "ID=z")))


def test_without_an_annotation_no_protein_has_a_place(tmp_path):
    read = read_proteins(fasta(tmp_path / "p.faa", [("x", ONE)]))
    assert (read.entries[0].place, read.unplaced, read.contigs) == (None, [], {})


def test_an_annotated_assembly_gives_places_by_its_locus_tags(tmp_path):
    genome = Genome({"c": "A" * 500}, [Gene("c", 4, 66, "-", locus_tag="x")])
    read = read_proteins(fasta(tmp_path / "p.faa", [("x", ONE)]), genome=genome)
    assert str(read.entries[0].place) == "c:4-66(-)"


def test_places_off_the_assembly_are_none(tmp_path):
    path = fasta(tmp_path / "p.faa", [("x", ONE), ("y", TWO)])
    lines = [("c", "CDS", 10, 72, "+", "ID=x"), ("c", "CDS", 480, 542, "+", "ID=y")]
    read = read_proteins(path, gff(tmp_path / "a.gff", *lines), genome=Genome({"c": "A" * 500}))
    assert [r.id for r in read.unplaced] == ["y"]


FAULTS = {
    "DUPLICATE_ID": [("x", ONE), ("x", TWO)],
    "DNA_IN_PROTEIN": [("x", ONE), ("y", DNA)],
    "NOT_PROTEIN": [("x", ONE), ("y", "MKV1")],
    "GAP": [("x", ONE), ("y", "MK-V")],
    "EMPTY": [("x", ONE), ("y", "*")],
    "MISSING_ID": [("x", ONE), ("", TWO)],
}


@pytest.mark.parametrize("code", FAULTS)
def test_a_faulty_entry_is_listed_and_the_rest_is_read(tmp_path, code):
    read = read_proteins(fasta(tmp_path / "p.faa", FAULTS[code]))
    assert [(p.id, p.sequence) for p in read.entries] == [("x", ONE)]
    assert [(r.row, r.code) for r in read.rejected] == [(2, code)]
    assert "--" not in read.rejected[0].hint


def test_stops_within_a_protein_stay(tmp_path):
    read = read_proteins(fasta(tmp_path / "p.faa", [("x", "mkv*ate*"), ("y", TWO)]))
    assert [p.sequence for p in read.entries] == ["MKV*ATE", TWO] and read.with_stops == 1


@pytest.mark.parametrize(("text", "match"), [
    ("", "the file is empty"), ("\n\n", "only blank lines"),
    (f"@r1\n{DNA}\n+\n{DNA}\n", "Assemble them first"),
    (f">a\n{DNA}\n>b\n{DNA}\n", "none of the 2 proteins.*give it as the genome"), ("LOCUS x\n", "GenBank"),
])  # fmt: skip
def test_files_that_hold_no_proteins_are_refused_with_a_word(tmp_path, text, match):
    path = tmp_path / "p.faa"
    path.write_text(text)
    with pytest.raises(InputError, match=match) as told:
        read_proteins(path)
    assert str(told.value).startswith(str(path))


def test_reads_are_refused_whatever_their_name(tmp_path):
    for name in ("r.fastq", "r.fna", "r.fq.gz"):
        text = f"@r1\n{DNA}\n+\n{DNA}\n".encode()
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
        with pytest.raises(InputError, match=r"reads are out of scope.*Assemble them first"):
            holds_proteins(tmp_path / name)


@given(st.lists(st.text("ACDEFGHIKLMNPQRSTVWY", min_size=30, max_size=90), min_size=1, max_size=4))
def test_content_tells_proteins_from_dna(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("f") / "x.fa"
    plain = [t + "EFILPQ" * 2 for t in texts]
    assert holds_proteins(fasta(path, [(f"p{i}", t) for i, t in enumerate(plain)]))
    as_dna = ["".join("ACGT"[ord(c) % 4] for c in t) for t in texts]
    assert not holds_proteins(fasta(path, [(f"c{i}", t) for i, t in enumerate(as_dna)]))


def test_the_order_of_the_entries_changes_only_the_order(tmp_path):
    entries = [("x", ONE), ("y", TWO), ("z", ONE + TWO)]
    lines = gff(tmp_path / "a.gff", ("c", "CDS", 10, 72, "+", "ID=x"), ("c", "CDS", 90, 158, "-", "ID=z"))
    made = [read_proteins(fasta(tmp_path / "p.faa", order), lines).by_key for order in permutations(entries)]
    assert all(m == made[0] for m in made)
