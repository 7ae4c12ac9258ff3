"""Columns of predictions for positions: classes that make spans are chosen together."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from riboswitch.data.task import Task
from riboswitch.evaluation.spans import Types, decoded
from riboswitch.learning.output_columns import position_columns
from riboswitch.learning.prediction_units import PredictionUnits
from riboswitch.numeric.offsets import offsets_of

SPANS = "-CDcd"


def columns_of(classes, p, lengths):
    model = SimpleNamespace(task=Task("multiclass", ("y",), tuple(classes), "position"))
    return position_columns(model, p, PredictionUnits(offsets_of(np.array(lengths))))


def goes_on_from_itself(labels):
    """Whether each small letter follows its own type."""
    before = ["-", *labels]
    return all(c in "-CD" or before[place].upper() == c.upper() for place, c in enumerate(labels))


@pytest.mark.parametrize("seed", range(20))
def test_no_label_goes_on_where_none_began(seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 9, 6)
    p = rng.dirichlet(np.ones(5), int(lengths.sum()))
    found = columns_of(SPANS, p, lengths)
    assert all(map(goes_on_from_itself, found["labels"]))
    best = decoded(p, lengths, Types.of(Task("multiclass", ("y",), tuple(SPANS), "position"),
                                        {"Chemical": "C", "Disease": "D"}))  # fmt: skip
    assert "".join(found["labels"]) == "".join(SPANS[c] for c in best)  # those that are judged
    own = np.split(p[np.arange(len(p)), best], np.cumsum(lengths)[:-1])
    assert found["probability"].tolist() == pytest.approx(
        [part.mean() if len(part) else 0 for part in own], abs=1e-6
    )
    for labels, part in zip(found["labels"], np.split(p, np.cumsum(lengths)[:-1]), strict=True):
        single = "".join(SPANS[c] for c in part.argmax(1))
        assert labels == single or not goes_on_from_itself(single)


@pytest.mark.parametrize("classes", ["CEH", "-CD", "-Hhx", "Cc", "cd"])
def test_other_classes_are_chosen_one_by_one(classes):
    assert Types.in_classes(classes) is None
    p = np.random.default_rng(0).dirichlet(np.ones(len(classes)), 7)
    found = columns_of(classes, p, [3, 4])
    assert "".join(found["labels"]) == "".join(classes[c] for c in p.argmax(1))


def test_classes_of_spans_are_known_by_their_letters():
    types = Types.in_classes("-CDcd")
    assert types.begins.tolist() == [False, True, True, False, False]
    assert types.type.tolist() == [-1, 0, 1, 0, 1]
    assert Types.in_classes("-CDd").type.tolist() == [-1, 0, 1, 1]
