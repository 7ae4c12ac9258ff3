"""Terms of CARD's ontology: the shipped tables fit together, and known genes have CARD's terms."""

from __future__ import annotations

import re

import pytest

from riboswitch.resistance.curated.references import Known, Reference
from riboswitch.resistance.ontology.aro import GENES, TERMS, Term, _text, term_of


def reference(accession, *known, of_record=False):
    return Reference(accession, 1, 1, "", "", "", 2, "", "", "", "M", known, of_record)


def rows(name):
    return [line.split("\t") for line in _text(name).splitlines()[1:]]


def test_every_gene_has_a_term_that_is_there_and_each_term_a_gene():
    genes, terms = rows(GENES), {row[0] for row in rows(TERMS)}
    assert {aro for *_, aro in genes} == terms and len(terms) == len(rows(TERMS))
    assert all(re.fullmatch("ARO:[0-9]{7}", aro) for aro in terms)
    assert all(len(row) == 3 and all(row[1:]) for row in genes)


def test_a_term_is_that_of_the_row_of_its_gene():
    terms = {row[0]: Term(*row) for row in rows(TERMS)}
    for gene, accession, aro in rows(GENES)[::97]:
        assert term_of(accession, gene) == terms[aro]
    assert term_of("accession", "gene") == term_of("", "") == Term()


@pytest.mark.parametrize(
    ("accession", "gene", "aro", "name", "drug"),
    [  # card.mcmaster.ca
        ("WP_000027057.1", "", "ARO:3000873", "TEM-1", "ampicillin"),
        ("M97297", "VanHAX", "ARO:3000236", "glycopeptide resistance gene cluster VanA", ""),
        ("AY034847", "blaKPC-2", "ARO:3002312", "KPC-2", "carbapenem"),
    ],
)
def test_known_genes(accession, gene, aro, name, drug):
    term = term_of(accession, gene)
    assert (term.aro, term.name) == (aro, name) and drug in term.drugs


def test_a_reference_without_a_term_has_that_of_the_gene_that_it_equals():
    same = Known("blaKPC-2", "AY034847", (), ())
    assert reference("nobody", same).term == reference("AY034847", same, of_record=True).term
    assert reference("nobody", same).term.name == "KPC-2"
    assert reference("nobody").term == Term() and set(Term().columns.values()) == {""}
