"""A reference that is stored backwards gives one call, on one strand."""

from cases.resistance import calls, short


def test_one_gene_one_call():
    found = calls("mphA_two_strands", "mphA_two_strands.fna")
    assert short(found) == [("mph(A)", 588, 1493, "-", "call")]
