"""Boxes: where positions, line by line, make a square picture, a class of them marks the boxes of a type.

The positions of a box's core have the letter of its type: the core is half as wide and half as high, around
the same middle, so that cores stay apart where boxes overlap. A box is found from its core: positions that
touch (four neighbours each) and have the class with a probability above a cut. Its score is their mean
probability. Average precision is that of Pascal VOC (Everingham et al., Int. J. Comput. Vis. 2010, 88, 303)
with all points of the curve.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import isqrt
from typing import Any, NamedTuple

import numpy as np
from scipy import ndimage

from riboswitch.config.named_words import named_words
from riboswitch.data.predictions import Trial
from riboswitch.data.task import Task
from riboswitch.errors import InputError, UsageError
from riboswitch.evaluation.metrics import Array, mean_defined
from riboswitch.evaluation.whole_records import WholeRecords
from riboswitch.numeric.offsets import offsets_of

CORE = 0.5
"""Width and height of the core of a box, as a part of those of the box."""
OVERLAP = 0.5
"""A box is right if its intersection with a true one is at least this part of their union."""
CUT = 0.5
"""Positions of a core have a higher probability."""
OF_EACH = 3  # numbers of a box in a trial: type, score, whether it is right


def boxes_of(words: Sequence[str]) -> dict[str, str]:
    """The letter of each type, from words TYPE=LETTER; `UsageError` for any other word."""
    hint = "As --box cell=c --box platelet=p, each type and letter once."
    found = named_words(words, "a type of box needs a name and the letter of its core", hint)
    letters = list(found.values())
    if any(len(letter) != 1 for letter in letters) or len({*letters}) < len(letters):
        raise UsageError("each type of box has one letter of its own", found=[*words], hint=hint)
    return found


def classes_of(task: Task, boxes: Mapping[str, str]) -> list[int]:
    """The number of the class of each type.

    Raises
    ------
    UsageError
        If the task has no classes of positions, or lacks one of these.
    """
    if task.level != "position" or not task.classes:
        raise UsageError("only classes of positions make boxes", found=task.kind, hint="Leave --box out.")
    for name, letter in boxes.items():
        if letter not in task.classes:
            raise UsageError(f"no class is the core of a box of {name}", found=letter,
                             hint=f"Classes: {', '.join(task.classes)}.")  # fmt: skip
    return [task.classes.index(letter) for letter in boxes.values()]


def side_of(positions: int, name: str) -> int:
    """Positions along the side of a picture; `InputError` if it is not as high as wide."""
    side = isqrt(positions)
    if side * side != positions:
        raise InputError("the positions make no square picture, so where its boxes are is not known",
                         where=name, found=f"{positions} positions",
                         hint="Bring all inputs to one height and width.")  # fmt: skip
    return side


class Boxes(NamedTuple):
    """Boxes of one picture.

    Attributes
    ----------
    type : ndarray
        Number of the type, int64 of shape (boxes,).
    sides : ndarray
        Left, top, right and bottom, in parts of the width and height, shape (boxes, 4).
    score : ndarray
        Shape (boxes,).
    """

    type: np.ndarray
    sides: np.ndarray
    score: np.ndarray


def boxes_in(probabilities: np.ndarray, classes: Sequence[int], cut: float = CUT) -> Boxes:
    """The boxes of a picture.

    Parameters
    ----------
    probabilities : ndarray
        Shape (height, width, classes).
    classes : sequence of int
        The class of each type.
    cut : float

    Returns
    -------
    Boxes
        Type after type, and from the top.
    """
    height, width = probabilities.shape[:2]
    types, sides, scores = [], [], []
    for number, place in enumerate(classes):
        seen = probabilities[..., place]
        cores, many = ndimage.label(seen > cut)
        types += [number] * many
        sides += [(x.start, y.start, x.stop, y.stop) for y, x in ndimage.find_objects(cores)]
        scores += list(ndimage.mean(seen, cores, range(1, many + 1))) if many else []
    core = np.array(sides, np.float64).reshape(-1, 4) / (width, height, width, height)
    middle, half = (core[:, :2] + core[:, 2:]) / 2, (core[:, 2:] - core[:, :2]) / (2 * CORE)
    whole = np.concatenate([middle - half, middle + half], 1).clip(0, 1)
    return Boxes(np.array(types, np.int64), whole, np.array(scores, np.float64))


def overlaps(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Intersection as a part of the union of each box with each; sides (n, 4) and (m, 4) to (n, m)."""
    low, high = np.maximum(one[:, None, :2], other[:, :2]), np.minimum(one[:, None, 2:], other[:, 2:])
    both = (high - low).clip(0).prod(2)
    areas = [(each[:, 2:] - each[:, :2]).prod(1) for each in (one, other)]
    union = areas[0][:, None] + areas[1] - both
    return np.divide(both, union, out=np.zeros_like(both), where=union > 0)


