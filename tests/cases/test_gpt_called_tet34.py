"""The housekeeping gene gpt is no tet(34)."""

from cases.resistance import calls


def test_nothing_is_called():
    assert calls("gpt_called_tet34", "gpt_called_tet34.fna").empty
