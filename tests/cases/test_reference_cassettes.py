"""Genes that the database stores in cassettes, in another frame or backwards are found."""

import pytest

from cases.resistance import calls, defeated, references


@pytest.mark.parametrize("file", ["vanA.fna", "vanB.fna", "vanG.fna"])
def test_vancomycin_is_defeated(file):
    found = calls("reference_cassettes", file)
    assert (found["status"] == "call").all() and len(found) >= 2
    assert set(found["drug_class"]) == {"glycopeptide"}
    assert defeated(found, "Vancomycin") == [True]


@pytest.mark.parametrize(("file", "gene"), [
    ("tet43.fna", "tet(43)"), ("spg.fna", "blaSPG-1"), ("flc.fna", "blaFLC-1"),
])  # fmt: skip
def test_single_genes_are_called(file, gene):
    found = calls("reference_cassettes", file)
    assert gene in found.loc[found["status"] == "call", "nearest_gene"].tolist()


def test_a_gene_without_an_open_frame_is_listed_as_one_that_cannot_be_called():
    rejected = references().rejected
    assert rejected[["id", "code"]].to_numpy().tolist() == [["mph(D)_1_AB048591", "NO_READING_FRAME"]]
    assert calls("reference_cassettes", "mphD.fna").empty
