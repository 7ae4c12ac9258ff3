"""The term of CARD's ontology for a known gene.

`aro_genes.tsv` has the term of each reference: proteins of NCBI's database by their accession, genes of
ResFinder by name and accession. `aro_terms.tsv` has the name of each term, and the classes and drugs that it,
or a term above it, confers resistance to. That is known of a family, and more than each of its alleles
defeats: it is shown and decides nothing. tools/aro_terms.py derives both from argNorm 1.1.0 (MIT) and the
ontology of December 2024 (CARD, Alcock et al. 2023, Nucleic Acids Res. 51:D690; CC BY 4.0).
"""

from __future__ import annotations

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


@cache
def term_of(accession: str, gene: str = "") -> Term:
    """The term of a reference, empty if it has none; ``gene`` is its name if it is one of ResFinder."""
    found = _row(GENES, gene, accession)
    row = _row(TERMS, found[-1]) if found else None
    return Term(*row) if row else Term()


def _row(name: str, *key: str) -> list[str] | None:
    """The row that begins with these fields: a genome needs few, so that the table is not taken apart."""
    text, begin = _text(name), "\n" + "".join(f"{field}\t" for field in key)
    if (at := text.find(begin)) < 0:
        return None
    return text[at + 1 : text.index("\n", at + 1)].split("\t")


@cache
def _text(name: str) -> str:
    return (resources.files(__package__) / name).read_text("utf-8")
