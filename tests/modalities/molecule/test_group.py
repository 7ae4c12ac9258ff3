"""Groups of molecules: what is alike shares a label, whatever the order."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator
from rdkit.Chem.Scaffolds import MurckoScaffold

from riboswitch.errors import InputError, UsageError
from riboswitch.modalities.molecule import group as module
from riboswitch.modalities.molecule.group import METHODS, group

CHAINS = ["CCO", "CCCO", "CCCCO", "CCCCCO", "CCN", "CCCN", "C[C@H](N)O", "C[C@@H](N)O"]
RINGS = [
    *(
        "c1ccccc1",
        "Cc1ccccc1",
        "CCc1ccccc1",
        "Oc1ccccc1",
        "Nc1ccccc1",
        "OC(=O)c1ccccc1",
        "c1ccc(Cc2ccccc2)cc1",
    ),
    *("c1ccncc1", "Cc1ccncc1", "OCc1ccncc1", "C1CCCCC1", "CC1CCCCC1", "OC1CCCCC1", "NC1CCCCC1", "c1ccoc1"),
    *("Cc1ccco1", "OC(=O)c1ccco1", "c1ccc2ccccc2c1", "Cc1ccc2ccccc2c1", "Oc1ccc2ccccc2c1", "C1CCNCC1"),
]
LIBRARY = CHAINS + RINGS
lists = st.lists(st.sampled_from(LIBRARY), max_size=20)


def tanimoto(a: str, b: str) -> float:
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    return DataStructs.TanimotoSimilarity(
        *(generator.GetFingerprint(Chem.MolFromSmiles(smiles)) for smiles in (a, b))
    )


def slow_clusters(inputs: list[str], cutoff: float) -> list[set[str]]:
    """The oracle: grow every cluster by looking at all pairs with RDKit's own similarity."""
    clusters: list[set[str]] = []
    for smiles in sorted(set(inputs)):
        near = [c for c in clusters if any(tanimoto(smiles, other) >= cutoff for other in c)]
        clusters = [c for c in clusters if c not in near] + [{smiles}.union(*near)]
    return clusters


def partition(inputs: list[str], labels: list[str]) -> set[frozenset[str]]:
    return {
        frozenset(s for s, other in zip(inputs, labels, strict=True) if other == label) for label in labels
    }


@given(lists, st.sampled_from(METHODS), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_labels_do_not_depend_on_the_order(inputs: list[str], method: str, random) -> None:  # type: ignore[no-untyped-def]
    labels = dict(zip(inputs, group({"molecule": inputs}, method), strict=True))
    shuffled = list(inputs)
    random.shuffle(shuffled)
    assert dict(zip(shuffled, group({"molecule": shuffled}, method), strict=True)) == labels


@given(lists, st.sampled_from([0.2, 0.4, 0.5, 0.6, 1.0]))
@settings(max_examples=40, deadline=None)
def test_clusters_are_rdkits(inputs: list[str], cutoff: float) -> None:
    expected = {frozenset(c) for c in slow_clusters(inputs, cutoff)}
    assert partition(inputs, group({"molecule": inputs}, "cluster", cutoff=cutoff)) == expected


@pytest.mark.parametrize("block", [1, 2, 5])
def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    whole = group({"molecule": LIBRARY}, "cluster", cutoff=0.4)
    monkeypatch.setattr(module, "BLOCK_ROWS", block)
    assert group({"molecule": LIBRARY}, "cluster", cutoff=0.4) == whole


def test_no_two_groups_are_alike() -> None:
    labels = group({"molecule": LIBRARY}, "scaffold+cluster", cutoff=0.5)
    for i, a in enumerate(LIBRARY):
        for j, b in enumerate(LIBRARY[:i]):
            if labels[i] != labels[j]:
                assert tanimoto(a, b) < 0.5


@given(lists)
@settings(max_examples=30, deadline=None)
def test_the_strict_method_joins_what_either_joins(inputs: list[str]) -> None:
    strict = dict(zip(inputs, group({"molecule": inputs}, "scaffold+cluster"), strict=True))
    for method in ("scaffold", "cluster"):
        for members in partition(inputs, group({"molecule": inputs}, method)):
            assert len({strict[smiles] for smiles in members}) == 1


def test_scaffolds_are_rdkits() -> None:
    expected = [MurckoScaffold.MurckoScaffoldSmiles(s, includeChirality=False) for s in RINGS]
    assert group({"molecule": RINGS}, "scaffold") == expected


def test_chains_are_groups_of_their_own() -> None:
    assert group({"molecule": ["CCO", "CCCO", "CCO"]}, "scaffold") == ["CCO", "CCCO", "CCO"]
    mirror = group({"molecule": ["C[C@H](N)O", "C[C@@H](N)O"]}, "scaffold")
    assert mirror[0] == mirror[1], "mirror images stand on one side"


def test_random_keeps_equals_together() -> None:
    assert group({"molecule": ["CCO", "CCC", "CCO"]}, "random") == ["CCO", "CCC", "CCO"]


@pytest.mark.parametrize("method", METHODS)
def test_few_molecules(method: str) -> None:
    assert group({"molecule": []}, method) == []
    assert len(group({"molecule": ["CCO"]}, method)) == 1


def test_identical_fingerprints_at_cutoff_one() -> None:
    a, b = group({"molecule": ["C[C@H](N)O", "C[C@@H](N)O"]}, "cluster", cutoff=1.0)
    assert a == b


def test_mistakes_are_refused() -> None:
    with pytest.raises(UsageError, match="scaffold"):
        group({"molecule": ["CCO"]}, "murcko")
    with pytest.raises(UsageError, match="cutoff"):
        group({"molecule": ["CCO"]}, "cluster", cutoff=0)
    with pytest.raises(InputError, match="not a SMILES"):
        group({"molecule": ["C1CC"]}, "scaffold")
