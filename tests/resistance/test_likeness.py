"""Likeness: what a protein has in common with a known gene beyond any protein that does not resist."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistance.curated.invented import mutated, protein
from riboswitch.bio.alignment import score
from riboswitch.bio.letter_codes import letter_codes
from riboswitch.resistance import likeness
from riboswitch.resistance.likeness import ITSELF, LEAST_SHARE, Likeness

RNG = random.Random(17)
GENE, UNLIKE = protein(RNG, 180), protein(RNG, 150)
HOUSEKEEPING = mutated(RNG, GENE, 65)
ALMOST = mutated(RNG, GENE, 4)  # the known gene itself, annotated in a genome without a word of it


def alike(proteins, genes=(GENE,), others=(HOUSEKEEPING,)):
    return Likeness.of(genes, others)(*letter_codes(proteins, "protein"))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 65), st.integers(0, 30))
def test_the_measure_is_the_gene_less_the_better_of_the_others(seed, steps, changes):
    """Proteins between the two, some of the way from the gene to its homologue, and then changed."""
    rng = random.Random(seed)
    differ = [i for i, pair in enumerate(zip(GENE, HOUSEKEEPING, strict=True)) if pair[0] != pair[1]]
    moved = {*rng.sample(differ, steps)}
    text = "".join(HOUSEKEEPING[i] if i in moved else a for i, a in enumerate(GENE))
    text = mutated(rng, text, changes)
    found = alike([text])
    to_gene, to_other, own = score(text, GENE), score(text, HOUSEKEEPING), score(GENE, GENE)
    assert (found.points[0], found.other[0], found.own[0]) == (to_gene, to_other, own)
    assert found.share[0] == pytest.approx(to_gene / own)
    assert found.beyond[0] == pytest.approx(max(0, to_gene - to_other) / own)


@given(st.lists(st.sampled_from([GENE, HOUSEKEEPING, UNLIKE, ALMOST, "", "MKX"]), max_size=5))
def test_the_measure_lies_between_nothing_and_the_share(proteins):
    found = alike(proteins, (GENE, UNLIKE))
    assert ((found.beyond >= 0) & (found.beyond <= found.share) & (found.share <= 1)).all()
    assert (found.beyond[found.hit < 0] == 0).all()


@settings(max_examples=30, deadline=None)
@given(st.permutations([HOUSEKEEPING, UNLIKE, mutated(random.Random(5), GENE, 90)]))
def test_more_proteins_that_do_not_resist_never_raise_it(others):
    queries = [mutated(random.Random(i), GENE, 8 * i) for i in range(12)]
    values = [alike(queries, others=others[:n]).beyond for n in range(4)]
    assert all((more <= fewer).all() for fewer, more in pairwise(values))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 5))
def test_to_end_the_search_early_changes_nothing_above_the_least_share(seed, first):
    rng = random.Random(seed)
    others = [mutated(rng, GENE, rng.randrange(20, 100)) for _ in range(9)]
    queries = [mutated(rng, rng.choice([GENE, *others]), rng.randrange(0, 80)) for _ in range(8)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(likeness, "FIRST_OTHERS", first)
        early = alike(queries, others=others)
        patch.setattr(likeness, "FIRST_OTHERS", len(others))
        whole = alike(queries, others=others)
    sure = whole.beyond >= LEAST_SHARE
    assert (early.beyond[sure] == whole.beyond[sure]).all()
    assert ((early.beyond >= LEAST_SHARE) == sure).all() and (early.beyond >= whole.beyond).all()


def test_a_housekeeping_protein_has_nothing_and_the_gene_nearly_all():
    found = alike([HOUSEKEEPING, mutated(random.Random(1), HOUSEKEEPING, 12), GENE])
    assert found.beyond[:2].tolist() == [0, 0] and found.hit.tolist() == [0, 0, 0]
    assert found.beyond[2] == pytest.approx(1 - score(GENE, HOUSEKEEPING) / score(GENE, GENE))


def test_a_known_gene_among_the_others_is_no_argument_against_itself():
    assert score(ALMOST, GENE) > ITSELF * score(GENE, GENE)
    assert alike([GENE], others=[ALMOST]).beyond.tolist() == [1]
    assert alike([GENE], others=[ALMOST, UNLIKE, GENE]).beyond.tolist() == [1]


def test_what_is_far_from_every_gene_is_not_compared_with_the_others():
    piece = GENE[:12] + UNLIKE
    found = alike([piece], others=[UNLIKE])
    assert 0 < found.share[0] < LEAST_SHARE and found.other[0] == 0


def test_nothing_to_compare_with():
    nothing = alike([GENE], (), ())
    assert (nothing.hit.tolist(), nothing.beyond.tolist()) == ([-1], [0])
    assert alike([GENE], others=()).beyond.tolist() == [1] and len(alike([]).hit) == 0
    assert np.isfinite(alike([UNLIKE]).beyond).all()
