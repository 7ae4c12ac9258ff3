"""What a file that is given as a genome holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from riboswitch.bio.annotation.left_out import notes
from riboswitch.bio.genome import FORMATS, Genome, read_genome
from riboswitch.errors import InputError
from riboswitch.intake.first_bytes import GENOMES, first_bytes, refuse_other_format
from riboswitch.io.atomic_files import sha256
from riboswitch.io.formats import format_of

ASSEMBLE = "Assemble the reads first (as SPAdes, Flye or Unicycler do), and give the contigs."
PROTEINS = (
    "Give the genome's DNA. Proteins are read beside a genome or alone: genomes.NAME.proteins in "
    "config/README.md."
)
NO_BASES = re.compile(rb"[EFILPQXZJOefilpqxzjo*]")  # of proteins, and no codes of bases
READ_LENGTH, MANY_READS = 400, 1000  # contigs with a median below are reads, if there are so many
SMALL, LARGE = 100_000, 20_000_000  # bases: the smallest and largest genomes of bacteria, with room

_ORGANISM = (
    re.compile(rb"^  ORGANISM +(.+?)\s*$", re.MULTILINE),
    re.compile(rb"^OS   (.+?)\s*$", re.MULTILINE),
    re.compile(rb"\A\s*>\S+\s+(?:\[organism=)?([A-Z][a-z]+ [a-z]{3,})\b"),
)


@dataclass(frozen=True)
class GenomeFile:
    """A genome that can be scanned.

    Attributes
    ----------
    path : Path
        Absolute.
    format, sha256 : str
    contigs, bases, longest, circular, genes : int
        Contigs that can be used, their bases, the longest; contigs that the file calls circular; annotated
        coding sequences.
    organism : str
        What the file says; empty if it says nothing.
    notes : tuple of str
        What a user should know, in sentences.
    """

    path: Path
    format: str
    sha256: str
    contigs: int
    bases: int
    longest: int
    circular: int
    genes: int
    organism: str
    notes: tuple[str, ...] = ()


def look_at_genome(path: Path) -> GenomeFile:
    """Read a genome and describe it.

    Raises
    ------
    InputError
        If it cannot be read, or holds reads, proteins or something else that is no genome.
    """
    head = first_bytes(path)
    _refuse_others(head, str(path))
    refuse_other_format(path, FORMATS, "a genome is needed", f"Give {GENOMES}.")
    genome = read_genome(path)
    lengths = sorted(genome.lengths.values())
    if len(lengths) > MANY_READS and median(lengths) < READ_LENGTH:
        found = f"{len(lengths):,} sequences, half of them shorter than {median(lengths):.0f} bases"
        raise InputError("these look like reads, not like a genome", where=str(path), found=found,
                         hint=ASSEMBLE)  # fmt: skip
    return GenomeFile(
        path=path,
        format=format_of(path, None, FORMATS),
        sha256=sha256(path),
        contigs=len(lengths),
        bases=len(genome),
        longest=lengths[-1],
        circular=len(genome.circular),
        genes=len(genome.cds),
        organism=_organism(head),
        notes=tuple(_notes(genome)),
    )


def _refuse_others(head: bytes, where: str) -> None:
    """Raise for reads, proteins and variants, which a reader of genomes would call faulty genomes."""
    start = head.lstrip()
    if re.match(rb"@(HD|SQ|RG|PG|CO)\t", start):
        raise InputError("these are aligned reads (SAM)", where=where, hint=ASSEMBLE)
    if start.startswith(b"@"):
        raise InputError("these are sequencing reads (FASTQ)", where=where, hint=ASSEMBLE)
    if start.startswith(b"##fileformat=VCF"):
        hint = "Give the sequence itself, as FASTA or GenBank."
        raise InputError("these are variants (VCF)", where=where, hint=hint)
    if re.match(rb"LOCUS +\S+ +[0-9]+ aa ", start) or (start.startswith(b">") and _is_protein(start)):
        raise InputError("these are proteins, where a genome is needed", where=where,
                         found=start.splitlines()[0].decode("utf-8", "replace"), hint=PROTEINS)  # fmt: skip


def _is_protein(fasta: bytes) -> bool:
    """Whether the letters are those of proteins: some of them stand for no base."""
    letters = b"".join(line.strip() for line in fasta.splitlines() if not line.startswith((b">", b";")))
    return len(letters) > 0 and len(NO_BASES.findall(letters)) > 0.1 * len(letters)


def _organism(head: bytes) -> str:
    for pattern in _ORGANISM:
        if found := pattern.search(head):
            return " ".join(found[1].decode("utf-8", "replace").split())
    return ""


def _notes(genome: Genome) -> list[str]:
    found = notes(genome.ignored, genome.rejected)
    if len(genome) < SMALL:
        found.append(f"{len(genome):,} bases are few for the genome of a bacterium: is it all of it?")
    if len(genome) > LARGE:
        found.append(f"{len(genome):,} bases are many for the genome of a bacterium: is it one?")
    return found
