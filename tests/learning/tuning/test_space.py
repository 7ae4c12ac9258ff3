"""The space of a search: only settings that exist, only values that can be drawn."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.errors import UsageError
from riboswitch.learning.settings import TrainSettings
from riboswitch.learning.tuning.space import check_space, default_space, drawn
from riboswitch.modalities import find, names

KNOWN = {"settings": asdict(TrainSettings()), "network": {"hidden": 8, "dropout": 0.0}}


class Fixed:
    """Draws the end of an interval, or the last choice."""

    def suggest_float(self, name, low, high, *, log=False):
        return high

    def suggest_int(self, name, low, high, *, log=False):
        return high

    def suggest_categorical(self, name, choices):
        return choices[-1]


@pytest.mark.parametrize("modality", names())
def test_the_default_space_is_of_settings_that_exist(modality):
    network = find(modality).network.NetworkSettings()
    space = default_space(network)
    assert check_space(space, {**KNOWN, "network": asdict(network)}).keys() == space.keys()
    assert any(name.startswith("network.") for name in space) and json.dumps(space)
    found = drawn(space, Fixed())
    TrainSettings(**found["settings"])
    type(network)(**found["network"])


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({}, "nothing to tune"),
        ({"settings.speed": {"choices": [1]}}, "no such setting"),
        ({"hidden": {"choices": [1]}}, "no such setting"),
        ({"network.hidden": {"choices": []}}, "no values"),
        ({"network.hidden": {"choices": [[1]]}}, "no values"),
        ({"network.hidden": {"low": 2, "high": 2}}, "no values"),
        ({"network.hidden": {"low": 0, "high": 2, "log": True}}, "no values"),
        ({"network.hidden": {"low": "a", "high": "b"}}, "no values"),
        ({"network.hidden": {"low": 1, "high": 2, "step": 1}}, "no values"),
        ({"network.hidden": 8}, "no values"),
    ],
)
def test_a_space_that_cannot_be_searched_is_refused(space, message):
    with pytest.raises(UsageError, match=message):
        check_space(space, KNOWN)


def test_the_values_without_tuning_are_always_among_those_that_are_tried():
    space = {"network.hidden": {"choices": [4]}, "network.dropout": {"low": 0.1, "high": 0.2}}
    found = check_space(space, KNOWN)
    assert found["network.hidden"]["choices"] == [4, 8]
    assert found["network.dropout"] == {"low": 0.0, "high": 0.2}


@given(st.integers(1, 50), st.integers(1, 50))
def test_whole_numbers_are_drawn_for_whole_ends(low, more):
    space = check_space({"network.hidden": {"low": low, "high": low + more}}, KNOWN)
    assert drawn(space, Fixed())["network"]["hidden"] == max(low + more, 8)
