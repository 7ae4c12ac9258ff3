"""Classical features of an image: intensities, texture, and the shape of what Otsu's threshold cuts out.

Otsu, IEEE Trans. Syst. Man Cybern. 1979, 9, 62; local binary patterns: Ojala et al., IEEE PAMI 2002, 24, 971;
co-occurrence: Haralick et al., IEEE Trans. Syst. Man Cybern. 1973, 3, 610; moments: Hu, IRE Trans. Inf.
Theory 1962, 8, 179.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from riboswitch.modalities.image.pixels import FULL

LEVELS = (1, 5, 10, 25, 50, 75, 90, 95, 99)  # percentiles of intensities
BINS, GREYS = 12, 8
SCALES = (1.0, 2.0, 4.0)
LARGEST_SIDE = 256  # of the copy of a large image on which texture and shape are measured
KEPT = 50_000  # images whose features are kept: baselines ask for those of the same images again
_kept: OrderedDict[tuple[str, tuple[int, ...], bytes], np.ndarray] = OrderedDict()


def features(images: Sequence[np.ndarray]) -> np.ndarray:
    """Features of images with one number of channels, float32 of shape (images, features)."""
    return np.stack([_known(image) for image in images])


def _known(image: np.ndarray) -> np.ndarray:
    image = np.ascontiguousarray(image)
    key = image.dtype.name, image.shape, hashlib.sha256(image.data).digest()
    if key not in _kept:
        _kept[key] = of_image(image)
        if len(_kept) > KEPT:
            _kept.popitem(last=False)
    return _kept[key]


def of_image(image: np.ndarray) -> np.ndarray:
    """Features of one image, float32."""
    values = image.astype(np.float64) / FULL[image.dtype.name]
    step = -(-max(values.shape[:2]) // LARGEST_SIDE)
    flat = values.reshape(-1, values.shape[2])
    grey = values.mean(2)[::step, ::step]
    found = [_intensities(channel) for channel in flat.T]
    if flat.shape[1] > 1:
        found.append(_between(flat))
    found += [_texture(grey), _patterns(grey), _co_occurrence(grey), _shape(grey, values[::step, ::step]),
              np.log(np.array(image.shape[:2], float))]  # fmt: skip
    out: np.ndarray = np.nan_to_num(np.concatenate(found), posinf=0, neginf=0).astype(np.float32)
    return out


def _intensities(values: np.ndarray) -> np.ndarray:
    mean, deviation = values.mean(), values.std()
    centred = (values - mean) / (deviation or 1.0)
    low, high = float(values.min()), float(values.max())
    counts, _ = np.histogram(values, BINS, (0.0, 1.0) if low >= 0 and high <= 1 else (low, high + 1e-9))
    third, fourth = (centred**3).mean(), (centred**4).mean()
    return np.array([mean, deviation, third, fourth, *np.percentile(values, LEVELS),
                     *(counts / len(values))])  # fmt: skip


def _between(flat: np.ndarray) -> np.ndarray:
    """Correlations of channels, and the share of each in the sum."""
    deviation = flat.std(0)
    with np.errstate(all="ignore"):
        related = np.nan_to_num(np.corrcoef(flat.T) if (deviation > 0).all() else np.eye(flat.shape[1]))
    total = flat.mean(0).sum()
    return np.concatenate([related[np.triu_indices(flat.shape[1], 1)], flat.mean(0) / (total or 1.0)])


def _texture(grey: np.ndarray) -> np.ndarray:
    """Energy of edges and spots at several scales, absolute and as part of the contrast."""
    found = []
    contrast = grey.std() or 1.0
    for scale in SCALES:
        slope = ndimage.gaussian_gradient_magnitude(grey, scale)
        spots = ndimage.gaussian_laplace(grey, scale) * scale**2
        each = [slope.mean(), slope.std(), np.abs(spots).mean(), spots.std()]
        found += [*each, *(value / contrast for value in each), *np.percentile(spots / contrast, (5, 95))]
    return np.array(found)


def _patterns(grey: np.ndarray) -> np.ndarray:
    """Histograms of uniform local binary patterns that do not change when the image is turned."""
    found = []
    for scale in (0.0, 2.0):
        seen = ndimage.gaussian_filter(grey, scale) if scale else grey
        padded = np.pad(seen, 1, mode="edge")
        ring = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
        height, width = seen.shape
        bits = np.stack([padded[i : i + height, j : j + width] >= seen for i, j in ring])
        changes = (bits != np.roll(bits, 1, 0)).sum(0)
        code = np.where(changes <= 2, bits.sum(0), 9)
        found.append(np.bincount(code.ravel(), minlength=10) / code.size)
    return np.concatenate(found)


def _co_occurrence(grey: np.ndarray) -> np.ndarray:
    """Contrast, evenness, energy and correlation of pixels next to each other and three pixels apart."""
    ranks = np.searchsorted(np.percentile(grey, np.linspace(0, 100, GREYS + 1)[1:-1]), grey)
    found = []
    levels = np.arange(GREYS)
    apart = np.abs(levels[:, None] - levels)
    for step in (1, 3):
        counts = np.zeros((GREYS, GREYS))
        for one, other in ((ranks[:, :-step], ranks[:, step:]), (ranks[:-step], ranks[step:])):
            pairs = np.bincount((one * GREYS + other).ravel(), minlength=GREYS**2).reshape(GREYS, GREYS)
            counts += pairs + pairs.T
        share = counts / max(counts.sum(), 1)
        mean = (share.sum(1) * levels).sum()
        variance = (share.sum(1) * (levels - mean) ** 2).sum()
        together = (share * np.outer(levels - mean, levels - mean)).sum()
        found += [(share * apart**2).sum(), (share / (1 + apart)).sum(), (share**2).sum(),
                  together / (variance or 1.0)]  # fmt: skip
    return np.array(found)


def otsu(grey: np.ndarray) -> float:
    """Otsu's threshold: values above it are bright."""
    low, high = float(grey.min()), float(grey.max())
    if high <= low:
        return high
    counts, edges = np.histogram(grey, 256, (low, high))
    middle = (edges[:-1] + edges[1:]) / 2
    below, above = np.cumsum(counts), counts.sum() - np.cumsum(counts)
    sums = np.cumsum(counts * middle)
    with np.errstate(all="ignore"):
        apart = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    apart = np.nan_to_num(apart)
    best = np.flatnonzero(apart == apart.max())
    return float(middle[best].mean())


