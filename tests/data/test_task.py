"""Labels of a task as numbers."""

import numpy as np
import pandas as pd
import pytest

from riboswitch.data.predictions import Predictions
from riboswitch.data.task import Task

STRUCTURE = Task.infer("per_position", ["structure"], pd.DataFrame({"structure": ["HH-E.", "-HHEE"]}))


def test_a_letter_that_stands_for_a_gap_elsewhere_is_a_class_of_positions():
    assert STRUCTURE.classes == ("-", "E", "H")
    table = pd.DataFrame({"structure": ["H-.E", "--"]})
    numbers = STRUCTURE.labels(table)[:, 0]
    assert numbers[[0, 1, 3, 4, 5]].tolist() == [2, 0, 1, 0, 0] and np.isnan(numbers[2])


@pytest.mark.parametrize("gap", [None, np.nan, "", "NA"])
def test_labels_of_that_class_are_not_lost_in_a_table_of_predictions(gap, tmp_path):
    units = STRUCTURE.of_units
    truth, outputs = np.array([[0.0], [2.0], [np.nan]]), np.eye(3)
    made = Predictions.build(units, ["a:1", "a:2", "a:3"], ["a"] * 3, 0, "test", "network", truth, outputs)
    made.save(tmp_path / "p.parquet")
    for each in (made, Predictions.load(tmp_path / "p.parquet")):
        assert each.labels[:2, 0].tolist() == [0, 2] and np.isnan(each.labels[2, 0])
    assert np.isnan(units.labels(pd.DataFrame({"structure": ["-", gap]}))[1, 0])
