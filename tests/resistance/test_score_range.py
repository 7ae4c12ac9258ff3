"""The range of the score over the forms of a compound."""

import numpy as np
import pandas as pd

from riboswitch.resistance.scores.ranges import with_range, without_empty_ranges

TABLE = pd.DataFrame({
    "forms": pd.array([1, 2], dtype="Int16"),
    "t.p_none": [0.2, 0.3], "t.p_none_low": [np.nan, 0.25], "t.p_none_high": [np.nan, 0.35],
    "t.p_a": [0.1, 0.1], "t.p_a_low": [np.nan, 0.05], "t.p_a_high": [np.nan, 0.7],
    "s.SOL": [-1.0, -2.0], "s.SOL_low": [np.nan, -2.5], "s.SOL_high": [np.nan, -1.5],
})  # fmt: skip


def test_the_range_of_one_prediction_is_its_own():
    found = with_range(TABLE, ["s.SOL"], complement=False)
    assert found["score_low"].isna().tolist() == [True, False]
    assert (found["score_low"][1], found["score_high"][1]) == (-2.5, -1.5)


def test_the_range_of_a_sum_is_the_widest_and_stays_a_probability():
    found = with_range(TABLE, ["t.p_none", "t.p_a"], complement=True)
    assert (found["score_low"][1], found["score_high"][1]) == (0.0, 0.7)
    assert np.isnan(found["score_high"][0])


def test_scores_without_ranges_stay_as_they_are():
    plain = TABLE[["t.p_none", "s.SOL"]]
    assert with_range(plain, ["s.SOL"], complement=False) is plain


def test_columns_of_forms_are_shown_only_if_a_compound_has_several():
    ranked = with_range(TABLE, ["s.SOL"], complement=False).assign(score=[1.0, 2.0])
    assert list(without_empty_ranges(ranked)) == list(ranked)
    assert list(without_empty_ranges(ranked[:1])) == ["t.p_none", "t.p_a", "s.SOL", "score"]
