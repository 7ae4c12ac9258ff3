"""What is scanned: the files of a genome, read as they are to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from riboswitch.bio.genome import Genome, read_genome
from riboswitch.bio.proteins import Proteins, holds_proteins, read_proteins
from riboswitch.config.samples import CIRCULAR, TOPOLOGIES, Sample
from riboswitch.config.settings import one_of
from riboswitch.errors import UsageError

TWICE = "The first file is the genome; --proteins adds its proteins."


@dataclass(frozen=True)
class Scanned:
    """A genome with the proteins beside it, or proteins alone.

    Attributes
    ----------
    genome : Genome or Proteins
    proteins : Proteins, optional
        Those beside a genome.
    """

    genome: Genome | Proteins
    proteins: Proteins | None = None


def read_scanned(
    genome: str | Path,
    annotation: str | Path | None = None,
    proteins: str | Path | None = None,
    *,
    format: str | None = None,
    topology: str | None = None,
) -> Scanned:
    """Read a genome, or its proteins, or both.

    Parameters
    ----------
    genome : path
        Its sequence, or a FASTA file of proteins.
    annotation : path, optional
        GFF3 of the genome or the proteins.
    proteins : path, optional
        Its proteins, beside the sequence.
    format : str, optional
        See `read_genome`.
    topology : {"circular", "linear"}, optional
        Of all contigs. By default it is what the file says of each.

    Raises
    ------
    InputError
        If a file cannot be read.
    UsageError
        If proteins are given twice, or there is no such topology.
    """
    if topology:
        one_of("topology", topology, TOPOLOGIES)
    if format in (None, "fasta") and holds_proteins(genome):
        if proteins is not None:
            raise UsageError("the genome is a file of proteins", found=genome, hint=TWICE)
        return Scanned(read_proteins(genome, annotation))
    read = read_genome(genome, annotation, format=format)
    if topology:
        read.circular = {*read.contigs} if topology == CIRCULAR else set()
    return Scanned(read, None if proteins is None else read_proteins(proteins, annotation, genome=read))


def read_sample(sample: Sample) -> Scanned:
    """Read the files of a row of a sample sheet; raises as `read_scanned`."""
    gff, topology = sample.gff or None, sample.topology or None
    if not sample.genome:
        return Scanned(read_proteins(sample.proteins, gff))
    return read_scanned(sample.genome, gff, sample.proteins or None, topology=topology)
