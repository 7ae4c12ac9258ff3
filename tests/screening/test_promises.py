"""The promise of the short-list: what is counted, what can be chosen, and when nothing is promised."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bundles import calibrated_bundle as model
from bundles import small_bundle
from riboswitch.learning.trust.calibration import Calibration
from riboswitch.screening.promises import NO_MODEL, NUMBERS, SHARED, UNCALIBRATED, Promises

ACTIVE = ["activity.p_active"]


def compounds(scores, **columns):
    n = len(scores)
    blank = {"score": scores, "smiles": [f"{'C' * (i + 1)}" for i in range(n)], "duplicate_of": "",
             "compromised": False, "outside_filter": "", "activity.in_training": False}  # fmt: skip
    return pd.DataFrame(blank | columns, index=range(n))


def shared(made):
    """The bundle with its calibration, but without the rows of it."""
    made.header["calibration"] = Calibration.of(made).without_rows()
    return made


def test_a_list_is_promised_about_its_sum_of_probabilities():
    promises = Promises.of(model(), "activity", ACTIVE, False)
    scores = np.linspace(0.9, 0.2, 50)
    made = promises.of_list(compounds(scores))
    assert made["rows"] == 50 and made["expected"] == pytest.approx(scores.sum(), rel=0.1)
    assert made["low"] < made["expected"] < made["high"]
    assert f"among these 50 expect {made['low']} to {made['high']} actives (90%)" in made["text"]


def test_compounds_that_were_in_training_are_not_counted():
    promises = Promises.of(model(), "activity", ACTIVE, False)
    table = compounds([0.9] * 10, **{"activity.in_training": [True] * 4 + [False] * 6})
    made = promises.of_list(table)
    assert (made["rows"], made["in_training"]) == (6, 4) and "4 more were in training" in made["text"]
    assert promises.columns(table)["fdr"].isna().tolist() == [True] * 4 + [False] * 6
    assert "no new compound" in promises.of_list(table[:4])["text"]


@pytest.mark.parametrize(
    "column", [{"duplicate_of": "x"}, {"compromised": True}, {"outside_filter": "a limit;"}]
)
def test_what_cannot_be_chosen_does_not_change_what_is(column):
    promises = Promises.of(model(), "activity", ACTIVE, False)
    chosen = promises.columns(compounds([0.9, 0.8, 0.3]))["fdr"]
    table = compounds([0.9, 0.8, 0.3, 0.95])
    for name, value in column.items():
        table[name] = [table[name].iloc[0]] * 3 + [value]
    found = promises.columns(table)["fdr"]
    assert np.isnan(found.iloc[3]) and found[:3].tolist() == chosen.tolist()


def test_better_scores_have_lower_rates_and_higher_precision():
    table = Promises.of(model(), "activity", ACTIVE, False).columns(compounds(np.linspace(1, 0, 40)))
    assert table["fdr"].is_monotonic_increasing and table["expected_precision"].is_monotonic_decreasing
    assert (table["expected_precision"] >= table["score"] - 1e-6).all()
    assert table["fdr"].between(0, 1).all()


def test_compounds_of_one_scaffold_widen_the_promise():
    how = {"method": "scaffold", "options": {}}
    promises = Promises.of(model(grouping=how), "activity", ACTIVE, False)
    p = [0.5] * 20
    alike = promises.of_list(compounds(p, smiles=[f"c1ccccc1{'C' * i}" for i in range(20)]))
    rings = [f"C1{'C' * i}C1" for i in range(1, 21)]
    apart = promises.of_list(compounds(p, smiles=rings))
    assert alike["expected"] == apart["expected"]
    assert alike["high"] - alike["low"] >= apart["high"] - apart["low"]


def test_classes_that_are_not_defeated_are_one_question():
    made = model(kind="multiclass")
    both = Promises.of(made, "drug", ["drug.p_none"], True).question
    one = Promises.of(made, "drug", ["drug.p_none", "drug.p_tetracycline"], True).question
    labels = Calibration.of(made).labels[:, 0]
    np.testing.assert_array_equal(both.truth, labels != 1)
    np.testing.assert_array_equal(one.truth, labels == 0)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda: None, NO_MODEL),
        (lambda: small_bundle(), UNCALIBRATED),
        (lambda: model(kind="regression"), NUMBERS),
        (lambda: model(groups=12), "fewer than 20"),
        (lambda: shared(model()), SHARED),
    ],
    ids=["no model", "not calibrated", "numbers", "few groups", "shared"],
)
def test_without_a_ground_nothing_is_promised(made, reason):
    promises = Promises.of(made(), "activity", ["activity.active"] if reason == NUMBERS else ACTIVE, False)
    table = compounds([0.9, 0.1])
    assert reason in promises.reason and reason in promises.of_list(table)["text"]
    pd.testing.assert_frame_equal(promises.columns(table), table)
