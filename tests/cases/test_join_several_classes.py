"""A gene of several classes defeats drugs of all of them."""

from cases.resistance import calls, defeated


def test_cfr():
    found = calls("join_several_classes", "cfr.fna")
    assert found["status"].tolist() == ["call"]
    assert defeated(found, "Linezolid", "Clindamycin", "Dalfopristin", "Chloramphenicol") == [True] * 4
    assert defeated(found, "Vancomycin", "Meropenem", "Tedizolid") == [False] * 3


def test_the_acetyltransferase_that_takes_ciprofloxacin():
    found = calls("join_several_classes", "aac6cr.fna")
    assert defeated(found, "Ciprofloxacin", "Tobramycin", "Levofloxacin") == [True, True, False]
