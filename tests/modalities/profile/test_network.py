"""The network of profiles: gaps are means, training rows centre batches, and few records are learned."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

import riboswitch
from riboswitch.config.settings import build
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.errors import UsageError
from riboswitch.learning.device import deterministic
from riboswitch.modalities.profile import network as part
from riboswitch.modalities.profile.encode import encode
from riboswitch.modalities.profile.explain import without_each
from riboswitch.modalities.profile.read import read_list

NAMES = ["a", "b", "mi:c"]


def arrays_of(rows, batches=()):
    values = [np.array(row if batches else [*row, np.nan], np.float32) for row in rows]
    return encode({"profile": values}, [str(i) for i in range(len(rows))],
                  {"features": NAMES, "batches": list(batches)})  # fmt: skip


def network_of(arrays, **settings):
    with deterministic(0):
        return part.Network(build(part.NetworkSettings, settings), 2, arrays.meta).eval()


def answers(net, arrays):
    with torch.inference_mode():
        return net(part.collate(arrays, np.arange(len(arrays)))).numpy()


def test_blocks_are_found_by_the_names_of_features():
    assert part.blocks_of(["x:a", "b", "x:c", "y:a:b"]) == {"x": [0, 2], "": [1], "y": [3]}


def test_a_gap_counts_as_the_training_mean_before_gaps_are_learned():
    rng = np.random.default_rng(0)
    rows = rng.normal(3, 2, (20, 3)).astype(np.float32)
    arrays = arrays_of(rows)
    net = network_of(arrays)
    net.fit_scalers(arrays, np.arange(20))
    means = rows.mean(0)
    filled, gap = rows[:1].copy(), rows[:1].copy()
    filled[0, 1], gap[0, 1] = means[1], np.nan
    np.testing.assert_allclose(answers(net, arrays_of(gap)), answers(net, arrays_of(filled)), atol=1e-5)


def test_scale_and_shift_of_a_feature_do_not_matter():
    rows = np.random.default_rng(1).normal(size=(12, 3)).astype(np.float32)
    moved = rows * [10, 1, 0.1] + [5, 0, -3]
    found = []
    for each in (rows, moved):
        arrays = arrays_of(each)
        net = network_of(arrays)
        net.fit_scalers(arrays, np.arange(8))
        found.append(answers(net, arrays))
    np.testing.assert_allclose(*found, atol=1e-4)


def test_batches_are_centred_by_their_own_training_rows_only():
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(10, 3))
    shifted = np.concatenate([rows, rows + 7])
    batch = np.repeat([0, 1], 10)[:, None]
    arrays = arrays_of(np.hstack([shifted, batch]), ["x", "y"])
    net = network_of(arrays)
    net.fit_scalers(arrays, np.arange(20))
    found = answers(net, arrays)
    np.testing.assert_allclose(found[:10], found[10:], atol=1e-4)
    plain = network_of(arrays_of(shifted))
    plain.fit_scalers(arrays_of(shifted), np.arange(20))
    assert np.abs(np.diff(answers(plain, arrays_of(shifted)).reshape(2, 10, 2), axis=0)).max() > 0.1


def test_a_batch_without_training_rows_has_the_means_of_all():
    rows = np.array([[1, 2, 3, 0], [3, 2, 1, 0], [5, 5, 5, 1]])
    net = network_of(arrays_of(rows, ["x", "y"]))
    net.fit_scalers(arrays_of(rows, ["x", "y"]), np.arange(2))
    np.testing.assert_allclose(net.centre.numpy(), [[2, 2, 2]] * 3)


def test_features_without_values_and_constant_ones_make_no_nan():
    rows = np.array([[1, np.nan, 2], [1, np.nan, 3], [1, np.nan, 5]])
    arrays = arrays_of(rows)
    net = network_of(arrays)
    net.fit_scalers(arrays, np.arange(3))
    assert np.isfinite(answers(net, arrays)).all()


def test_a_change_of_an_explainer_is_a_gap():
    arrays = arrays_of([[1, np.nan, 3]])
    fields = without_each(arrays, 0).only.values
    assert fields["known"].tolist() == [[1, 0, 1], [0, 0, 1], [1, 0, 1], [1, 0, 0]]
    assert fields["values"].tolist() == [[1, 0, 3], [0, 0, 3], [1, 0, 3], [1, 0, 0]]


def test_profiles_without_names_of_features_are_refused():
    with pytest.raises(UsageError, match="the features have no names"):
        encode({"profile": [np.zeros(3, np.float32)]}, ["1"])
    with pytest.raises(UsageError, match="another number of features; found '2'"):
        encode({"profile": [np.zeros(3, np.float32)]}, ["1"], {"features": ["a"]})


def records_of(rows, names, **labels):
    values = [dict(zip(names, row, strict=True)) for row in rows]
    reading = {"feature_names": list(names)}
    records = Records.collect(read_list(values, **reading), ("profile",), modality="profile", reading=reading)
    return Records(records.table.assign(**labels), records.rejected, records.read, records.meta)


def split_of(records, parts):
    return Split(pd.DataFrame({"id": records.ids, "group": records.ids, "part_0": parts}), {"name": "made"})


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        ("regression", {"y": [3.0, -1, 4, 1, -5, 9, 2, 6]}),
        ("multiclass", {"y": [*"aabbccab"]}),
        ("binary", {"y": [0.0, 1, 0, 1, 1, 0, 0, 1]}),
        ("survival", {"t": [5.0, 1, 8, 3, 2, 7, 4, 6], "e": [1.0] * 8}),
    ],
)
def test_eight_records_are_learned_by_heart_and_again_the_same(kind, labels):
    rows = np.random.default_rng(0).normal(size=(8, 6)).round(3)
    records = records_of(rows, [f"f{n}" for n in range(6)], **labels)
    features, split = riboswitch.featurize(records), split_of(records, ["train"] * 8)
    how = {
        "settings": {"epochs": 150, "learning_rate": 0.01, "weight_decay": 0.0},
        "network": {"dropout": 0.0, "feature_dropout": 0.0},
        "kind": kind,
        "targets": [*labels],
    }
    models = [riboswitch.train(records, features, split, **how) for _ in range(2)]
    for name, value in models[0].tensors.items():
        np.testing.assert_array_equal(value, models[1].tensors[name])
    found = riboswitch.predict(
        [dict(zip((f"f{n}" for n in range(6)), row, strict=True)) for row in rows], models[0]
    )
    if kind == "survival":
        assert found["risk"].rank(ascending=False).tolist() == labels["t"]
    elif kind == "multiclass":
        assert found["class"].tolist() == labels["y"]
    elif kind == "binary":
        assert (found["p_y"] > 0.5).astype(float).tolist() == labels["y"]
    else:
        np.testing.assert_allclose(found["y"], labels["y"], atol=0.5)
