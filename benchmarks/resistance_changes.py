"""Whether a called mutation or loss is in the genome, by Biopython alone."""

from __future__ import annotations

from typing import Any

from Bio.Align import PairwiseAligner, substitution_matrices
from Bio.Seq import Seq

from riboswitch.bio.genome import Genome
from riboswitch.resistance.curated.database import Database
from riboswitch.resistance.curated.protein_mutations import Mutation

LOST = 0.9  # a protein is lost if less of it is made


def changed_there(database: Database, row: dict[str, Any], genome: Genome) -> list[str]:
    """What Biopython shows of a mutation or a loss; empty if it shows something else."""
    reference = next((r for r in (*database.references, *database.susceptible)
                      if r.accession == row["nearest_accession"]), None)  # fmt: skip
    if reference is None:
        return []
    dna = Seq(genome.contigs[row["contig"]][row["start"] - 1 : row["end"]])
    dna = dna if row["strand"] == "+" else dna.reverse_complement()
    whole = str(dna[: len(dna) // 3 * 3].translate(11))
    if row["kind"] == "loss":
        made = len(whole.split("*")[0])
        lost = made < LOST * len(reference.sequence)
        return [f"Biopython: {made} of {len(reference.sequence)} residues are made"] if lost else []
    mutation = _mutation(database, row)
    residues = _aligned(reference.sequence, whole.rstrip("*"))[mutation.at : mutation.at + len(mutation.ref)]
    return (
        [f"Biopython: {''.join(residues)} at {mutation.at + 1}"] if "".join(residues) == mutation.alt else []
    )


def _mutation(database: Database, row: dict[str, Any]) -> Mutation:
    """The entry of the database that a row is of."""
    accession, symbol = row["nearest_accession"], row["nearest_gene"]
    groups = [database.mutations(taxon).get(accession, []) for taxon in database.taxa]
    return next(m for group in groups for m in group if m.symbol == symbol)


def _aligned(reference: str, protein: str) -> list[str]:
    """What stands in the place of each residue of a reference."""
    aligner = PairwiseAligner(mode="global", substitution_matrix=substitution_matrices.load("BLOSUM62"))
    aligner.open_gap_score, aligner.extend_gap_score, aligner.end_gap_score = -12, -1, 0
    found = [""] * len(reference)
    for (a, b), (c, _) in zip(*aligner.align(reference, protein)[0].aligned, strict=True):
        for i in range(b - a):
            found[a + i] = protein[c + i]
    return found
