"""A refused bundle names the packages whose versions differ, and no other."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.data.bundles.versions import PACKAGES, differing, versions
from riboswitch.errors import BundleError
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find


@given(st.sets(st.sampled_from(PACKAGES)))
def test_exactly_the_packages_that_differ_are_named(others):
    said = differing(versions() | dict.fromkeys(others, "0.0.1"))
    assert {name for name in PACKAGES if f"{name} 0.0.1 (here {versions()[name]})" in said} == others
    assert ("All versions are the same here" in said) == (not others)


def test_a_package_that_the_bundle_does_not_name_is_named_so():
    stated = {name: version for name, version in versions().items() if name != "torch"}
    assert "torch of an unknown version (here" in differing(stated)


def test_a_bundle_that_answers_otherwise_names_them(gene_model):
    model = copy.deepcopy(gene_model)
    model.tensors |= {k: -v for k, v in model.tensors.items() if v.dtype == np.float32}
    model.header["training"]["versions"]["rdkit"] = "2020.3.1"
    with pytest.raises(
        BundleError, match=r"answers differently.*made with rdkit 2020\.3\.1 \(here [\d.]+\);"
    ):
        Predictor(model, find(model.modality)).check_golden()
