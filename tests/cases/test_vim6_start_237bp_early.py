"""The start of a gene is that of its alignment."""

from cases.resistance import calls, short


def test_the_start_is_right():
    found = calls("vim6_start_237bp_early", "vim6_start_237bp_early.fna")
    assert short(found) == [("blaVIM-6", 484, 1284, "-", "call")]
