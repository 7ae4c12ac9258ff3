"""A gene with a stop codon within it is no call."""

from cases.resistance import calls


def test_it_is_a_candidate_with_its_flag():
    found = calls("premature_stop", "genome.fna")
    assert found["status"].tolist() == ["candidate"]
    assert found["flags"].tolist() == ["INTERNAL_STOP"]
