"""Groups, plain methods, objects and drawings of images."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from riboswitch.data.task import Task
from riboswitch.errors import InputError
from riboswitch.modalities.image import baselines, draw, features, group, instances
from riboswitch.modalities.image.position_baselines import POSITION_BASELINES, step_of


def discs(rng, size=64, number=6):
    """Bright discs on a dark ground, and the number of the disc at each pixel."""
    y, x = np.mgrid[:size, :size]
    truth = np.zeros((size, size), np.int32)
    for n in range(1, number + 1):
        cy, cx = rng.integers(8, size - 8, 2)
        disc = (y - cy) ** 2 + (x - cx) ** 2 < 30
        if not (truth[ndimage.binary_dilation(disc, iterations=3)] > 0).any():
            truth[disc] = n
    image = (truth > 0) * 120.0 + rng.normal(30, 8, truth.shape)
    return image.clip(0, 255).astype(np.uint8)[..., None], truth


def test_copies_that_were_turned_or_brightened_are_in_one_group():
    rng = np.random.default_rng(0)
    one, other = (rng.integers(0, 200, (24, 24, 1)).astype(np.uint8) for _ in range(2))
    inputs = {"image": [one, other, np.rot90(one).copy(), one[:, ::-1].copy(), (one // 2 + 40), other]}
    alike = group.group(inputs, "alike")
    assert [alike[n] == alike[0] for n in range(6)] == [True, False, True, True, True, False]
    random = group.group(inputs, "random")
    assert random[1] == random[5] and len({*random}) == 5


def test_features_do_not_change_with_turns_but_for_size_and_see_texture():
    rng = np.random.default_rng(0)
    image = (
        ndimage.gaussian_filter(rng.normal(120, 200, (40, 40)), 2).clip(0, 255).astype(np.uint8)[..., None]
    )
    found, moved = (features.of_image(each) for each in (image, np.rot90(image).copy()))
    assert np.isfinite(found).all() and (np.abs(found - moved) < 1e-3 + 0.02 * np.abs(found)).mean() > 0.85
    for odd in (np.zeros((1, 1, 1), np.uint8), np.zeros((3, 50, 2), np.float32)):
        assert np.isfinite(features.of_image(odd)).all()


def test_plain_methods_learn_what_features_show():
    rng = np.random.default_rng(1)
    images = [discs(rng, 32, 2 if n % 2 else 7)[0] for n in range(40)]
    labels = (np.arange(40) % 2).astype(float)[:, None]
    task = Task("binary", ("many",))
    for name in ("linear", "forest"):
        found = baselines.BASELINES[name](
            {"image": images[:30]}, labels[:30], {"image": images[30:]}, task, seed=0
        )
        assert ((found[:, 0] > 0.5) == labels[30:, 0]).mean() >= 0.8


def test_otsu_is_between_two_heaps():
    grey = np.concatenate([np.full(50, 10.0), np.full(30, 90.0)]).reshape(8, 10)
    assert 10 < features.otsu(grey) < 90 and features.otsu(np.ones((3, 3))) == 1


def test_objects_are_found_from_the_image_and_from_a_map():
    image, truth = discs(np.random.default_rng(3), 96, 9)
    found = instances.by_otsu(image[..., 0], instances.Cut(1.0, 8, 1.0))
    hits = instances.precision_at(truth, found)
    assert hits.precision > 0.9
    outside = (truth == 0).astype(float)
    inside = ndimage.binary_erosion(truth > 0).astype(float)
    found = instances.by_map(outside, inside, instances.Cut(0.0, 8, 1.0))
    assert instances.precision_at(truth, found).precision == 1.0


def test_objects_that_touch_are_cut_by_their_edge():
    truth = np.zeros((20, 30), np.int32)
    truth[4:16, 4:14], truth[4:16, 14:26] = 1, 2
    inside = np.zeros((20, 30))
    inside[5:15, 5:13], inside[5:15, 15:25] = 1, 1
    found = instances.by_map((truth == 0) * 1.0, inside, instances.Cut(0.0, 8, 1.0))
    assert instances.precision_at(truth, found, 0.9) == (2, 0, 0)


def test_hits_count_what_is_found_wrong_and_missed():
    truth = np.array([[1, 1, 0, 2], [1, 1, 0, 2]])
    assert instances.precision_at(truth, truth) == (2, 0, 0)
    assert instances.precision_at(truth, np.array([[5, 5, 0, 0], [5, 5, 3, 0]])) == (1, 1, 1)
    nothing = np.zeros((2, 4), int)
    assert instances.precision_at(nothing, nothing).precision == 1 and instances.precision_at(
        truth, nothing) == (0, 0, 2)  # fmt: skip


@pytest.mark.parametrize("name", POSITION_BASELINES)
@pytest.mark.parametrize("step", [1, 4])
def test_baselines_of_positions_learn_the_step_and_the_classes(name, step):
    rng = np.random.default_rng(2)
    made = [discs(rng, 32, 3) for _ in range(6)]
    images = [image for image, _ in made]
    middles = np.minimum(np.arange(0, 32, step) + step // 2, 31)
    labels = np.concatenate([(truth[np.ix_(middles, middles)] > 0).ravel() for _, truth in made]).astype(
        float
    )
    task = Task("multiclass", ("y",), ("0", "1"), "position")
    own = len(labels) // 6
    train, new = {"image": images[:4]}, {"image": images[4:]}
    found = POSITION_BASELINES[name](train, labels[: 4 * own, None], new, task, seed=0)
    assert found.shape == (2 * own, 2)
    right = (found.argmax(1) == labels[4 * own :]).mean()
    assert right > (0.95 if name != "frequencies" else 0.5)


def test_labels_that_fit_no_step_are_refused():
    with pytest.raises(InputError, match="labels and positions differ in number"):
        step_of([np.zeros((8, 8, 1))], 7)


def test_a_sketch_has_larger_dots_where_it_is_dark():
    image = np.zeros((20, 40, 3), np.uint8)
    image[:, 20:] = 255
    made = draw.sketch(image)
    assert (made.width, made.height) == (8 * 36, 8 * 18) and made.shapes.count("M") in range(18 * 18, 18 * 20)
    assert draw.address(image).startswith("data:image/png;base64,")
