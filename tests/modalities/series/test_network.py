"""The network of series: gaps, time and padding, and that few records are learned."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

import riboswitch
from riboswitch.config.settings import build
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.data.task import Task
from riboswitch.errors import BundleError, UsageError
from riboswitch.learning.device import deterministic
from riboswitch.modalities.series import network as part
from riboswitch.modalities.series.encode import decoded, encode
from riboswitch.modalities.series.explain import draw, parts, without_each
from riboswitch.modalities.series.group import group
from riboswitch.modalities.series.read import read_list
from riboswitch.modalities.series.stack import SummaryForest
from riboswitch.modalities.series.summaries import OF_A_CHANNEL, summaries

NAMES = ["a", "b"]


def series_of(rng, steps, gaps=0.3):
    """A series of two channels at irregular times, each step with a value."""
    values = rng.normal(3, 2, (steps, 2))
    values[rng.random(steps) < gaps, 1] = np.nan
    times = np.concatenate([[0], rng.exponential(1, steps - 1).cumsum()])
    return np.column_stack([times, values]).astype(np.float32)


def many(number=9, seed=0):
    rng = np.random.default_rng(seed)
    return [series_of(rng, 1 + int(n)) for n in rng.integers(0, 25, number)]


def arrays_of(series):
    return encode({"series": series}, [str(i) for i in range(len(series))], {"channels": NAMES})


def network_of(arrays, fitted=True, **settings):
    with deterministic(0):
        net = part.Network(build(part.NetworkSettings, settings), 2, arrays.meta).eval()
    if fitted:
        net.fit_scalers(arrays, np.arange(len(arrays)))
    return net


def answers(net, arrays):
    with torch.inference_mode():
        return net(part.collate(arrays, np.arange(len(arrays)))).numpy()


@pytest.mark.parametrize("pool", [1, 2, 5])
@pytest.mark.parametrize("normalization", ["layer", "batch"])
def test_padding_and_the_batch_change_nothing(pool, normalization):
    arrays = arrays_of(many())
    net = network_of(arrays, pool=pool, normalization=normalization)
    alone = np.concatenate([answers(net, arrays.take([row])) for row in range(len(arrays))])
    np.testing.assert_allclose(answers(net, arrays), alone, atol=1e-5)


def test_scale_and_shift_of_a_channel_and_the_unit_of_time_do_not_matter():
    series = many()
    moved = [(one * [1, 10, 0.1] + [0, 5, -3]).astype(np.float32) for one in series]
    slower = [(one * [60, 1, 1]).astype(np.float32) for one in series]
    found = [answers(network_of(arrays_of(each)), arrays_of(each)) for each in (series, moved, slower)]
    np.testing.assert_allclose(found[1], found[0], atol=2e-3)
    np.testing.assert_allclose(found[2], found[0], atol=2e-3)


def test_a_gap_holds_the_last_value_which_fades_to_the_mean():
    net = network_of(arrays_of(many()))
    time = torch.tensor([[0.0, 1, 1e6]])
    scaled, known = torch.tensor([[[2.0, 0], [0, 0], [0, 0]]]), torch.tensor([[[1.0, 0], [0, 0], [0, 0]]])
    held = net._held(scaled, known, time)[0].detach().numpy()
    assert held[0, 0] == 2 and 0 < held[1, 0] < 2 and held[2, 0] < 1e-6 and (held[:, 1] == 0).all()


def test_that_a_value_is_missing_counts_for_nothing_before_it_is_learned():
    arrays = arrays_of(many())
    net = network_of(arrays, linear=0)
    mean = float(net.mean[1])
    series = np.array([[0, 1, np.nan], [1, 2, np.nan]], np.float32)
    filled = np.where(np.isnan(series), np.float32(mean), series)
    one, other = (answers(net, arrays_of([each])) for each in (series, filled))
    np.testing.assert_allclose(one, other, atol=1e-4)


def test_channels_without_values_and_constant_ones_make_no_nan():
    series = [np.array([[0, 1, np.nan], [1, 1, np.nan]], np.float32), np.array([[0, 1, np.nan]], np.float32)]
    arrays = arrays_of(series)
    assert np.isfinite(answers(network_of(arrays), arrays)).all()
    net = network_of(arrays).train()
    net(part.collate(arrays, np.arange(2))).sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in net.parameters() if p.grad is not None)


def test_an_encoded_series_comes_back():
    series = many()
    arrays = arrays_of(series)
    for row, one in enumerate(series):
        np.testing.assert_array_equal(decoded(arrays.item(row)), one)
    with pytest.raises(UsageError, match="the channels have no names"):
        encode({"series": series}, ["1"] * 9)
    with pytest.raises(UsageError, match="another number of channels; found '2'"):
        encode({"series": series}, ["1"] * 9, {"channels": ["a"]})


def test_summaries_are_those_that_their_names_say():
    series = np.array([[0, 1, np.nan], [1, 5, 7], [2, np.nan, np.nan], [4, 3, np.nan]], np.float32)
    found = summaries([series], 2)[0]
    first = dict(zip(OF_A_CHANNEL, found[2 : 2 + len(OF_A_CHANNEL)].tolist(), strict=True))
    assert found[:2].tolist() == [4, 4]
    expected = {"count": 3, "mean": 3, "min": 1, "max": 5, "first": 1, "last": 3, "change": 3, "turns": 1,
                "first_time": 0, "last_time": 4, "q50": 3, "q25": 2}  # fmt: skip
    assert first | expected == pytest.approx(first)
    assert first["slope"] == pytest.approx(np.polyfit([0, 1, 4], [1, 5, 3], 1)[0], abs=1e-5)
    second = dict(zip(OF_A_CHANNEL, found[2 + len(OF_A_CHANNEL) :].tolist(), strict=True))
    assert (second["count"], second["mean"], second["sd"], second["slope"], second["change"]) == (
        1,
        7,
        0,
        0,
        0,
    )


def test_windows_that_overlap_are_relatives():
    rng = np.random.default_rng(0)
    long = series_of(rng, 60, gaps=0)
    cut = [long[:30], long[22:52], long[40:].copy(), series_of(rng, 30, gaps=0)]
    for one in cut:
        one[:, 0] -= one[0, 0]
    labels = group({"series": cut}, "stretch")
    assert labels[0] == labels[1] == labels[2] != labels[3]
    assert len({*group({"series": cut}, "random")}) == 4
    assert len({*group({"series": cut}, "stretch", steps=31)}) == 4
    flat = [np.array([[n, 0, 0] for n in range(9)] + [[9, n, 1]], np.float32) for n in (1, 2)]
    assert len({*group({"series": flat}, "stretch")}) == 2


def test_a_change_of_an_explainer_is_a_gap_in_one_stretch_of_one_channel():
    series = np.array([[0, 1, 5], [1, 2, np.nan], [2, 3, 6]], np.float32)
    arrays = arrays_of([series])
    assert parts(arrays, 0) == ["a 0-0", "a 1-1", "a 2-2", "b 0-0", "b 2-2"]
    changed = without_each(arrays, 0)
    gaps = [np.argwhere(np.isnan(decoded(changed.item(n))) & ~np.isnan(series)).tolist() for n in range(6)]
    assert gaps == [[], [[0, 1]], [[1, 1]], [[2, 1]], [[0, 2]], [[2, 2]]]
    drawn = str(draw(series, [0.0, 1, -1, 0, 0.5], 1.0, "x"))
    assert drawn.count("<rect") == 5 and "#2687cc" in drawn and "#ed8221" in drawn


def test_a_forest_of_other_channels_is_refused():
    arrays, rows = arrays_of(many()), np.arange(9)
    task = Task("regression", ("y",))
    made = SummaryForest.fit(arrays, rows, rows[:, None].astype(float), np.ones(9), task, seed=0)
    other = encode({"series": [one[:, :2] for one in many()]}, [*"abcdefghi"], {"channels": ["a"]})
    with pytest.raises(BundleError, match="the forest is of series with other channels"):
        made.predict(other, rows)


def records_of(series, **labels):
    values = [{"time": one[:, 0], "a": one[:, 1], "b": one[:, 2]} for one in series]
    reading = {"channel_names": NAMES}
    records = Records.collect(read_list(values, **reading), ("series",), modality="series", reading=reading)
    return values, Records(records.table.assign(**labels), records.rejected, records.read, records.meta)


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
    values, records = records_of(many(8, seed=1), **labels)
    features = riboswitch.featurize(records)
    split = Split(
        pd.DataFrame({"id": records.ids, "group": records.ids, "part_0": "train"}), {"name": "made"}
    )
    how = {
        "settings": {"epochs": 60, "learning_rate": 0.01, "weight_decay": 0.0},
        "network": {"dropout": 0.0, "channel_dropout": 0.0, "hidden": 32},
        "kind": kind,
        "targets": [*labels],
    }
    models = [riboswitch.train(records, features, split, **how) for _ in range(2)]
    for name, value in models[0].tensors.items():
        np.testing.assert_array_equal(value, models[1].tensors[name])
    found = riboswitch.predict(values, models[0])
    if kind == "survival":
        assert found["risk"].rank(ascending=False).tolist() == labels["t"]
    elif kind == "multiclass":
        assert found["class"].tolist() == labels["y"]
    elif kind == "binary":
        assert (found["p_y"] > 0.5).astype(float).tolist() == labels["y"]
    else:
        np.testing.assert_allclose(found["y"], labels["y"], atol=0.5)


def test_the_order_of_records_does_not_matter_for_answers():
    values, records = records_of(many(8, seed=1), y=[*"aabbccab"])
    features = riboswitch.featurize(records)
    split = Split(
        pd.DataFrame({"id": records.ids, "group": records.ids, "part_0": "train"}), {"name": "made"}
    )
    model = riboswitch.train(
        records, features, split, kind="multiclass", targets=["y"], settings={"epochs": 2}
    )
    found, turned = (riboswitch.predict(each, model).filter(like="p_") for each in (values, values[::-1]))
    np.testing.assert_allclose(found.to_numpy(), turned.to_numpy()[::-1], atol=1e-6)
    swapped = [{name: one[name] for name in ("b", "time", "a")} for one in values]
    np.testing.assert_array_equal(riboswitch.predict(swapped, model).filter(like="p_"), found)
