"""The kernel of profiles: scale and batches do not matter, gaps are means, and validation rows weigh it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import riboswitch
from riboswitch.data.splits import Split
from riboswitch.data.task import Task
from riboswitch.errors import BundleError
from riboswitch.modalities.profile.stack import Kernel

from .test_network import arrays_of, records_of

NUMBER = Task("regression", ("y",))


def fitted(arrays, labels, task=NUMBER):
    rows = np.arange(len(labels))
    return Kernel.fit(arrays, rows, np.asarray(labels, float), np.ones(len(rows)), task, seed=0)


def made(rows=60):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 3)).astype(np.float32)
    return x, (2 * x[:, :1] - x[:, 1:2] + 0.1 * rng.normal(size=(rows, 1))).astype(float)


def test_a_linear_response_is_learned():
    x, y = made()
    said = fitted(arrays_of(x[:40]), y[:40]).predict(arrays_of(x), np.arange(60))[40:]
    assert np.corrcoef(said[:, 0], y[40:, 0])[0, 1] > 0.9


def test_scale_and_shift_of_a_feature_do_not_matter():
    x, y = made()
    moved = x * [10, 1, 0.1] + [5, 0, -3]
    found = [fitted(arrays_of(each), y).predict(arrays_of(each), np.arange(60)) for each in (x, moved)]
    np.testing.assert_allclose(*found, atol=1e-3)


def test_a_gap_counts_as_the_mean_and_a_target_may_have_gaps():
    x, y = made()
    two, targets = np.hstack([y, -y]), Task("regression", ("y", "z"))
    two[::3, 1] = np.nan
    kernel = fitted(arrays_of(x), two, targets)
    gap, filled = x[:1].copy(), x[:1].copy()
    gap[0, 1], filled[0, 1] = np.nan, x[:, 1].mean()
    said = [kernel.predict(arrays_of(each), np.arange(1)) for each in (gap, filled)]
    np.testing.assert_allclose(*said, atol=1e-4)
    assert said[0].shape == (1, 2) and np.isfinite(said[0]).all()


def test_rows_are_centred_by_their_batch():
    x, y = made(30)
    both = np.hstack([np.concatenate([x, x + 7]), np.repeat([0, 1], 30)[:, None]])
    arrays = arrays_of(both, ["p", "q"])
    said = fitted(arrays, np.concatenate([y, y])).predict(arrays, np.arange(60))
    np.testing.assert_allclose(said[:30], said[30:], atol=1e-4)


def test_profiles_of_other_features_and_damaged_arrays_are_refused():
    x, y = made(20)
    kernel = fitted(arrays_of(x), y)
    tensors = kernel.tensors()
    for name, value in {"scale": tensors["scale"] * 0, "places": tensors["places"][:, :2],
                        "level": tensors["level"] * np.nan}.items():  # fmt: skip
        with pytest.raises(BundleError, match=r"arrays of the kernel do not fit together"):
            Kernel.from_tensors(tensors | {name: value}, NUMBER)
    narrow = {n: v[..., :2] if n in ("places", "centre", "scale") else v for n, v in tensors.items()}
    with pytest.raises(BundleError, match="profiles with other features; found '2 features for 3'"):
        Kernel.from_tensors(narrow, NUMBER).predict(arrays_of(x), np.arange(20))


def test_the_stack_joins_a_bundle_and_answers():
    x, y = made()
    records = records_of(x.round(3), [f"f{n}" for n in range(3)], y=y[:, 0])
    features = riboswitch.featurize(records)
    parts = ["train"] * 36 + ["valid"] * 12 + ["test"] * 12
    split = Split(pd.DataFrame({"id": records.ids, "group": records.ids, "part_0": parts}), {"name": "made"})
    how = {"kind": "regression", "targets": ["y"], "settings": {"epochs": 2}}
    model = riboswitch.train(records, features, split, **how)
    networks = riboswitch.held_out(records, features, split, [model])
    made_of, base = riboswitch.stack(records, features, split, networks)
    assert base.header["stack"]["weights"]["kernel"] > 0.5  # two epochs teach a network nothing
    joined = riboswitch.ensemble([model, base], records)
    said = riboswitch.predict([dict(zip(("f0", "f1", "f2"), row, strict=True)) for row in x.round(3)], joined)
    assert np.corrcoef(said["y"], y[:, 0])[0, 1] > 0.9
    assert set(made_of.table["method"]) == {"stack"}
