"""What verbs print about the contigs, features and proteins of a genome that they leave out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from riboswitch.bio.annotation.left_out import counts, notes, rejected_note, rejections
from riboswitch.bio.genome import Genome
from riboswitch.bio.proteins import Proteins
from riboswitch.data.records import Rejection, rejection_table
from riboswitch.genomes.contigs import Contigs
from riboswitch.io.summary import write_note
from riboswitch.io.table_writer import write_text_table

LEFT_OUT = "rejected.tsv"


def report_left_out(
    genome: Genome | Contigs | Proteins, folder: Path | None = None, proteins: Proteins | None = None
) -> dict[str, object]:
    """Write notes to standard error, and ``rejected.tsv`` into a folder if there is one.

    Parameters
    ----------
    genome : Genome, Contigs or Proteins
    folder : Path, optional
    proteins : Proteins, optional
        Those that are read beside the genome.

    Returns
    -------
    dict
        Counts for a summary.
    """
    for note in [*notes(genome.ignored, _contigs(genome)),
                 *(n for p in _proteins_of(genome, proteins) for n in _of_proteins(p))]:  # fmt: skip
        write_note(note)
    return list_left_out(genome, folder, proteins)


def list_left_out(
    genome: Genome | Contigs | Proteins, folder: Path | None = None, proteins: Proteins | None = None
) -> dict[str, object]:
    """The same without notes, for one genome of many."""
    of_proteins, contigs = _proteins_of(genome, proteins), _contigs(genome)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        rows = rejections(genome.ignored, contigs, genome.source)
        rows += [row for p in of_proteins for row in (*p.rejected, *p.unplaced)]
        write_text_table(rejection_table(rows), folder / LEFT_OUT, "\t")
    rejected = {"rejected_proteins": sum(len(p.rejected) for p in of_proteins)} if of_proteins else {}
    return counts(genome.ignored, contigs) | rejected


def _contigs(genome: Genome | Contigs | Proteins) -> list[Rejection]:
    return [] if isinstance(genome, Proteins) else genome.rejected


def _proteins_of(*read: Genome | Contigs | Proteins | None) -> list[Proteins]:
    return [one for one in read if isinstance(one, Proteins)]


def _of_proteins(proteins: Proteins) -> Iterator[str]:
    """One sentence for rejected proteins, for those with a stop, and for those without a place."""
    if proteins.rejected:
        yield rejected_note(proteins.rejected, "protein")
    if proteins.with_stops:
        yield f"{_number(proteins.with_stops)} with a stop inside: read on behind it"
    if proteins.unplaced:
        first = proteins.unplaced[0]
        yield f"{_number(len(proteins.unplaced))} without a feature in the annotation, first {first.id}"


def _number(number: int) -> str:
    return f"{number} protein{'s' * (number != 1)}"
