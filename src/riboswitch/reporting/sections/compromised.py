"""Compounds that the genome defeats, grouped by the gene that does so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from riboswitch.reporting.findings import Findings, Ranking
from riboswitch.reporting.hits.witnesses import place
from riboswitch.reporting.sections import Section

Row = dict[str, Any]


@dataclass(frozen=True)
class Group:
    """The compounds that one gene compromises.

    Attributes
    ----------
    gene, locus : str
        Nearest known gene of the call, and its coordinates.
    number : int
    compounds : list of dict
        The first of them; compounds.parquet has all.
    classes : str
        Drug classes of the compounds.
    call : dict
        The call that is the evidence; empty if it is not found.
    """

    gene: str
    locus: str
    number: int
    compounds: list[Row]
    classes: str
    call: Row


def contents(findings: Findings) -> dict[str, Any] | None:
    """One group a gene; None if the library was ranked for a panel, which has a section of its own."""
    ranking = findings.ranking
    return None if ranking is None or not ranking.genome else {"groups": _groups(findings, ranking)}


SECTION = Section("Compromised compounds", 40, contents)


def _groups(findings: Findings, ranking: Ranking) -> list[Group]:
    calls = findings.calls[ranking.genome].confident.to_dict("records")
    by_locus = {place(c): c for c in calls}
    return [
        Group(
            gene,
            locus,
            defeated.number,
            defeated.first,
            ", ".join(sorted(defeated.classes)),
            by_locus.get(locus, {}),
        )
        for (gene, locus), defeated in sorted(ranking.ranked.defeated.by_gene.items())
    ]
