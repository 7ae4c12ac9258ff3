"""What verbs print about the contigs and features of a genome that they leave out."""

from __future__ import annotations

from pathlib import Path

from riboswitch.bio.annotation.left_out import counts, notes, rejections
from riboswitch.bio.genome import Genome
from riboswitch.data.records import rejection_table
from riboswitch.genomes.contigs import Contigs
from riboswitch.io.summary import write_note
from riboswitch.io.table_writer import write_text_table


def report_left_out(genome: Genome | Contigs, folder: Path | None = None) -> dict[str, object]:
    """Write notes to standard error, and ``rejected.tsv`` into a folder if there is one.

    Returns
    -------
    dict
        Counts for a summary.
    """
    left_out = genome.ignored, genome.rejected
    for note in notes(*left_out):
        write_note(note)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        table = rejection_table(rejections(*left_out, genome.source))
        write_text_table(table, folder / "rejected.tsv", "\t")
    return counts(*left_out)
