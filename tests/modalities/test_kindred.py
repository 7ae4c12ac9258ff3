"""The quick way to kin finds what comparing all keys finds, for every modality."""

from __future__ import annotations

import random

import pytest

from drugs import DRUGS
from riboswitch.modalities import find
from riboswitch.modalities.kindred import Kindred

FORMS = [
    "CC(=O)[O-].[Na+]", "CC(=O)O", "C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "CC(N)C(=O)O", "Oc1ccccn1",
    "O=c1cccc[nH]1", "CCCO", "CC(C)O", "[NH4+].[Cl-]", "N",
]  # fmt: skip


def sequences():
    draw = random.Random(0)
    texts = ["".join(draw.choices("ACGT", k=draw.randint(3, 5))) for _ in range(150)]
    return [{"sequence": text} for text in [*texts, "MKV", "ACGU", "ACGT"]]


@pytest.mark.parametrize(
    ("name", "inputs"),
    [("molecule", [{"molecule": text} for text in [*DRUGS, *FORMS]]), ("sequence", sequences())],
)
def test_what_it_finds_is_what_all_keys_find(name, inputs):
    reader = find(name).reader
    keys = [reader.kin(components) for components in inputs]
    known = Kindred(inputs[::2], reader)
    many = 0
    for components, mine in zip(inputs, keys, strict=True):
        expected = [row for row, other in enumerate(keys[::2]) if mine & other]
        assert known(components) == expected
        assert (components in known) is bool(expected)
        many += bool(expected)
    assert len(inputs) // 2 <= many < len(inputs)


def test_most_inputs_need_no_keys(monkeypatch):
    reader = find("molecule").reader
    known = Kindred([{"molecule": "CC(=O)Oc1ccccc1C(=O)O"}], reader)
    monkeypatch.setattr(known, "reader", type("Reader", (), {"kin_hint": staticmethod(reader.kin_hint)}))
    assert not any({"molecule": text} in known for text in ("CCO", "c1ccccc1", "CC(=O)O"))
