"""An analysis of a user's own files: what there is, under which names."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from riboswitch.errors import InputError, UsageError
from riboswitch.intake.assay_file import AssayFile, file_and_column, look_at_assay
from riboswitch.intake.compound_file import CompoundFile, look_at_compounds
from riboswitch.intake.genome_file import GenomeFile, look_at_genome
from riboswitch.io.formats import SUFFIXES
from riboswitch.io.opening import COMPRESSED

RESERVED = ("library", "assay", "growth", "ncbi_amr")
"""Names of the other data sources."""

SHARED_ROWS = 200_000
"""Up to so many compounds of a library are kept out of the training of the model of S. aureus."""


@dataclass(frozen=True)
class Columns:
    """Columns that the user names; None: they are found by their names."""

    smiles: str | None = None
    ids: str | None = None


@dataclass(frozen=True)
class Analysis:
    """Files that were looked at, and can be analysed together.

    Attributes
    ----------
    genomes : dict of str to GenomeFile
        By the name that each has in the configuration.
    library : CompoundFile
    assay : AssayFile, optional
        None: compounds are ranked by a model of published measurements against S. aureus.
    """

    genomes: dict[str, GenomeFile]
    library: CompoundFile
    assay: AssayFile | None = None

    @property
    def checked(self) -> bool:
        """Whether the library is kept out of training, and the ranking compared with what was measured."""
        return self.assay is None and self.library.rows <= SHARED_ROWS


def look_at(
    genomes: Sequence[Path],
    library: Path,
    activity: str | None = None,
    *,
    of_library: Columns = Columns(),
    of_activity: Columns = Columns(),
    active: Collection[str] = (),
    inactive: Collection[str] = (),
) -> Analysis:
    """Look at all files of an analysis; see `riboswitch.new`.

    Raises
    ------
    InputError, UsageError
        For the first file that cannot be used.
    """
    if not genomes:
        raise UsageError("there is no genome", hint="Give its file: --genome isolate.fna.")
    if activity is None and (active or inactive or of_activity != Columns()):
        raise UsageError("there is no assay whose labels or columns could be named",
                         hint="Give it: --activity FILE:COLUMN.")  # fmt: skip
    names = _names(genomes)
    found = {name: look_at_genome(_absolute(path)) for name, path in names.items()}
    _refuse_equal(found)
    compounds = look_at_compounds(_absolute(library), "--library", of_library.smiles, of_library.ids)
    if activity is None:
        return Analysis(found, compounds)
    path, column = file_and_column(activity)
    assay = look_at_assay(
        _absolute(path), column, of_activity.smiles, of_activity.ids, active=active, inactive=inactive
    )
    return Analysis(found, compounds, assay)


def _absolute(path: Path) -> Path:
    """The path from the root; its last part must be a name that Snakemake can take.

    Raises
    ------
    UsageError
    """
    name = path.name
    if {*"{}"} & {*name} or not name.isprintable():
        problem = "a name with braces or control characters, which Snakemake takes for something else"
        raise UsageError(problem, where=str(path), found=name, hint="Rename the file, or give a link to it.")
    return path.absolute()


def _names(genomes: Sequence[Path]) -> dict[str, Path]:
    """Names of letters, digits and underscores, each once."""
    taken: dict[str, Path] = {}
    for path in genomes:
        base = re.sub(r"[^A-Za-z0-9]+", "_", stem(path.name)).strip("_") or "genome"
        name, number = base, 1
        while name.casefold() in {*(other.casefold() for other in taken), *RESERVED}:
            number += 1
            name = f"{base}_{number}"
        taken[name] = path
    return taken


def stem(name: str) -> str:
    """The name of a file without the suffixes of its format and its compression."""
    known = [suffix for suffixes in SUFFIXES.values() for suffix in suffixes]
    for suffix in (*COMPRESSED, *sorted(known, key=len, reverse=True)):
        if name.lower().endswith(suffix):
            name = name[: -len(suffix)]
    return name


def _refuse_equal(genomes: dict[str, GenomeFile]) -> None:
    seen: dict[str, Path] = {}
    for genome in genomes.values():
        if genome.sha256 in seen:
            found = f"the same bytes as {seen[genome.sha256]}"
            raise InputError("the same genome is given twice", where=str(genome.path), found=found,
                             hint="Give it once.")  # fmt: skip
        seen[genome.sha256] = genome.path
