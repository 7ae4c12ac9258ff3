"""K-mers, edits and likely proteins, against their plain definitions and Biopython."""

from __future__ import annotations

import numpy as np
from Bio.Seq import Seq
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.codons import base_codes
from riboswitch.bio.relatives.alike import Rules, alike
from riboswitch.bio.relatives.coding import LEAST_RESIDUES, likely_proteins
from riboswitch.bio.relatives.containment import CANDIDATES, contained
from riboswitch.bio.relatives.edits import edits_within
from riboswitch.bio.relatives.minimisers import Letters, hashes
from riboswitch.numeric.offsets import offsets_of

DNA = st.text("ACGTN", max_size=40)
MANY = st.lists(DNA, max_size=12)
K = 3
CODONS = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT" if a + b + c not in ("TAA", "TAG", "TGA")]


def letters(sequences, two_strands=True):
    return Letters(base_codes("".join(sequences)), offsets_of([*map(len, sequences)]), 4, two_strands)


def kmers(sequence, two_strands):
    found = {sequence[i : i + K] for i in range(len(sequence) - K + 1)}
    known = {kmer for kmer in found if "N" not in kmer}
    return {min(kmer, reverse_complement(kmer)) if two_strands else kmer for kmer in known}


@settings(deadline=None)  # the first call compiles
@given(MANY, st.booleans())
def test_hashes_are_those_of_the_distinct_kmers(sequences, two_strands):
    found = hashes(letters(sequences, two_strands), K)
    expected = [kmers(s, two_strands) for s in sequences]
    assert found.sizes.tolist() == [*map(len, expected)]
    of_kmer = {}
    for sequence, a, b in zip(sequences, found.offsets, found.offsets[1:], strict=False):
        values = found.values[a:b]
        assert (np.diff(values.astype(object)) > 0).all()
        for kmer in kmers(sequence, two_strands):
            one = hashes(letters([kmer], two_strands), K).values[0]
            assert one in values and of_kmer.setdefault(kmer, one) == one
    assert len(set(of_kmer.values())) == len(of_kmer)


@settings(deadline=None)  # the first call compiles
@given(DNA, DNA, st.text("ACGT", min_size=K + 4, max_size=30), st.integers(1, 5))
def test_sequences_with_a_long_stretch_in_common_share_a_minimiser(before, after, stretch, window):
    one, other = (hashes(letters([s]), K, window).values for s in (before + stretch, stretch + after))
    assert len(stretch) < window + K - 1 or np.intersect1d(one, other).size


@settings(deadline=None)  # the first call compiles
@given(MANY, MANY)
def test_a_share_is_that_of_the_reference_with_most_kmers(queries, references):
    found = contained(hashes(letters(queries), K), hashes(letters(references), K))
    sets = [kmers(s, True) for s in references]
    for row, query in enumerate(queries):
        own = kmers(query, True)
        shared = [len(own & other) for other in sets]
        best = sorted(range(len(sets)), key=lambda n: (-shared[n], n))
        best = [n for n in best if shared[n]][:CANDIDATES]
        assert found.candidates[row].tolist() == best + [-1] * (CANDIDATES - len(best))
        assert found.shared[row][: len(best)].tolist() == [shared[n] for n in best]
        expected = (max(shared, default=0) / len(own)) if own else np.nan
        np.testing.assert_equal(found.share[row], expected)


def plain_edits(pattern, text):
    above = [0] * (len(text) + 1)
    for i, one in enumerate(pattern, 1):
        row = [i]
        for j, other in enumerate(text, 1):
            equal = one == other and one != "N"
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (not equal)))
        above = row
    return min(above)


@settings(deadline=None)  # the first call compiles
@given(st.text("ACGTN", min_size=1, max_size=150), st.text("ACGTN", max_size=150))
def test_edits_are_those_of_the_table(pattern, text):
    assert edits_within(base_codes(pattern), base_codes(text), 4) == plain_edits(pattern, text)


