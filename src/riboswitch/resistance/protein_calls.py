"""Calls of the proteins of a genome, and one table of what its proteins and its DNA show.

As AMRFinderPlus does: what the DNA shows and what the proteins show are joined, one gene is one call, and the
call of a protein is preferred where both see it, unless the DNA shows the gene more completely. What only the
DNA shows remains.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from riboswitch.bio.proteins import STOP, Protein, Proteins
from riboswitch.data.calls import Calls
from riboswitch.genomes.orfs import Orf
from riboswitch.resistance.curated.rules import WHOLE
from riboswitch.resistance.curated.search.frames import ProteinFrame
from riboswitch.resistance.genome_calls import Sample, at_one_place, by_place

PROTEIN = "protein"
NOWHERE = {"contig": "", "start": None, "end": None, "strand": "", "locus_tag": ""}
SAME = ("nearest_gene", "nearest_accession", "method", "identity", "coverage", "gene_length_aa")
"""Columns that are the same where a protein without a place is one that the DNA shows."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ProteinSample(Sample):
    """Proteins that are read: their rows lie where their genes are annotated.

    Attributes
    ----------
    by_key : mapping of str to Protein
    """

    by_key: Mapping[str, Protein] = field(default_factory=dict)

    def spot(self, contig: str, start: int, end: int, strand: str) -> dict[str, Any]:
        """Where the gene of a protein lies, or no place."""
        return where(self.by_key[contig])

    def over_origin(self, contig: str, end: int) -> bool:
        """No: only the DNA shows it."""
        return False

    def with_stop(self, contig: str, start: int, end: int, strand: str) -> tuple[int, int]:
        """The place as it is: an annotated gene ends with its stop."""
        return start, end


def where(protein: Protein) -> dict[str, Any]:
    """The columns that say where a row of a protein lies."""
    own = {"protein_id": protein.id, "input": PROTEIN}
    if protein.place is None:
        return NOWHERE | own | {"orf_id": protein.id}
    place = protein.place._asdict()
    return {name: place[name] for name in NOWHERE} | own | {"orf_id": str(protein.place)}


def frames(proteins: Proteins) -> list[ProteinFrame]:
    """Proteins as frames, for the curated rules."""
    return [ProteinFrame.of(p.key, p.sequence, p.place.open if p.place else "") for p in proteins.entries]


def as_orfs(proteins: Proteins, min_aa: int) -> list[Orf]:
    """Proteins as reading frames, for the model: those that are long enough."""
    return [
        Orf(p.key, 1, 3 * len(p.sequence), "+", 1, "", p.sequence.replace(STOP, "X"))
        for p in proteins.entries
        if len(p.sequence) >= min_aa
    ]


def placed(calls: Calls, proteins: Proteins) -> Calls:
    """The model's calls of proteins as frames, put where their genes are annotated; with the counts."""
    by_key = proteins.by_key
    rows = [row | where(by_key[row["contig"]]) for row in calls.table.to_dict("records")]
    table = pd.DataFrame(rows, columns=calls.table.columns)
    counts = calls.meta["counts"] | {"contigs": len(proteins.contigs), **counted(proteins)}
    return Calls(table, calls.meta | {"contigs": dict(proteins.contigs), "counts": counts})


def counted(proteins: Proteins) -> dict[str, int]:
    """How many proteins were read, and how many of them have no place."""
    without = sum(protein.place is None for protein in proteins.entries)
    return {"proteins": len({p.id for p in proteins.entries}), "proteins_without_place": without}


def together(of_dna: Sequence[Row], of_proteins: Sequence[Row]) -> list[dict[str, Any]]:
    """One row for each gene, mutation and loss that the DNA, the proteins or both show."""
    genes = _one_each([r for r in (*of_dna, *of_proteins) if r["kind"] == "gene" and r["contig"]])
    changes = _one_each_change([r for r in (*of_proteins, *of_dna) if r["kind"] != "gene" and r["contig"]])
    rows = [*genes, *changes]
    for row in of_proteins:
        if not row["contig"]:
            same = [r for r in rows if _same_find(row, r)]
            for other in same:
                other["protein_id"] = other["protein_id"] or row["protein_id"]
            rows += [] if same else [dict(row)]
    return sorted(rows, key=by_place)


def _one_each(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The best row of each place; of the DNA's, with the protein that it stands for."""
    kept: list[dict[str, Any]] = []
    for row in sorted(rows, key=_rank):
        same = [k for k in kept if at_one_place(k, row)]
        for other in same:
            other["protein_id"] = other["protein_id"] or row["protein_id"]
        kept += [] if same else [dict(row)]
    return kept


def _rank(row: Row) -> tuple:
    """Exact genes, whole ones, those that are broken in a known way; of equals the protein's."""
    method = row["method"]
    exact, partial = method in ("ALLELE", "EXACT"), method.startswith("PARTIAL")
    return not exact, method not in WHOLE, partial, row["input"] != PROTEIN, -row["coverage"], by_place(row)


def _one_each_change(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Each mutation and loss of a place once, the protein's first."""
    kept: list[dict[str, Any]] = []
    for row in rows:
        if not any(k["nearest_gene"] == row["nearest_gene"] and at_one_place(k, row) for k in kept):
            kept.append(dict(row))
    return kept


def _same_find(one: Row, other: Row) -> bool:
    same = SAME if one["kind"] == "gene" else ("nearest_gene", "nearest_accession")
    return one["kind"] == other["kind"] and all(one[name] == other[name] for name in same)


def joined_loci(of_dna: Mapping[str, Collection[str]], of_proteins: Mapping[str, Collection[str]]) -> dict:
    """What became of the loci in which mutations matter, by the DNA and the proteins together."""
    both = {name: {*of_dna[name], *of_proteins[name]} for name in of_dna}
    both["none"] -= both["mutation"]
    both["not_found"] = {*of_dna["not_found"]} - both["mutation"] - both["none"]
    both["intact"] -= both["lost"]
    both["not_looked_at"] = set()  # the DNA shows all of them
    return {name: sorted(genes) for name, genes in both.items()}
