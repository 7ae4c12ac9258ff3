"""Forms of molecules, and the average of predictions over them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.learning.forms import FurtherForms, over_forms
from riboswitch.modalities import find
from riboswitch.modalities.molecule import encode
from riboswitch.modalities.molecule.forms import several
from riboswitch.modalities.molecule.group import group

ALANINES = ["C[C@@H](N)C(=O)O |&1:1|", "C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "CC(N)C(=O)O"]


def test_only_substances_with_several_forms_are_listed():
    found = several({"molecule": [*ALANINES, "CC=CC |c:1|", "CC(N)O |&1:1|"]})
    assert found == {0: {"molecule": ["C[C@@H](N)C(=O)O", "C[C@H](N)C(=O)O"]}}


def test_the_first_form_is_the_one_that_is_encoded():
    inputs = {"molecule": [ALANINES[0]]}
    (forms,) = several(inputs).values()
    one = encode.encode(inputs, ["x"])
    other = encode.encode({"molecule": forms["molecule"][:1]}, ["x"])
    for name, values in one.item(0).items():
        np.testing.assert_array_equal(values, other.item(0)[name])


def test_further_forms_are_encoded_beside_their_rows():
    forms = FurtherForms.of({"molecule": ["CCO", *ALANINES]}, find("molecule"), {})
    assert forms.counts.tolist() == [1, 2, 1, 1, 1]
    assert forms.rows.tolist() == [1]
    assert len(forms.arrays) == 1
    assert FurtherForms.of({"molecule": ["CCO"]}, find("molecule"), {}).arrays is None
    assert FurtherForms.of({"molecule": []}, find("molecule"), {}).counts.tolist() == []


def test_inputs_of_other_modalities_have_one_form():
    assert FurtherForms.of({"sequence": ["ACGT"]}, find("sequence"), {}) is None


def test_a_racemate_and_its_relatives_stay_on_one_side_of_a_split():
    rings = [smiles.replace("C(=O)O", "c1ccccc1") for smiles in ALANINES]
    for molecules in (ALANINES, rings):
        for method in ("scaffold", "cluster", "scaffold+cluster"):
            assert len(set(group({"molecule": molecules}, method))) == 1, (method, molecules)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=6), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_the_average_is_that_of_the_plain_way(counts, networks, seed):
    random, counts = np.random.default_rng(seed), np.array(counts)
    members = random.normal(size=(networks, len(counts), 2))
    further = random.normal(size=(networks, int((counts - 1).sum()), 2))
    forms = FurtherForms(counts, np.repeat(np.arange(len(counts)), counts - 1), None)
    means, span = over_forms(members.copy(), further, forms)
    for row, count in enumerate(counts):
        every = np.concatenate([members[:, [row]], further[:, forms.rows == row]], axis=1)
        np.testing.assert_allclose(means[:, row], every.mean(1), atol=1e-12)
        if count == 1:
            assert np.isnan(span.low[row]).all()
        else:
            np.testing.assert_allclose(span.low[row], every.mean(0).min(0))
            np.testing.assert_allclose(span.high[row], every.mean(0).max(0))
