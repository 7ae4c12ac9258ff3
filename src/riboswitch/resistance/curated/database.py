"""The reference database: proteins, families, mutations of each taxon, proteins whose loss matters.

The folder is a release of the database of AMRFinderPlus (NCBI; made by the US government, public domain).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from riboswitch.errors import InputError, meant
from riboswitch.resistance.curated import hmms
from riboswitch.resistance.curated.dna_mutations import DnaFinder
from riboswitch.resistance.curated.families import Families
from riboswitch.resistance.curated.hmms import Profiles
from riboswitch.resistance.curated.joined import join
from riboswitch.resistance.curated.protein_mutations import Mutation, read_mutations
from riboswitch.resistance.curated.references import Reference, read_references
from riboswitch.resistance.curated.search.finder import Finder

NAME = "AMRFinderPlus database"
FILES = ("AMRProt.fa", "fam.tsv", "AMRProt-mutation.tsv", "AMRProt-susceptible.fa", "AMRProt-susceptible.tsv",
         "AMRProt-suppress.tsv", "taxgroup.tsv", "version.txt")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Loss:
    """A protein whose loss makes a taxon resistant: its accession, and what it means."""

    accession: str
    gene: str
    drug_class: str
    subclass: str
    description: str


@dataclass(frozen=True)
class Database:
    """A release of the database.

    Attributes
    ----------
    version : str
    references : tuple of Reference
        Resistance proteins, and proteins in which mutations matter.
    susceptible : tuple of Reference
        Proteins whose loss matters.
    families : Families
    folder : Path, optional
        Where the tables of taxa are read from; without it the database has no taxa.
    """

    version: str
    references: tuple[Reference, ...]
    susceptible: tuple[Reference, ...]
    families: Families
    folder: Path | None = None

    @classmethod
    def load(cls, folder: Path) -> Database:
        """Read a release.

        Raises
        ------
        InputError
            If a file is missing or is not what it should be.
        """
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise InputError("not a folder of AMRFinderPlus's database", where=str(folder),
                             found=f"no {missing[0]}", hint="Get it as the configuration does.")  # fmt: skip
        families = Families.load(folder / "fam.tsv")
        return cls(
            (folder / "version.txt").read_text("ascii").strip(),
            tuple(read_references(folder / "AMRProt.fa", families)),
            tuple(read_references(folder / "AMRProt-susceptible.fa", families)),
            families,
            folder,
        )

    @classmethod
    def empty(cls) -> Database:
        """A database without references, to which records are joined."""
        return cls("", (), (), Families({}))

    def with_records(self, table: pd.DataFrame, none: str) -> Database:
        """The database with the genes of other databases; see `joined.join`."""
        references, families = join(self.references, self.families, table, none)
        return replace(self, references=references, families=families)

    @property
    def housekeeping(self) -> list[str]:
        """Proteins that every strain has, and that do not resist unless they are changed."""
        return [r.sequence for r in (*self.references, *self.susceptible) if not r.matters_by_presence]

    @property
    def name(self) -> str:
        """Name and version, for tables; empty without NCBI's part."""
        return f"{NAME} {self.version}" if self.version else ""

    @cached_property
    def taxa(self) -> tuple[str, ...]:
        """The taxa for which the database has mutations."""
        found = {row[0] for row in self._rows("taxgroup.tsv")}
        found |= {row[0] for row in self._rows("AMRProt-mutation.tsv")}
        found |= {row[0] for row in self._rows("AMRProt-susceptible.tsv")}
        return tuple(sorted(found))

    @cached_property
    def loci_of_taxa(self) -> Mapping[str, tuple[str, str]]:
        """Taxon and gene of each protein in which mutations matter, by accession."""
        rows = self._rows("AMRProt-mutation.tsv")
        return {accession: (taxon, symbol.rpartition("_")[0]) for taxon, accession, _, _, symbol, *_ in rows}

    def check_taxon(self, taxon: str) -> None:
        """Raise `InputError` for a taxon that the database does not have."""
        if taxon not in self.taxa:
            known = (
                f"There are: {', '.join(self.taxa)}; or auto, or none."
                if self.taxa
                else "Give the folder of NCBI's database."
            )
            hint = meant(taxon, self.taxa, known)
            raise InputError(
                "the database has no such taxon", where=str(self.folder or ""), found=taxon, hint=hint
            )

    @cached_property
    def finder(self) -> Finder:
        """Looks for resistance proteins, and for proteins whose mutation or loss matters."""
        return Finder((*self.references, *self.susceptible), self.families)

    @cached_property
    def profiles(self) -> Profiles | None:
        """The hidden Markov models of families; None if `no_profiles` says why there are none."""
        if self.no_profiles or self.folder is None:
            return None
        return Profiles.of(self.folder / hmms.FILE, self.families)

    @cached_property
    def no_profiles(self) -> str:
        """Why there are no hidden Markov models; empty if there are."""
        return hmms.missing(self.folder)

    def suppressed(self, taxon: str) -> frozenset[str]:
        """Accessions of references that are no news in a taxon."""
        return frozenset(row[1] for row in self._rows("AMRProt-suppress.tsv") if row[0] == taxon)

    def mutations(self, taxon: str) -> Mapping[str, list[Mutation]]:
        """Mutations of a taxon, by the accession of their reference."""
        found: dict[str, list[Mutation]] = {}
        if self.folder is None:
            return found
        for mutation in read_mutations(self.folder / "AMRProt-mutation.tsv", taxon):
            found.setdefault(mutation.accession, []).append(mutation)
        return found

    def dna(self, taxon: str) -> DnaFinder | None:
        """DNA mutations of a taxon; None if it has none."""
        if self.folder is None:
            return None
        fasta = self.folder / f"AMR_DNA-{taxon}.fa"
        return DnaFinder.load(fasta, fasta.with_suffix(".tsv")) if fasta.is_file() else None

    def losses(self, taxon: str) -> Mapping[str, Loss]:
        """Proteins whose loss matters in a taxon, by accession."""
        rows = [row for row in self._rows("AMRProt-susceptible.tsv") if row[0] == taxon]
        return {r[2]: Loss(r[2], r[1], r[4], r[5], r[6].replace("_", " ")) for r in rows}

    def _rows(self, name: str) -> list[list[str]]:
        """Rows of a table without its header; none without a folder."""
        if self.folder is None:
            return []
        with (self.folder / name).open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
