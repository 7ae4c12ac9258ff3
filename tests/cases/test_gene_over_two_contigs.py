"""The halves of a gene on two contigs are two candidates."""

from cases.resistance import calls, short


def test_both_halves_are_candidates():
    found = calls("gene_over_two_contigs", "genome.fna")
    assert [(f[1:]) for f in short(found)] == [(1012, 1431, "+", "candidate"), (1, 438, "+", "candidate")]
    assert found["nearest_gene"].str.startswith("blaTEM").all()
    assert found["partial"].tolist() == ["3'", "5'"]
    assert found["flags"].str.contains("PARTIAL_CONTIG_END").all()
