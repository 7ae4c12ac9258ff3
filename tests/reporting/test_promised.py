"""The promise beside experiment: it is contradicted only by rates that it leaves out."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.reporting.promised import FEWEST, against_experiment

PROMISE = {"low": 34, "high": 48, "rows": 50}
NAN = math.nan


@pytest.mark.parametrize(
    ("positive", "negative", "begins"),
    [
        (
            13,
            20,
            "Experiment contradicts this: 13 of the 33 of them that were tested are positive (23 to 58 %",
        ),
        (27, 6, "Experiment does not contradict this: 27 of the 33"),
        (5, FEWEST - 6, ""),
    ],
)
def test_what_is_said_of_a_promise(positive, negative, begins):
    said = against_experiment(PROMISE, [1.0] * positive + [0.0] * negative + [NAN] * 17)
    assert said.startswith(begins) and bool(said) == bool(begins)


def test_a_list_that_holds_more_than_was_promised_is_told_too():
    said = against_experiment({"low": 1, "high": 5, "rows": 50}, [1.0] * 30)
    assert "more than promised" in said


@given(st.lists(st.sampled_from([0.0, 1.0, NAN]), max_size=60), st.integers(0, 50))
def test_the_rate_that_was_seen_contradicts_no_promise_that_holds_it(values, slack):
    tested = [v for v in values if v == v]
    if not tested:
        return
    rate = sum(tested) / len(tested) * 50
    promise = {"low": max(0, math.floor(rate) - slack), "high": min(50, math.ceil(rate) + slack), "rows": 50}
    assert "Experiment contradicts" not in against_experiment(promise, values)


def test_order_and_untested_compounds_change_nothing():
    values = [1.0] * 4 + [0.0] * 16
    assert against_experiment(PROMISE, values) == against_experiment(PROMISE, [NAN, *reversed(values), NAN])
