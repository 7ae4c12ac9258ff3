"""Out-of-fold answers: the mean of the repeats that held a row out, and nothing where none did."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundles import small_bundle
from riboswitch.data.predictions import Predictions
from riboswitch.data.task import Task
from riboswitch.errors import BundleError
from riboswitch.learning.trust.out_of_fold import NO_ROW, TENSOR, OutOfFold

TASK = Task("binary", ("active",))
IDS = [f"m{i}" for i in range(6)]


def plain(outputs):
    return outputs


def held_out(tested):
    """Predictions of each repeat for the rows that it tested."""
    parts = []
    for repeat, rows in enumerate(tested):
        ids, groups = [IDS[row] for row in rows], [f"g{row}" for row in rows]
        labels, outputs = np.zeros((len(rows), 1)), np.array([[value] for value in rows.values()])
        parts.append(Predictions.build(TASK, ids, groups, repeat, "test", "stack", labels, outputs))
    return Predictions.concat(parts)


answers = st.dictionaries(st.integers(0, 5), st.floats(0, 1, allow_subnormal=False), min_size=1)


@given(st.lists(answers, min_size=1, max_size=4))
def test_a_row_has_the_mean_of_the_repeats_that_held_it_out(tested):
    made = OutOfFold.fit(held_out(tested), IDS, plain)
    for row in range(len(IDS)):
        values = [rows[row] for rows in tested if row in rows]
        found = made.answers[row, 0]
        assert np.isnan(found) if not values else found == pytest.approx(np.mean(values), abs=1e-6)
    assert made.rows == len({row for rows in tested for row in rows})


def test_only_training_compounds_that_were_held_out_are_replaced():
    made = OutOfFold(np.array([[0.1], [np.nan]], np.float32))
    mean, replaced = made.replaced(np.array([[0.9], [0.8], [0.7]]), np.array([0, 1, NO_ROW]))
    assert replaced.tolist() == [True, False, False]
    assert mean[:, 0].tolist() == pytest.approx([0.1, 0.8, 0.7])


def test_a_bundle_keeps_the_answers_and_refuses_those_of_other_rows():
    model = small_bundle(task=TASK.to_dict())
    assert OutOfFold.of(model) is None
    model.pack_texts("training.ids", ["a", "b"])
    OutOfFold(np.array([[0.1], [np.nan]], np.float32)).store(model)
    np.testing.assert_array_equal(OutOfFold.of(model).answers, model.tensors[TENSOR])
    model.tensors[TENSOR] = np.zeros((3, 1), np.float32)
    with pytest.raises(BundleError, match="out-of-fold"):
        OutOfFold.of(model)
