"""The baseline for a class at each position."""

from __future__ import annotations

import numpy as np

from riboswitch.data.task import Task
from riboswitch.modalities.sequence.position_baselines import PositionFeatures, window_linear

TASK = Task("multiclass", ("y",), ("+", "-", "x"), "position")


def test_letters_that_tell_their_class_are_learned():
    rng = np.random.default_rng(0)
    inputs = ["".join(rng.choice(list("ACGT"), n)) for n in (60, 80, 45)]
    labels = np.array([0.0 if letter in "CG" else 1.0 for text in inputs for letter in text])[:, None]
    labels[3] = np.nan
    said = window_linear(
        {"sequence": inputs[:2]}, labels[:140], {"sequence": inputs[2:]}, TASK, seed=0, weights=np.ones(140)
    )
    assert said.shape == (45, 3)
    assert said.argmax(1).tolist() == labels[140:, 0].tolist()
    assert not said[:, 2].any()  # a class that was never seen


def test_one_class_is_always_predicted():
    said = window_linear({"sequence": ["ACGT"]}, np.ones((4, 1)), {"sequence": ["AC", "G"]}, TASK, seed=0)
    np.testing.assert_array_equal(said, [[0, 1, 0]] * 3)


def test_codons_are_positions_of_three_letters():
    said = window_linear(
        {"sequence": ["ACGTTT"] * 2},
        np.array([[0.0], [1], [0], [1]]),
        {"sequence": ["ACGTTTACG"]},
        TASK,
        seed=0,
    )
    assert said.argmax(1).tolist() == [0, 1, 0]


def test_a_window_sees_no_other_sequence():
    alone, among = PositionFeatures(["ACG"], "ACGT", 1), PositionFeatures(["TTTT", "ACG", "GGGG"], "ACGT", 1)
    np.testing.assert_array_equal(alone(np.arange(3)), among(np.arange(4, 7)))
