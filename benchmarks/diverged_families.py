"""Resistance proteins by family, and what each family is used for in the test of diverged genes.

A family is a connected component of similar proteins (`modalities.sequence.group`). It has one part:
``test``, ``fit`` (a combination of scores learns from it), ``choose`` (methods are chosen by it), ``rest``.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sequence_planted import RESIDUES

from riboswitch.modalities.sequence.group import group
from riboswitch.resistance.curated.database import Database
from riboswitch.resistance.house_classes import house_classes

CORE = 2
MIN_AA = 100
"""Shortest protein that is planted, and shortest reading frame that is scored."""

PARTS = ("test", "fit", "rest", "rest", "rest", "test", "choose", "rest", "rest", "rest")
"""The families of a class take these in turn."""

ALIKE = 0.4
"""Proteins with this share of common 4-mers are near-equal alleles: one of them is a reference."""


@dataclass(frozen=True, slots=True)
class Known:
    """A reference of the test.

    Attributes
    ----------
    sequence : str
    classes : tuple of str
        Drug classes that it defeats, in our words.
    nodes : tuple of str
        Families of NCBI's tree that it belongs to.
    family : str
        Component of similar proteins.
    part : str
    """

    sequence: str
    classes: tuple[str, ...]
    nodes: tuple[str, ...]
    family: str
    part: str = "rest"

    @property
    def label(self) -> str:
        """The class that models learn: the first."""
        return self.classes[0]


def resistance_proteins(database: Database) -> list[Known]:
    """The proteins of the database's core that resist by their presence, each once, in a fixed order."""
    found: dict[str, Known] = {}
    for r in database.references:
        of_type = (
            all(database.families.by_name[n].type == "AMR" for n in r.nodes)
            if r.matters_by_presence
            else False
        )
        classes = tuple(house_classes(r.drug_class).split("/"))
        if of_type and r.reportable == CORE and classes[0]:
            found.setdefault(r.sequence, Known(r.sequence, classes, r.nodes, ""))
    proteins = [found[s] for s in sorted(found)]
    families = group({"sequence": [p.sequence for p in proteins]})
    return [replace(p, family=f) for p, f in zip(proteins, families, strict=True)]


def representatives(proteins: Sequence[Known], seed: int = 0) -> list[Known]:
    """One of each set of near-equal alleles of a family, whole ones first, with the part of its family."""
    alleles = group({"sequence": [p.sequence for p in proteins]}, cutoff=ALIKE)
    order = sorted(range(len(proteins)), key=lambda i: (not is_whole(proteins[i]), *_shuffled(i, seed)))
    first = {}
    for i in order:
        first.setdefault((proteins[i].family, alleles[i]), proteins[i])
    kept = sorted(first.values(), key=lambda p: p.sequence)
    part = parts(kept, seed)
    return [replace(p, part=part[p.family]) for p in kept]


def _shuffled(number: int, seed: int) -> tuple[float]:
    return (random.Random(f"{seed}:{number}").random(),)


def is_whole(protein: Known) -> bool:
    """Whether it can be planted: from a methionine on, no unknown letters, long enough."""
    s = protein.sequence
    return len(s) >= MIN_AA and s[0] == "M" and set(s) <= set(RESIDUES)


def parts(proteins: Sequence[Known], seed: int = 0) -> dict[str, str]:
    """The part of each family; those of one class take `PARTS` in turn, in an order drawn with the seed."""
    classes: dict[str, dict[str, None]] = {}
    for protein in proteins:
        classes.setdefault(protein.label, {})
    first = {}
    for protein in proteins:
        first.setdefault(protein.family, protein.label)
    for family, label in first.items():
        classes[label][family] = None
    found = {}
    for label, families in classes.items():
        ordered = sorted(families)
        random.Random(f"{seed}:{label}").shuffle(ordered)
        found |= {family: PARTS[i % len(PARTS)] for i, family in enumerate(ordered)}
    return found


def sample(proteins: Sequence[Known], part: str, most: int, seed: int = 0) -> list[Known]:
    """At most one whole protein of each family of a part, from the classes in turn, ``most`` in all."""
    one: dict[str, Known] = {}
    ordered = sorted(proteins, key=lambda p: p.sequence)
    random.Random(seed).shuffle(ordered)
    for protein in ordered:
        if protein.part == part and is_whole(protein):
            one.setdefault(protein.family, protein)
    by_class: dict[str, list[Known]] = {}
    for protein in one.values():
        by_class.setdefault(protein.label, []).append(protein)
    queues = [by_class[c] for c in sorted(by_class)]
    turns = [queue[i] for i in range(max(map(len, queues), default=0)) for queue in queues if i < len(queue)]
    return turns[:most]
