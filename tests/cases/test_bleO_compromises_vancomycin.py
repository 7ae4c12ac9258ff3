"""The gene of bleomycin resistance defeats no glycopeptide."""

from cases.resistance import calls, defeated, short


def test_bleomycin_alone_is_defeated():
    found = calls("bleO_compromises_vancomycin", "bleO_compromises_vancomycin.fna")
    assert short(found) == [("bleO", 500, 889, "-", "call")]
    assert defeated(found, "Vancomycin", "Telavancin", "Teicoplanin") == [False] * 3
