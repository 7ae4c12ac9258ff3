"""Picking: RDKit's MaxMin picker is the oracle for diversity, and a plain loop for what a pick is worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import DataStructs
from rdkit.SimDivFilters.rdSimDivPickers import MaxMinPicker

from riboswitch.modalities import find
from riboswitch.screening.choosing.picking import PLATE, Weights, pick, wells

SIMILARITY = find("molecule").similarity
SMILES = [
    "CCO",
    "CCCO",
    "CCN",
    "c1ccccc1",
    "c1ccccc1O",
    "CC(=O)O",
    "CC(=O)N",
    "C1CCCCC1",
    "C1CCNCC1",
    "CCS",
    "CCCCCCCC",
]
PRINTS = SIMILARITY.fingerprints({"molecule": SMILES})


def bits(row):
    made = DataStructs.ExplicitBitVect(8 * PRINTS.shape[1])
    made.SetBitsFromList(np.flatnonzero(np.unpackbits(PRINTS[row])).tolist())
    return made


VECTORS = [bits(row) for row in range(len(SMILES))]


def alike(one, other):
    return SIMILARITY.nearest(PRINTS[[one]], PRINTS[[other]])[0][0]


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(len(SMILES))), st.integers(1, len(SMILES)))
def test_diversity_alone_is_the_maxmin_picker(order, keep):
    """From the same first compound each next one is as far from those before as RDKit's."""
    ours = pick(np.arange(len(order), 0, -1.0), PRINTS[order], SIMILARITY, Weights(0, 1), keep)
    theirs = MaxMinPicker().LazyBitVectorPick([VECTORS[row] for row in order], len(order), keep, [0])
    assert ours[0] == 0 and len(set(ours)) == keep == len(theirs)

    def least(picked):
        return [max(alike(order[a], order[b]) for b in picked[:i]) for i, a in enumerate(picked) if i]

    for one, other in zip(least(ours)[:1], least(list(theirs))[:1], strict=True):
        assert one == pytest.approx(other)
    for place in range(1, keep):  # no free compound is farther from those before than the one that was taken
        free = set(range(len(order))) - set(ours[:place])
        nearest = {a: max(alike(order[a], order[b]) for b in ours[:place]) for a in free}
        assert nearest[ours[place]] == pytest.approx(min(nearest.values()))


@given(st.lists(st.sampled_from([0.1, 0.5, 0.9]), min_size=1, max_size=11), st.integers(1, 11))
def test_without_diversity_and_price_the_best_are_picked(gain, keep):
    gain = np.array(sorted(gain, reverse=True))
    picked = pick(gain, PRINTS[: len(gain)], SIMILARITY, Weights(1, 0), keep)
    assert picked == list(range(min(keep, len(gain))))


def test_a_cheap_compound_goes_before_an_equal_one_that_is_dear():
    price = np.array([90.0, 10.0, 50.0])
    assert pick(np.ones(3), PRINTS[:3], SIMILARITY, Weights(1, 0, 1), 3, price=price) == [1, 2, 0]
    assert pick(np.ones(3), PRINTS[:3], SIMILARITY, Weights(1, 0, 1), 3, price=np.zeros(3)) == [0, 1, 2]


def test_what_was_measured_is_kept_away_from():
    """Phenol was measured, so benzene comes last."""
    some = [SMILES.index(s) for s in ("c1ccccc1", "CCS", "CC(=O)N")]
    known = PRINTS[[SMILES.index("c1ccccc1O")]]
    assert pick(np.ones(3), PRINTS[some], SIMILARITY, Weights(0, 1), 3)[0] == 0
    assert pick(np.ones(3), PRINTS[some], SIMILARITY, Weights(0, 1), 3, known=known)[-1] == 0


@pytest.mark.parametrize("count", [0, 1, PLATE, PLATE + 1, 3 * PLATE])
def test_every_compound_has_a_well_of_its_own(count):
    made = wells(count)
    assert len(set(made)) == count == len(made)
    if count:
        assert made[0] == (1, "A01")
    if count >= PLATE:
        assert made[11] == (1, "A12") and made[12] == (1, "B01") and made[95] == (1, "H12")
    if count > PLATE:
        assert made[PLATE] == (2, "A01")