@settings(deadline=None)  # the first call compiles
@given(st.lists(st.sampled_from(CODONS), min_size=LEAST_RESIDUES + 1, max_size=60))
def test_the_likely_protein_does_not_depend_on_the_strand(codons):
    gene = "ATG" + "".join(codons) + "TAA"
    translated = str(Seq(gene).translate(table=11))[:-1]
    assert likely_proteins([gene, reverse_complement(gene)]) == [translated] * 2


def test_the_likely_protein_of_a_part_of_a_gene_is_the_longest_without_a_stop():
    part = "CCGCTGATTAAA" * 12
    open_frames = [
        p
        for strand in (part, reverse_complement(part))
        for frame in range(3)
        for p in str(Seq(strand[frame : frame + (len(strand) - frame) // 3 * 3]).translate(table=11)).split(
            "*"
        )
    ]
    assert likely_proteins([part])[0] == max(open_frames, key=len)


def test_a_start_codon_at_the_beginning_is_methionine_and_short_parts_are_no_protein():
    body = "GCTGAAAACGATCTG" * 8
    assert likely_proteins([f"GTG{body}TAA"]) == [str(Seq(f"ATG{body}").translate(table=11))]
    assert likely_proteins(["ACGT", "", "TAACTAACTAAC" * 20]) == [None, None, None]


RULES = Rules(15, 20, 0.95)


def one_pair(query, reference, rules=RULES, two_strands=True):
    found = alike(
        letters([query], two_strands), letters([reference], two_strands), rules, np.ones(1, bool), 1
    )
    return found.within[0], found.share[0], found.near[0], found.identity[0]


TEXT = "".join(np.random.default_rng(5).choice([*"ACGT"], 400).tolist())


def changed(sequence, places):
    return "".join(
        "A" if i in places and c != "A" else "C" if i in places else c for i, c in enumerate(sequence)
    )


def test_a_stretch_lies_within_on_either_strand_if_strands_count():
    assert one_pair(TEXT[50:150], TEXT) == (0, 1.0, 0, 1.0)
    assert one_pair(reverse_complement(TEXT[50:150]), TEXT) == (0, 1.0, 0, 1.0)
    assert one_pair(reverse_complement(TEXT[50:150]), TEXT, two_strands=False) == (-1, 0.0, -1, 0.0)


def test_a_reference_within_the_query_must_cover_half_of_it_and_most_of_it_to_be_near():
    assert one_pair(TEXT, TEXT[:200]) == (0, 0.5, -1, 0.0)
    assert one_pair(TEXT, TEXT[:199]) == (-1, 0.0, -1, 0.0)
    assert one_pair(TEXT, TEXT[:320])[2:] == (0, 1.0)


def test_nearly_identical_means_few_edits():
    near, far = changed(TEXT, range(0, 400, 20)), changed(TEXT, range(0, 400, 19))
    assert one_pair(near, TEXT) == (-1, 0.0, 0, 0.95)
    assert one_pair(far, TEXT) == (-1, 0.0, -1, 0.0)


def test_a_window_with_three_changes_in_the_worst_places_is_found():
    window = TEXT[:60]
    assert one_pair(changed(window, (15, 30, 45)), window)[2:] == (0, 0.95)


def test_sequences_too_short_to_lie_within_others_by_more_than_chance_are_left_out():
    assert one_pair(TEXT[:19], TEXT) == (-1, 0.0, -1, 0.0)
    assert one_pair(TEXT[:20], TEXT)[0] == 0


@settings(deadline=None)  # the first call compiles
@given(st.lists(st.text("ACGT", min_size=15, max_size=60), min_size=1, max_size=80))
def test_threads_change_nothing(sequences):
    asked = np.ones(len(sequences), bool)
    one, two = (alike(letters(sequences), letters(sequences), RULES, asked, n) for n in (1, 2))
    for a, b in zip(one[:4], two[:4], strict=True):
        np.testing.assert_array_equal(a, b)
