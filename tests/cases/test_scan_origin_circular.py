"""A gene over the origin of a circular contig is found, wherever the topology is written."""

import pytest

from cases.resistance import calls, short


@pytest.mark.parametrize(("file", "annotation"), [
    ("genome.gb", None), ("rotated.fna", "circular.gff"), ("topology.fna", None),
])  # fmt: skip
def test_the_gene_is_called(file, annotation):
    found = calls("scan_origin_circular", file, annotation)
    assert short(found) == [("blaTEM-1A", 2685, 3545, "+", "call")]
    if file != "topology.fna":
        assert found["locus_tag"].tolist() == ["X_0001"]
