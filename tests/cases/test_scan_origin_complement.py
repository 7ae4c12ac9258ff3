"""A gene on the reverse strand over the origin is found."""

from cases.resistance import calls, short


def test_the_gene_is_called():
    found = calls("scan_origin_complement", "genome.gb")
    assert short(found) == [("blaTEM-1A", 2624, 3484, "-", "call")]
    assert found["locus_tag"].tolist() == ["X_1"]
