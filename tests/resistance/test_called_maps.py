"""Maps of called genes: the protein of a call is the one that was planted, and networks must speak for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.genome import Genome
from riboswitch.bio.proteins import Protein, Proteins
from riboswitch.bio.scanned import Scanned
from riboswitch.data.calls import CALL_COLUMNS, Calls
from riboswitch.errors import InputError, UsageError
from riboswitch.resistance.called_maps import NOT_PREDICTED, called_proteins
from riboswitch.steps.explain_calls import explain_calls

CODONS = {"A": "GCT", "K": "AAA", "L": "TTA", "M": "ATG", "S": "TCT", "W": "TGG"}
"""A few residues are enough; none of these codons reads as a stop."""


def call(place, drug_class="tetracycline", **changes):
    contig, start, end, strand = place
    blank = dict.fromkeys(CALL_COLUMNS, "") | {"kind": "gene", "status": "call", "input": "DNA"}
    where = {"contig": contig, "start": start, "end": end, "strand": strand}
    return blank | where | {"orf_id": f"{contig}:{start}-{end}({strand})", "nearest_gene": "tet(Q)",
                            "drug_class": drug_class} | changes  # fmt: skip


def calls(*rows):
    return Calls(pd.DataFrame(rows, columns=CALL_COLUMNS), {})


@given(st.text("AKLMSW", min_size=1, max_size=30), st.integers(0, 200), st.booleans(),
       st.sampled_from(["ATG", "GTG", "TTG"]))  # fmt: skip
def test_the_protein_of_a_call_is_the_one_that_was_planted(rest, at, forward, start):
    """On both strands, at every place, over the origin too, with every start codon."""
    gene = start + "".join(CODONS[a] for a in rest) + "TAA"
    strand = gene if forward else reverse_complement(gene)
    around = "C" * 200
    at %= len(around) + len(strand)
    turned = strand + around
    contig = turned[-at:] + turned[:-at] if at else turned
    genome = Genome({"c": contig}, [], "made", circular={"c"})
    found = called_proteins(
        calls(call(("c", at + 1, at + len(gene), "+" if forward else "-"))), Scanned(genome)
    )
    assert [protein.sequence for protein in found] == [f"M{rest}"]


def test_mutations_candidates_and_broken_genes_have_no_protein():
    genome = Genome({"c": "ATGTAAGCTTAA"}, [], "made")
    place = ("c", 1, 12, "+")
    rows = calls(call(place), call(place, kind="mutation"), call(place, status="candidate"))
    assert [protein.sequence for protein in called_proteins(rows, Scanned(genome))] == [""]


def test_calls_of_another_genome_are_refused():
    with pytest.raises(InputError, match="another genome"):
        called_proteins(calls(call(("x", 1, 12, "+"))), Scanned(Genome({"c": "ATG"}, [], "made")))
    given_ = calls(call(("", 0, 0, ""), input="protein", protein_id="p9"))
    with pytest.raises(InputError, match="other proteins"):
        called_proteins(given_, Scanned(Proteins([Protein("p1", "MKL")], "made")))
    found = called_proteins(given_, Scanned(Proteins([Protein("p9", "MKL")], "made")))
    assert found[0].sequence == "MKL"


def test_only_calls_that_the_networks_speak_for_are_mapped(gene_model, proteins):
    """Proteins that the networks learned, each called as its own class and as another."""
    rows = proteins.table.iloc[:6]
    entries = [Protein(name, text) for name, text in zip(rows["id"], rows["sequence"], strict=True)]
    right = [call(("", 0, 0, ""), c, input="protein", protein_id=p, orf_id=p)
             for p, c in zip(rows["id"], rows["drug_class"], strict=True)]  # fmt: skip
    wrong = [row | {"drug_class": "unheard of"} for row in right]
    known = explain_calls(Proteins(entries, "made"), calls(*right), gene_model)
    first = known.drop_duplicates("id").set_index("id")
    spoken = first["prediction"] >= 0.5
    assert first.index.tolist() == rows["id"].tolist() and spoken.any()
    assert ((first["status"] == NOT_PREDICTED) == ~spoken).all()
    assert (first["of"] == rows.set_index("id")["drug_class"]).all()
    for name, part in known[known["id"].isin(spoken.index[spoken])].groupby("id"):
        assert "".join(part["part"]) == dict(zip(rows["id"], rows["sequence"], strict=True))[name]
        assert np.isfinite(part["score"].astype(float)).all()
    nothing = explain_calls(Proteins(entries, "made"), calls(*wrong), gene_model, first=2)
    assert nothing["status"].tolist() == [NOT_PREDICTED] * 2 and "does not know" in nothing["reason"][0]


def test_a_genome_without_calls_gives_an_empty_table(gene_model):
    table = explain_calls(Genome({"c": "ATG"}, [], "made"), calls(), gene_model)
    assert table.empty and {"id", "gene", "drug_class", "status", "score"} <= set(table)


def test_a_model_of_something_else_is_refused(gene_model):
    from riboswitch.data.model import Model

    other = Model(gene_model.header | {"encoder": {"alphabet": "dna"}}, gene_model.tensors)
    with pytest.raises(UsageError, match="multi-class model of proteins"):
        explain_calls(Genome({"c": "ATG"}, [], "made"), calls(), other)