def are_right(found: Boxes, true: Boxes, overlap: float = OVERLAP) -> np.ndarray:
    """Whether each box finds a true one of its type; of several that find the same, the best score does."""
    right = np.zeros(len(found.type), bool)
    if not len(true.type):
        return right
    each = np.where(found.type[:, None] == true.type, overlaps(found.sides, true.sides), 0.0)
    nearest = each.argmax(1)
    taken: set[int] = set()
    for number in np.argsort(-found.score, kind="stable").tolist():
        target = int(nearest[number])
        if each[number, target] >= overlap and target not in taken:
            right[number] = True
            taken.add(target)
    return right


def average_precision(
    score: np.ndarray, right: np.ndarray, true: float, weight: np.ndarray | None = None
) -> float:
    """Area under precision by recall, where precision is the highest at this recall or a higher one.

    Boxes of equal score come together, so their order does not matter. NaN if there is no true box.
    """
    if true <= 0:
        return np.nan
    times = np.ones(len(score)) if weight is None else weight
    order = np.argsort(-score, kind="stable")
    told, hits = np.cumsum(times[order]), np.cumsum((times * right)[order])
    last = np.append(np.diff(score[order]) != 0, True)[: len(order)] & (told > 0)
    recall, precision = hits[last] / true, hits[last] / told[last]
    highest = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0.0) * highest).sum())


def box_trials(task: Task, trials: Sequence[Trial], boxes: Mapping[str, str]) -> list[Trial]:
    """Find the boxes of each record.

    Returns
    -------
    list of Trial
        A row is a record; outputs have the number of true boxes of each type, then type, score and rightness
        of each box that was found, NaN where a record has fewer.
    """
    classes = classes_of(task, boxes)
    return [_found(trial, classes) for trial in trials]


def _found(trial: Trial, classes: Sequence[int]) -> Trial:
    records = WholeRecords.of(trial)
    sides = [side_of(int(n), str(name)) for n, name in zip(records.lengths, records.ids, strict=True)]
    bounds, labels = offsets_of(records.lengths), trial.labels[records.order, 0]
    known = np.isfinite(labels)
    number = max(out.shape[1] for out in trial.outputs.values())
    answer = np.eye(number)[np.where(known, labels, 0).astype(np.int64)] * known[:, None]

    def pictures(values: np.ndarray) -> list[Boxes]:
        return [boxes_in(values[a:b].reshape(side, side, -1), classes)
                for a, b, side in zip(bounds, bounds[1:], sides, strict=False)]  # fmt: skip

    true = pictures(answer)
    return records.trial(trial, {
        name: judged(pictures(out[records.order] * known[:, None]), true, len(classes))
        for name, out in trial.outputs.items()
    })  # fmt: skip


def judged(found: Sequence[Boxes], true: Sequence[Boxes], types: int) -> np.ndarray:
    """What `box_metrics` takes, one row for each picture; see `box_trials`."""
    most = max((len(each.type) for each in found), default=0)
    counts = np.array([np.bincount(each.type, minlength=types) for each in true]).reshape(-1, types)
    rows = np.full((len(found), most, OF_EACH), np.nan)
    for row, own, others in zip(rows, found, true, strict=True):
        row[: len(own.type)] = np.stack([own.type, own.score, are_right(own, others)], 1)
    return np.concatenate([counts, rows.reshape(len(found), -1)], 1)


def box_metrics(
    names: Sequence[str],
    labels: Array,
    outputs: Array,
    thresholds: Any = None,
    skip: Collection[str] = (),
    weight: Array | None = None,
) -> dict[str, Array]:
    """Average precision of each type (``ap50_<type>``) and their mean (``ap50``), from `judged`.

    NaN where there is no true box of the type; the mean is over the others.
    """
    times = np.ones((1, len(outputs))) if weight is None else np.reshape(weight, (-1, len(outputs)))
    counts, each = outputs[:, : len(names)], outputs[:, len(names) :].reshape(len(outputs), -1, OF_EACH)
    shape = () if weight is None else weight.shape[:-1]
    found = {}
    for number, name in enumerate(names):
        row, place = np.nonzero(each[..., 0] == number)
        score, right = each[row, place, 1], each[row, place, 2]
        values = [average_precision(score, right, float(own @ counts[:, number]), own[row]) for own in times]
        found[f"ap50_{name}"] = np.reshape(values, shape)
    return {"ap50": mean_defined(np.stack([*found.values()]), 0), **found}
