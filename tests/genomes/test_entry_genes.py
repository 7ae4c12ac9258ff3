"""Genes of entries: turned, shifted, in cassettes, and broken ones that are none."""

from __future__ import annotations

from itertools import pairwise

import pytest
from Bio.Seq import Seq
from hypothesis import assume, given
from hypothesis import strategies as st

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.genomes.entry_genes import REACH, SHORTEST, cassette_names, find_genes

STOPS = ("TAA", "TAG", "TGA")
CODONS = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT" if a + b + c not in STOPS]
junk = st.text("ACGT", max_size=2)


@st.composite
def genes(draw, least=SHORTEST, most=150):
    inner = draw(st.lists(st.sampled_from(CODONS), min_size=least, max_size=most))
    return draw(st.sampled_from(["ATG", "GTG", "TTG"])) + "".join(inner) + draw(st.sampled_from(STOPS))


def open_frames(dna):
    """Frames without a stop before their last codon: a plain oracle."""
    for strand, along in (("+", dna), ("-", reverse_complement(dna))):
        for shift in range(3):
            protein = str(Seq(along[shift : len(along) - (len(along) - shift) % 3]).translate(table=11))
            if "*" not in protein[:-1]:
                yield strand, shift


def read(dna, name=""):
    """The genes that are found, as DNA."""
    return [gene.cut(dna) for gene in find_genes(dna, name).genes]


@given(genes())
def test_a_gene_from_start_to_stop_is_read_as_it_is_stored(gene):
    assert find_genes(gene).genes == (("+", 0, len(gene), True, True),)


@given(genes(), junk, junk, st.booleans())
def test_a_gene_that_is_turned_or_shifted_is_read_back(gene, before, after, turned):
    dna = before + gene + after
    dna = reverse_complement(dna) if turned else dna
    found = find_genes(dna)
    if len([*open_frames(dna)]) == 1:
        assert read(dna) == [gene] and found.genes[0].strand == "+-"[turned]
        assert found.genes[0].frame == len(before) % 3 + 1 if not turned else len(after) + 1
    elif (
        found.genes
    ):  # another frame is open, too: that as stored is from start to stop, or this one is better
        assert read(dna) == [gene] or found.genes[0][:2] == ("+", 0)
    else:
        assert "none that is certain" in found.reason


@given(genes(), st.data())
def test_what_is_read_has_no_stop_inside_and_lies_in_the_entry(gene, data):
    """Whatever is done to a gene, it is read as an open frame, or not at all."""
    at = data.draw(st.integers(0, len(gene)))
    dna = gene[:at] + data.draw(st.text("ACGTN", max_size=4)) + gene[at + data.draw(st.integers(0, 4)) :]
    dna = reverse_complement(dna) if data.draw(st.booleans()) else dna
    found = find_genes(dna)
    assert bool(found.genes) != bool(found.reason)
    for part in found.genes:
        protein = str(Seq(part.cut(dna)).translate(table=11))
        assert "*" not in protein[:-1] and part.stops == protein.endswith("*")
        assert 0 <= part.start < part.end <= len(dna)


@given(genes(), st.data())
def test_a_gene_with_a_stop_in_it_is_never_read_as_a_whole_one(gene, data):
    codon = data.draw(st.integers(1, len(gene) // 3 - 3))
    broken = gene[: 3 * codon] + "TAA" + gene[3 * codon + 3 :]
    assume(not [*open_frames(broken)])
    found = find_genes(broken)
    assert len(found.genes) != 1
    # Frame 1 goes on after the stop, so a cassette would need another frame that has a binding site.
    assert not [
        (a, b) for a, b in pairwise(found.genes) if a.frame == b.frame and a.strand == "+" and a.start == 0
    ]


between = st.text("ACGT", max_size=9)


@given(st.lists(genes(), min_size=2, max_size=4), st.lists(between, min_size=3, max_size=3), st.booleans())
def test_a_cassette_whose_name_counts_its_genes_gives_each(parts, gaps, turned):
    """From end to end; each next gene begins near the end of the one before, where there is a start codon."""
    dna = "".join(gene + gap for gene, gap in zip(parts, gaps, strict=False)) + parts[-1] * (len(parts) > 3)
    dna = dna if len(parts) > 3 else dna[: len(dna) - len(gaps[len(parts) - 1])]
    assume(not [*open_frames(dna)])
    name = "VanABCD"[: 3 + len(parts)] + "_1_X"
    given = reverse_complement(dna) if turned else dna
    found = find_genes(given, name)
    if found.names:
        assert [len(found.names), found.genes[0].start, found.genes[-1].end] == [len(parts), 0, len(dna)]
        assert all(abs(b.start - a.end) <= REACH for a, b in pairwise(found.genes))
        assert found.names == tuple(f"van{letter}" for letter in "ABCD"[: len(parts)])


A = "ATG" + "GCTGAAATTACTGTAACG" * 14 + "TAA"
B = "ATG" + "CGTGACATTGATAACATA" * 13 + "TGA"


@pytest.mark.parametrize("space", ["CC", "CAT"])
def test_a_cassette_of_unknown_name_needs_a_binding_site(space):
    assert read(A + space + B, "AbcDE_1_X") == [A, B]
    bound = "CAAGGAGGTTTCCC" + space  # in another frame than A
    assert read(A + bound + B) == [A, B] and find_genes(A + bound + B).names == ()
    assert "genes follow each other (2 on strand +)" in find_genes(A + space + B).reason


def test_the_rest_of_a_gene_after_its_stop_is_no_gene():
    site = "CAAGGAGGTTTCCCGTC"  # 17 bases
    assert read(A + site + B) == [A, B]
    assert "a stop or a shift breaks one" in find_genes(A + site + "C" + B).reason
    assert read(A + site + "C" + B, "AbcDE_1") == [A, B]


def test_a_frame_that_runs_off_one_end_is_read_if_it_is_long_and_alone():
    assert find_genes("C" + A[3:]).genes == (("+", 1, len(A) - 2, False, True),)
    short = A[-3 * SHORTEST + 3 :]
    assert "strand + frame 2 (no start codon)" in find_genes("C" + short).reason


def test_an_entry_that_begins_with_a_start_codon_and_breaks_early_is_no_shifted_gene():
    broken = "ATGTAA" + "C" + A[6:]
    assert [*open_frames(broken[1:])] and "none that is certain" in find_genes(broken).reason


def test_a_part_of_a_gene_is_read_as_it_is_stored():
    assert find_genes(A[3:-3]).genes == (("+", 0, len(A) - 6, False, False),)
    assert find_genes(A[:-3]).genes == (("+", 0, len(A) - 3, True, False),)


@pytest.mark.parametrize("dna", ["", "A", "ATG", "TAA", "ATGTAA", "TAATAATAA", "N" * 30])
def test_small_entries(dna):
    found = find_genes(dna)
    assert bool(found.genes) != bool(found.reason)


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("VanHAX_1_FJ866609", {3: ("vanH", "vanA", "vanX")}),
        ("VanGXY_1", {2: ("vanG", "vanXY"), 3: ("vanG", "vanX", "vanY")}),
        ("VanG2XY", {2: ("vanG2", "vanXY"), 3: ("vanG2", "vanX", "vanY")}),
        ("blaTEM-1_1_X", {}),
        ("VanHH_1", {}),
        ("mph(A)_1", {}),
        ("VanE_1", {}),
        ("", {}),
    ],
)
def test_names_of_the_genes_of_a_cassette(name, names):
    assert cassette_names(name) == names
