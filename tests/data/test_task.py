"""What a task may be."""

import pandas as pd
import pytest

from riboswitch.data.task import Task
from riboswitch.errors import InputError
from riboswitch.io.cells import MISSING


@pytest.mark.parametrize("gap", [*MISSING, " "])
def test_no_class_has_a_name_that_stands_for_a_gap(gap):
    with pytest.raises(InputError, match="stands for a gap"):
        Task("multiclass", ("fold",), ("helix", gap))


def test_a_letter_of_positions_that_stands_for_a_gap_is_refused_before_training():
    table = pd.DataFrame({"structure": ["HH-EE", "HHHEE"]})
    with pytest.raises(InputError, match="Use another letter"):
        Task.infer("per_position", ["structure"], table)
    assert Task.infer("per_position", ["structure"], table.replace("-", "C", regex=True)).classes == (*"CEH",)
