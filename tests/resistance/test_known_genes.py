"""Known genes and their housekeeping homologues: a protein belongs to the nearer of the two."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistance.curated.invented import mutated, protein
from riboswitch.bio.alignment import score
from riboswitch.data.records import Record, Records
from riboswitch.resistance.known_genes import KnownGenes

RNG = random.Random(17)
GENE = protein(RNG, 180)
HOUSEKEEPING = mutated(RNG, GENE, 65)
UNLIKE = protein(RNG, 150)
ALMOST = mutated(RNG, GENE, 4)  # the known gene itself, annotated in a genome without a word of it
CLASSES = ("none", "tetracycline")


def known(none=(), source="g.gb:cds", others=(), **meta):
    rows = [Record(1, "gene", {"sequence": GENE}, {"drug_class": "tetracycline"}, "made.fsa")]
    rows += [
        Record(i, f"n{i}", {"sequence": p}, {"drug_class": "none"}, source) for i, p in enumerate(none, 2)
    ]
    records = Records.collect(rows, ["sequence"], modality="sequence", **meta)
    return KnownGenes.build(records, "drug_class", CLASSES, "none", k=5, min_shared=4, others=others)


def homologue(genes, text):
    """Whether a protein is nearer to a homologue than to the gene."""
    share = score(text, GENE) / score(GENE, GENE)
    return bool(genes.are_homologues([text], np.array([0]), np.array([share]))[0])


@pytest.mark.parametrize("genes", [
    known([HOUSEKEEPING]), known(others=[HOUSEKEEPING]), known(homologues={"gpt": HOUSEKEEPING}),
    known([UNLIKE], others=[HOUSEKEEPING, HOUSEKEEPING]),
])  # fmt: skip
def test_a_housekeeping_protein_is_no_candidate_wherever_it_is_named(genes):
    assert len(genes.homologues) == 1
    assert homologue(genes, HOUSEKEEPING) and homologue(genes, mutated(random.Random(1), HOUSEKEEPING, 12))
    assert not homologue(genes, GENE) and not homologue(genes, mutated(random.Random(1), GENE, 12))


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 65), st.integers(0, 30))
def test_the_better_alignment_decides(seed, steps, changes):
    """Proteins between the two, some of the way from the gene to its homologue, and then changed."""
    rng = random.Random(seed)
    differ = [i for i, pair in enumerate(zip(GENE, HOUSEKEEPING, strict=True)) if pair[0] != pair[1]]
    moved = {*rng.sample(differ, steps)}
    text = "".join(HOUSEKEEPING[i] if i in moved else a for i, a in enumerate(GENE))
    text = mutated(rng, text, changes)
    genes = known([HOUSEKEEPING])
    words = {HOUSEKEEPING[i : i + 5] for i in range(176)}
    if sum(text[i : i + 5] in words for i in range(176)) > 8:  # else the homologue is not aligned
        assert homologue(genes, text) == (score(text, HOUSEKEEPING) > score(text, GENE))


@pytest.mark.parametrize("genes", [
    known(), known([UNLIKE]), known([ALMOST]), known([HOUSEKEEPING], source="decoys"), known(others=[ALMOST]),
])  # fmt: skip
def test_what_is_unlike_or_the_gene_itself_or_a_decoy_does_not_count(genes):
    assert len(genes.homologues) == 0
    assert not homologue(genes, HOUSEKEEPING) and not homologue(genes, ALMOST)


def test_a_protein_without_a_known_gene_is_no_homologue():
    hits, shares = np.array([-1, 0]), np.array([0.0, 0.3])
    assert known([HOUSEKEEPING]).are_homologues([HOUSEKEEPING] * 2, hits, shares).tolist() == [False, True]
