"""Objects in an image: from a map of outside, inside and edge, or from grey values, to one number an object.

Pixels flood from markers along the map (watershed: Beucher and Lantuéjoul 1979; Meyer, Signal Process. 1994,
38, 113). `precision_at` measures how many objects are found, as the Data Science Bowl 2018 does at one
overlap.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from riboswitch.modalities.image.features import otsu

CROSS = ndimage.generate_binary_structure(2, 1)
HIGHEST, WALL = 20_000, 65_535  # of the map, and around it: no step within the map is as high as the wall


class Cut(NamedTuple):
    """How objects are cut out.

    Attributes
    ----------
    smooth : float
        Deviation of the Gaussian that smooths the image, or the distances, in pixels.
    least : int
        Pixels of the smallest object.
    factor : float
        By this factor Otsu's threshold is moved; of a map, the probability at which a pixel is inside.
    """

    smooth: float = 1.0
    least: int = 16
    factor: float = 1.0


def flood(height: np.ndarray, markers: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Grow markers (numbers from 1) over the mask, low places of ``height`` (0 to 1) first."""
    levels = np.where(mask, np.clip(height * HIGHEST, 0, HIGHEST), WALL).astype(np.uint16)
    seeds = np.where(mask, markers, 0).astype(np.int32)
    outside = int(seeds.max()) + 1
    seeds[~mask] = outside
    flooded = ndimage.watershed_ift(levels, seeds, structure=CROSS)
    return np.where(flooded == outside, 0, flooded).astype(np.int32)


def without_small(numbers: np.ndarray, least: int) -> np.ndarray:
    """The objects of ``least`` pixels or more, numbered anew."""
    area = np.bincount(numbers.ravel())
    area[0] = 0
    kept = area >= least
    new = np.cumsum(kept) * kept
    found: np.ndarray = new[numbers].astype(np.int32)
    return found


def by_otsu(grey: np.ndarray, how: Cut) -> np.ndarray:
    """Objects brighter than Otsu's threshold; those that touch are cut where their distance map is narrow."""
    smooth = ndimage.gaussian_filter(grey.astype(np.float64), how.smooth) if how.smooth else grey
    mask = ndimage.binary_fill_holes(smooth > otsu(smooth) * how.factor)
    distance = ndimage.gaussian_filter(ndimage.distance_transform_edt(mask), max(how.smooth, 1.0))
    near = 2 * round(2 * max(how.smooth, 1.0)) + 1
    peaks = (distance == ndimage.maximum_filter(distance, near)) & mask
    markers, _ = ndimage.label(peaks, np.ones((3, 3)))
    height = 1 - distance / max(float(distance.max()), 1e-9)
    return without_small(flood(height, markers, mask), how.least)


def by_map(outside: np.ndarray, inside: np.ndarray, how: Cut) -> np.ndarray:
    """Objects from probabilities: parts that are inside are markers, and grow over what is not outside."""
    seen = ndimage.gaussian_filter(inside, how.smooth) if how.smooth else inside
    mask = ndimage.binary_fill_holes(outside < 0.5)
    markers, number = ndimage.label((seen > 0.5 * how.factor) & mask)
    parts, _ = ndimage.label(mask)  # a part without a marker is an object of its own
    lone = np.setdiff1d(np.unique(parts), np.unique(parts[markers > 0]))
    extra = np.isin(parts, lone[lone > 0])
    markers = np.where(extra, parts + number, markers)
    return without_small(flood(1 - seen, markers, mask), how.least)


class Hits(NamedTuple):
    """Objects that were found, found wrongly, and missed."""

    found: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Found objects as a part of all three; 1 if there are none."""
        total = sum(self)
        return self.found / total if total else 1.0


def precision_at(truth: np.ndarray, answer: np.ndarray, overlap: float = 0.5) -> Hits:
    """Compare objects: one is found if its overlap with one of the answer is larger than ``overlap``.

    Overlap is the area of the intersection as a part of the union (IoU). From 0.5 on none is found twice.
    """
    numbers = int(truth.max()) + 1, int(answer.max()) + 1
    both = np.bincount(
        (truth.astype(np.int64) * numbers[1] + answer).ravel(), minlength=numbers[0] * numbers[1]
    )
    both = both.reshape(numbers)
    areas, others = both.sum(1), both.sum(0)
    union = areas[1:, None] + others[None, 1:] - both[1:, 1:]
    hits = int((both[1:, 1:] > overlap * union).sum())
    there = int((areas[1:] > 0).sum()), int((others[1:] > 0).sum())
    return Hits(hits, there[1] - hits, there[0] - hits)