def _shape(grey: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Area, number, form and colour of what is above Otsu's threshold, or below it if the rim is bright."""
    threshold = otsu(grey)
    mask = grey > threshold
    rim = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    inverted = rim.mean() > 0.5
    mask = ~mask if inverted else mask
    parts, number = ndimage.label(mask)
    areas = np.bincount(parts.ravel())[1:] if number else np.zeros(1)
    largest = parts == int(areas.argmax()) + 1 if number else mask
    inside = values[largest].mean(0) if largest.any() else np.zeros(values.shape[2])
    outside = values[~largest].mean(0) if (~largest).any() else np.zeros(values.shape[2])
    holes = ndimage.binary_fill_holes(largest).sum() - largest.sum()
    return np.concatenate([
        [threshold, float(inverted), mask.mean(), np.log1p(number), np.log1p(areas.max()),
         areas.max() / mask.size, np.median(areas) / mask.size, holes / max(areas.max(), 1)],
        _form(largest), inside, outside, inside - outside,
    ])  # fmt: skip


def _form(mask: np.ndarray) -> np.ndarray:
    """Roundness, length, extent and the moments of Hu of one part."""
    area = int(mask.sum())
    if not area:
        return np.zeros(11)
    border = area - int(ndimage.binary_erosion(mask).sum())
    rows, columns = np.nonzero(mask)
    y, x = rows - rows.mean(), columns - columns.mean()

    def moment(p: int, q: int) -> float:
        return float((x**p * y**q).sum()) / area ** (1 + (p + q) / 2)

    n20, n02, n11 = moment(2, 0), moment(0, 2), moment(1, 1)
    n30, n03, n21, n12 = moment(3, 0), moment(0, 3), moment(2, 1), moment(1, 2)
    hu = [n20 + n02, (n20 - n02) ** 2 + 4 * n11**2, (n30 - 3 * n12) ** 2 + (3 * n21 - n03) ** 2,
          (n30 + n12) ** 2 + (n21 + n03) ** 2]  # fmt: skip
    root = np.sqrt(hu[1])
    thin = np.sqrt(max(hu[0] - root, 0) / (hu[0] + root)) if hu[0] + root > 0 else 1.0
    box = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    centre = ndimage.distance_transform_edt(np.pad(mask, 1)).max()
    return np.array([border**2 / area, thin, area / box, (np.ptp(rows) + 1) / (np.ptp(columns) + 1),
                     centre / np.sqrt(area), border / area, np.log(area),
                     *np.log(np.abs(hu) + 1e-9)])  # fmt: skip
