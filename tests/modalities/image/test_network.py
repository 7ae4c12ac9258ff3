"""The network of images: padding and batches do not matter, a shift moves the map; few images are learned."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
import torch

import riboswitch
from riboswitch.config.settings import build
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.errors import BundleError, InputError, UsageError
from riboswitch.learning.device import deterministic
from riboswitch.learning.inference import GOLDEN_ANSWERS, Predictor, golden_sample
from riboswitch.modalities import find
from riboswitch.modalities.image import network as part
from riboswitch.modalities.image.encode import encode
from riboswitch.modalities.image.nets.layers import Turn
from riboswitch.modalities.image.read import read_list


def pictures(sizes, channels=1, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 255, (*size, channels)).astype(np.uint8) for size in sizes]


def arrays_of(images, **settings):
    return encode({"image": images}, [str(n) for n in range(len(images))], settings)


def network_of(arrays, **settings):
    with deterministic(0):
        made = part.Network(build(part.NetworkSettings, {"width": 8, "stages": 3} | settings), 2, arrays.meta)
    made.fit_scalers(arrays, np.arange(len(arrays)))
    return made.eval()


def answers(net, arrays, rows):
    with torch.inference_mode():
        return net(part.collate(arrays, np.array(rows))).numpy()


SIZES = [(8, 8), (13, 9), (30, 17), (5, 6), (4, 40)]
HEADS = pytest.mark.parametrize(
    ("head", "step"), [("pooled", 1), *(("per_position", step) for step in (1, 2, 4, 16))]
)


@HEADS
@pytest.mark.parametrize("stem", [1, 2, 4])
@pytest.mark.parametrize("scale", ["channel", "none"])
def test_padding_and_the_make_up_of_a_batch_do_not_matter(head, step, stem, scale):
    arrays = arrays_of(pictures(SIZES, 2), step=step, scale=scale)
    net = network_of(arrays, head=head, stem=stem)
    together = answers(net, arrays, range(5))
    alone = np.concatenate([answers(net, arrays, [row]) for row in range(5)])
    np.testing.assert_allclose(together, alone, atol=2e-5)
    order = [3, 1, 4, 0, 2]
    of_row = np.split(together, part.positions(arrays)[1:-1]) if head != "pooled" else list(together[:, None])
    np.testing.assert_allclose(
        answers(net, arrays, order), np.concatenate([of_row[row] for row in order]), atol=2e-5
    )


def test_a_shift_of_the_image_moves_its_map():
    """By whole strides of the network, away from the border of the image."""
    rng = np.random.default_rng(3)
    inner = rng.integers(0, 255, (16, 16, 1)).astype(np.uint8)
    images = [np.zeros((176, 176, 1), np.uint8) for _ in range(2)]
    images[0][80:96, 80:96] = inner
    images[1][88:104, 72:88] = inner
    arrays = arrays_of(images)
    net = network_of(arrays, head="per_position", stem=2)
    one, other = answers(net, arrays, [0, 1]).reshape(2, 176, 176, 2)
    np.testing.assert_allclose(one[72:104, 72:104], other[80:112, 64:96], atol=1e-4)
    assert np.abs(one[80:96, 80:96] - other[80:96, 80:96]).max() > 1e-3


def test_brightness_and_contrast_matter_only_as_levels():
    (image,) = pictures([(12, 12)])
    images = [image // 4, image // 4 * 3 + 20]
    arrays = arrays_of(images)
    one, other = answers(network_of(arrays, levels=0), arrays, [0, 1])
    np.testing.assert_allclose(one, other, atol=1e-4)
    one, other = answers(network_of(arrays), arrays, [0, 1])
    assert np.abs(one - other).max() > 1e-3


@pytest.mark.parametrize("turns", [False, True])
def test_an_image_that_was_turned_comes_back(turns):
    torch.manual_seed(0)
    x = torch.rand(32, 2, 6, 6)
    turn = Turn(x, turns)
    torch.testing.assert_close(turn.back(turn.there(x)), x)
    moved = {tuple(one.flatten().tolist()) != tuple(other.flatten().tolist())
             for one, other in zip(x, turn.there(x), strict=True)}  # fmt: skip
    assert moved == {True, False}


def test_a_flat_image_has_an_answer():
    arrays = arrays_of([np.zeros((8, 8, 1), np.uint8), np.full((8, 8, 1), 7, np.uint8)])
    assert np.isfinite(answers(network_of(arrays), arrays, [0, 1])).all()


def test_settings_that_do_not_exist_are_refused():
    for settings, message in (({"stem": 3}, "no such stem"), ({"augment": "rolls"}, "rolls")):
        with pytest.raises(UsageError, match=message):
            build(part.NetworkSettings, settings)
    with pytest.raises(UsageError, match="scale"):
        arrays_of(pictures([(8, 8)]), scale="all")
    with pytest.raises(UsageError, match="3 channels, and the model has 1"):
        arrays_of(pictures([(8, 8)], 3), channels=1)
    with pytest.raises(UsageError, match="8 x 8 pixels, and the model has 16 x 16"):
        arrays_of(pictures([(8, 8)]), size=16)


def records_of(images, **columns):
    records = Records.collect(read_list(images), ["image"], modality="image",
                              reading={"channels": 1, "pixels": "uint8"})  # fmt: skip
    for name, values in columns.items():
        records.table[name] = values
    return records


def split_of(records, valid=0):
    table = pd.DataFrame({"id": records.ids, "group": records.ids, "part_0": "train"})
    table.loc[: valid - 1, "part_0"] = "valid"
    return Split(table, {"name": "all"})


def test_eight_images_are_learned_by_heart_and_again_the_same():
    images = pictures([(16, 16)] * 8, seed=5)
    records = records_of(images, y=["a", "b"] * 4)
    features = riboswitch.featurize(records)
    made = [
        riboswitch.train(
            records, features, split_of(records), kind="multiclass", targets=["y"], seed=1,
            network={"width": 12, "stages": 3, "dropout": 0.0, "augment": "none", "jitter": 0.0},
            settings={"epochs": 40, "learning_rate": 0.01, "weight_decay": 0.0},
        )
        for _ in range(2)
    ]  # fmt: skip
    found = riboswitch.predict(images, made[0])
    assert found["class"].tolist() == ["a", "b"] * 4
    for one, other in zip(made[0].parameters(0).values(), made[1].parameters(0).values(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_label_for_each_pixel_is_learned_with_turns():
    """Bright squares on a dark ground: the label is whether a pixel is bright."""
    rng = np.random.default_rng(0)
    images, labels = [], []
    for _ in range(8):
        bright = np.zeros((16, 16), bool)
        y, x = rng.integers(0, 10, 2)
        bright[y : y + 5, x : x + 6] = True
        images.append((bright * 120 + rng.integers(0, 60, (16, 16))).astype(np.uint8))
        labels.append("".join("01"[value] for value in bright.ravel().astype(int)))
    records = records_of(images, y=labels)
    features = riboswitch.featurize(records)
    model = riboswitch.train(
        records, features, split_of(records), kind="per_position", targets=["y"],
        network={"width": 8, "stages": 2, "stem": 2, "augment": "turns"},
        settings={"epochs": 40, "learning_rate": 0.01, "batch_size": 4},
    )  # fmt: skip
    found = riboswitch.predict(images, model)
    right = np.mean([a == b for one, other in zip(found["labels"], labels, strict=True)
                     for a, b in zip(one, other, strict=True)])  # fmt: skip
    assert right > 0.97
    assert_golden_answers_are_a_sample(model)
    assert_boxes_are_twice_their_cores(images, labels, model)


def assert_golden_answers_are_a_sample(model):
    """Of 8 images with 256 positions each; a bundle of an earlier version has the answers for all."""
    predictor = Predictor(model, find("image"))
    assert len(model.header["golden"]) == GOLDEN_ANSWERS == 512
    predictor.check_golden()
    whole = predictor(predictor.encode(model.inputs("golden")))[0]
    assert len(whole) == 2048
    changed = golden_sample(whole).tolist()
    changed[-1] = changed[-1][::-1]
    for stated, message in ((whole.tolist(), ""), (changed, "answers differently"),
                            (whole[:100].tolist(), "do not fit this model")):  # fmt: skip
        header = {**model.header, "golden": stated}
        with pytest.raises(BundleError, match=message) if message else nullcontext():
            Predictor(Model(header, model.tensors), find("image")).check_golden()


def assert_boxes_are_twice_their_cores(images, labels, model):
    """Each image has one bright square, and one with its middle and twice its sides is told."""
    told = riboswitch.predict(
        [images[0], np.zeros((2, 2), np.float64), images[1]], model, boxes={"square": "1"}
    )
    assert told["status"].tolist()[1:-1].count("OTHER_PIXELS") == 1 and told["id"].nunique() == 3
    for name, label in (("row-1", labels[0]), ("row-3", labels[1])):
        rows, columns = np.nonzero(np.array(list(label)).reshape(16, 16) == "1")
        best = told[told["id"] == name].iloc[0]
        assert best["box"] == "square" and best["score"] > 0.6
        middle = (best["left"] + best["width"] / 2, best["top"] + best["height"] / 2)
        inside = best["left"] > 0 and best["left"] + best["width"] < 1 and best["top"] > 0
        if inside and best["top"] + best["height"] < 1:
            wanted = (columns.mean() + 0.5) / 16, (rows.mean() + 0.5) / 16
            np.testing.assert_allclose(middle, wanted, atol=0.08)
    with pytest.raises(UsageError, match="no class is the core of a box of cell"):
        riboswitch.predict(images, model, boxes={"cell": "c"})
    with pytest.raises(InputError, match="no square picture"):
        riboswitch.predict([np.zeros((16, 8), np.uint8)], model, boxes={"square": "1"})
    assert len(riboswitch.predict([np.zeros((2, 2))], model, boxes={"square": "1"})) == 1
