"""Baselines for a class at each position: Otsu's threshold; a linear model and a forest on pixels around it.

A baseline learns the step of the positions from the numbers of images and labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import ndimage

from riboswitch.data.task import Task
from riboswitch.errors import InputError
from riboswitch.learning.base_learners.forest import Forest, ForestSettings
from riboswitch.learning.base_learners.tuned_linear import ridge_of
from riboswitch.modalities.image.features import otsu
from riboswitch.modalities.image.fitting import STEPS, grid
from riboswitch.modalities.image.pixels import FULL
from riboswitch.modalities.parts import Baseline, Inputs
from riboswitch.numeric.offsets import offsets_of

MOST = 30_000  # positions to fit on
SCALES = (1.0, 2.0, 4.0, 8.0)
TREES = 100
NEAR = (1.0, 2.5, 5.0)
"""Distances from the border of Otsu's mask, in pixels, that part its regions."""


def step_of(images: Sequence[np.ndarray], positions: int) -> int:
    """Pixels along the side of a position, from the number of all positions."""
    for step in STEPS:
        if sum(grid(image.shape[0], step) * grid(image.shape[1], step) for image in images) == positions:
            return step
    raise InputError("labels and positions differ in number", found=f"{positions} labels",
                     hint="Read images and labels with one step.")  # fmt: skip


def _grey(image: np.ndarray) -> np.ndarray:
    grey: np.ndarray = image.astype(np.float32).mean(2) / FULL[image.dtype.name]
    return grey


def _at_positions(values: np.ndarray, step: int) -> np.ndarray:
    """Values in the middle of each position; shape (height, width, ...) to (positions, ...)."""
    rows, columns = (np.minimum(np.arange(0, side, step) + step // 2, side - 1) for side in values.shape[:2])
    return values[np.ix_(rows, columns)].reshape(len(rows) * len(columns), *values.shape[2:])


def regions(image: np.ndarray) -> np.ndarray:
    """Region of each pixel by Otsu's threshold and the distance to the border of its mask."""
    grey = ndimage.gaussian_filter(_grey(image), 1.0)
    mask = grey > otsu(grey)
    distance = np.where(mask, ndimage.distance_transform_edt(mask), ndimage.distance_transform_edt(~mask))
    near = np.searchsorted(NEAR, distance)
    return np.where(mask, near, near + len(NEAR) + 1)


def otsu_regions(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """How often each class occurs in a region of Otsu's mask: on either side, near its border or far off."""
    train, step, labels, weights = _learned(train_inputs, train_labels, weights)
    counts = np.ones((2 * (len(NEAR) + 1), len(task.classes)))
    start = 0
    for image in train:
        region = _at_positions(regions(image), step)
        own = slice(start, start + len(region))
        known = ~np.isnan(labels[own])
        np.add.at(counts, (region[known], labels[own][known].astype(int)), weights[own][known])
        start += len(region)
    chances = counts / counts.sum(1, keepdims=True)
    return _joined([chances[_at_positions(regions(image), step)] for image in inputs["image"]], task)


def frequencies(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """How often each class occurs."""
    _, step, labels, weights = _learned(train_inputs, train_labels, weights)
    known = ~np.isnan(labels)
    counts = np.bincount(labels[known].astype(int), weights[known], len(task.classes))
    each = [grid(image.shape[0], step) * grid(image.shape[1], step) for image in inputs["image"]]
    return np.tile(counts / counts.sum(), (sum(each), 1))


def surroundings(image: np.ndarray, step: int) -> np.ndarray:
    """What stands around each position at several scales, float32 of shape (positions, features).

    Each channel is scaled by the image. As in Ilastik: smoothed values, edges, spots; beside them Otsu's
    mask.
    """
    found = []
    for channel in np.moveaxis(image.astype(np.float32), 2, 0):
        scaled = (channel - channel.mean()) / (channel.std() or 1.0)
        found.append(_at_positions(scaled, step))
        for scale in SCALES:
            smooth = ndimage.gaussian_filter(scaled, scale)
            spread = ndimage.gaussian_filter(scaled**2, scale) - smooth**2
            slope = ndimage.gaussian_gradient_magnitude(scaled, scale)
            each = (smooth, np.sqrt(np.maximum(spread, 0)), slope,
                    ndimage.gaussian_laplace(scaled, scale) * scale**2)  # fmt: skip
            found += [_at_positions(one, step) for one in each]
    grey = ndimage.gaussian_filter(_grey(image), 1.0)
    mask = grey > otsu(grey)
    inside, outside = (ndimage.distance_transform_edt(part) for part in (mask, ~mask))
    found += [_at_positions(np.minimum(inside, 20), step), _at_positions(np.minimum(outside, 20), step)]
    return np.stack(found, 1).astype(np.float32)


def _around(
    train_inputs: Inputs, train_labels: np.ndarray, weights: np.ndarray | None, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Surroundings, classes and weights of a sample of labelled positions; and the step."""
    train, step, labels, weights = _learned(train_inputs, train_labels, weights)
    known = np.flatnonzero(~np.isnan(labels))
    if len(known) > MOST:
        known = np.sort(np.random.default_rng(seed).choice(known, MOST, replace=False))
    starts = offsets_of([grid(image.shape[0], step) * grid(image.shape[1], step) for image in train])
    ends = np.searchsorted(known, starts)
    parts = [surroundings(image, step)[known[ends[n] : ends[n + 1]] - starts[n]]
             for n, image in enumerate(train) if ends[n + 1] > ends[n]]  # fmt: skip
    return np.concatenate(parts), labels[known], weights[known], step


def linear_around(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Logistic regression on what stands around a position."""
    x, labels, own, step = _around(train_inputs, train_labels, weights, seed)
    some = np.sort(np.random.default_rng(seed).permutation(len(x))[: MOST // 3])
    mean, scale = x[some].mean(0), x[some].std(0) + 1e-6

    def answers(image: np.ndarray) -> np.ndarray:
        return (surroundings(image, step) - mean) / scale

    new = [answers(image) for image in inputs["image"]]
    whole = np.concatenate([np.empty((0, x.shape[1]), np.float32), *new])
    return ridge_of((x[some] - mean) / scale, labels[some], own[some], whole, task, seed)


def forest_around(
    train_inputs: Inputs,
    train_labels: np.ndarray,
    inputs: Inputs,
    task: Task,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """A forest of 100 trees on what stands around a position."""
    x, labels, own, step = _around(train_inputs, train_labels, weights, seed)
    settings = ForestSettings(TREES, "sqrt", leaf=5, balanced=False)
    grown = Forest.grow(x, labels[:, None], task.of_units, settings, seed=seed, weights=own, threads=threads)
    return _joined([grown.predict(surroundings(image, step)) for image in inputs["image"]], task)


def _learned(
    inputs: Inputs, labels: np.ndarray, weights: np.ndarray | None
) -> tuple[list[np.ndarray], int, np.ndarray, np.ndarray]:
    images = list(inputs["image"])
    step = step_of(images, len(labels))
    return images, step, labels[:, 0], np.ones(len(labels)) if weights is None else weights


def _joined(parts: Sequence[np.ndarray], task: Task) -> np.ndarray:
    return np.concatenate([np.empty((0, len(task.classes))), *parts])


POSITION_BASELINES: Mapping[str, Baseline] = {
    "frequencies": frequencies,
    "otsu": otsu_regions,
    "linear_around": linear_around,
    "forest_around": forest_around,
}
