"""The term of CARD's ontology for a known gene.

`aro_genes.tsv` has the term of each reference: proteins of NCBI's database by their accession, genes of
ResFinder by name and accession. `aro_terms.tsv` has the name of each term, and the classes and drugs that it,
or a term above it, confers resistance to. That is known of a family, and more than each of its alleles
defeats: it is shown and decides nothing. tools/aro_terms.py derives both from argNorm 1.1.0 (MIT) and the
ontology of December 2024 (CARD, Alcock et al. 2023, Nucleic Acids Res. 51:D690; CC BY 4.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

GENES, TERMS = "aro_genes.tsv", "aro_terms.tsv"


@dataclass(frozen=True, slots=True)
class Term:
    """A term: its accession in the ontology, its name, and the classes and drugs, separated by commas."""

    aro: str = ""
    name: str = ""
    drugs: str = ""

    @property
    def columns(self) -> dict[str, str]:
        """The columns of calls."""
        return {"aro": self.aro, "aro_name": self.name, "aro_drugs": self.drugs}


def term_of(accession: str, gene: str = "") -> Term:
    """The term of a reference, empty if it has none; ``gene`` is its name if it is one of ResFinder."""
    return _terms().get(_genes().get((gene, accession), ""), Term())


@cache
def _genes() -> Mapping[tuple[str, str], str]:
    return {(gene, accession): aro for gene, accession, aro in _rows(GENES)}


@cache
def _terms() -> Mapping[str, Term]:
    return {row[0]: Term(*row) for row in _rows(TERMS)}


def _rows(name: str) -> list[list[str]]:
    lines = (resources.files(__package__) / name).read_text("utf-8").splitlines()[1:]
    return [line.split("\t") for line in lines]
