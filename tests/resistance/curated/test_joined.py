"""Genes of other databases join the family that their name stands for, whatever the order of the table."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.resistance.curated.families import COMPLETE, IDENTITY, PARTIAL, Families, Family
from riboswitch.resistance.curated.joined import RECORD, by_symbol, join

SYMBOLS = ["mecA", "blaOXA", "sat", "-"]


def family(name, parent="", symbol="-", subclass="", type="AMR", reportable=2):
    return Family(name, parent, symbol, (IDENTITY, COMPLETE), (IDENTITY, PARTIAL), reportable, type, type,
                  "BETA-LACTAM", subclass, name)  # fmt: skip


@st.composite
def trees(draw):
    """Families, each below an earlier one or at the root."""
    made = []
    for number in range(draw(st.integers(1, 9))):
        parent = draw(st.sampled_from(["", *(f.name for f in made)]))
        kind = draw(st.sampled_from(["AMR", "AMR", "VIRULENCE"]))
        made.append(family(f"n{number}", parent, draw(st.sampled_from(SYMBOLS)), type=kind,
                           reportable=draw(st.integers(0, 2))))  # fmt: skip
    return made


@settings(deadline=None)
@given(trees(), st.randoms())
def test_a_symbol_stands_for_the_family_above_all_others_in_any_order(tree, rng):
    families = Families({f.name: f for f in tree})
    found = by_symbol(families)
    shuffled = rng.sample(tree, len(tree))
    assert by_symbol(Families({f.name: f for f in shuffled})) == found
    for symbol in SYMBOLS:
        alike = [f for f in tree if f.symbol == symbol != "-" and f.type == "AMR" and f.reportable]
        above = [f for f in alike if all(f in families.line(other.name) for other in alike)]
        assert ([found[symbol]] if symbol in found else []) == above


TREE = [
    family("mec_gen"), family("mecA", "mec_gen", "mecA", "METHICILLIN"),
    family("mecA-ceftar", "mecA", "mecA", "CEFTAROLINE/METHICILLIN"),
    family("bla-D", "", "blaOXA", "BETA-LACTAM"), family("blaOXA-23_fam", "bla-D", "blaOXA", "CARBAPENEM"),
    family("blaOXA_Campy", "bla-D", "blaOXA", "BETA-LACTAM"),
    family("sat", "", "sat", "STREPTOTHRICIN"), family("sat_auto", "", "sat", "", "VIRULENCE", 1),
    family("one", "", "norM", "EFFLUX"), family("two", "", "norM", "TIGECYCLINE"),
]  # fmt: skip


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("gene", "node"),
    [
        ("mecA", "mecA"),
        ("blaOXA-999", "bla-D"),
        ("sat", "sat"),
        ("norM", f"{RECORD}norM"),
        ("new", f"{RECORD}new"),
    ],
)
def test_a_record_is_of_the_class_that_its_name_tells(order, gene, node):
    families = Families({f.name: f for f in TREE[::order]})
    row = {"id": "r", "sequence": "MKV", "drug_class": "beta-lactam", "gene": gene}
    (reference,), joined = join([], families, pd.DataFrame([row]), "none")
    assert reference.node == node and node in joined.by_name
    assert joined.by_name[node].subclass == {f.name: f.subclass for f in TREE}.get(node, "")
