"""A scan that is made ready once, and then reads many genomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from riboswitch.bio.genome import Genome
from riboswitch.bio.proteins import Proteins
from riboswitch.bio.scanned import Scanned
from riboswitch.config.settings import build
from riboswitch.data.calls import Calls
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.errors import InputError, UsageError
from riboswitch.genomes.frames import reading_frames
from riboswitch.genomes.orfs import Orf
from riboswitch.resistance.calling import ScanSettings, call_resistance, nothing_similar
from riboswitch.resistance.curated.database import Database
from riboswitch.resistance.curated.joined import known_table
from riboswitch.resistance.curated.proteins import scan_proteins
from riboswitch.resistance.curated.scanning import Found, scan
from riboswitch.resistance.curated.taxon import NONE, Taxon
from riboswitch.resistance.frame_scores import FrameScorer
from riboswitch.resistance.genome_calls import Sample, curated_rows, joined_calls, loci
from riboswitch.resistance.known_genes import KnownGenes, that_do_not_resist
from riboswitch.resistance.protein_calls import (
    ProteinSample,
    as_orfs,
    counted,
    frames,
    joined_loci,
    placed,
    together,
)

CLASS = "drug_class"
"""The column with the class of known genes, if no model says which it is."""


@dataclass(frozen=True)
class Scanner:
    """All that a scan needs beside the genome: to load it takes longer than to scan a genome.

    Attributes
    ----------
    database : Database
        The curated database with the known genes joined to it.
    scorer : FrameScorer, optional
        Scores what only resembles a known gene. Without it nothing but known genes is found: it needs
        proteins that do not resist to compare with.
    settings : ScanSettings
    """

    database: Database
    scorer: FrameScorer | None
    settings: ScanSettings

    @classmethod
    def of(
        cls,
        model: Model | None = None,
        references: Records | None = None,
        settings: ScanSettings | Mapping[str, Any] | None = None,
        *,
        curated: Database | None = None,
        none: str = "none",
    ) -> Scanner:
        """Make it ready; see `riboswitch.scan` for the parameters.

        Raises
        ------
        UsageError
            If the model is not one of proteins or has no references, or there is nothing to look for.
        InputError
            If the model has no class ``none``, or the references do not have the model's classes.
        """
        if not isinstance(settings, ScanSettings):
            settings = build(ScanSettings, settings or {}, "scan")
        target = CLASS if model is None else _target(model, references, none)
        database = _database(references, curated, target, none)
        others = that_do_not_resist(references, target, none)
        if not others and model is None:
            return cls(database, None, settings)
        return cls(database, FrameScorer(KnownGenes.of(database, others), model, none), settings)

    def __call__(self, scanned: Scanned, taxon: str | None = None) -> Calls:
        """Call what there is in a genome, in its proteins, or in both."""
        if isinstance(scanned.genome, Proteins):
            return self.scan_proteins(scanned.genome, taxon)
        return self.scan(scanned.genome, taxon, scanned.proteins)

    def scan(self, genome: Genome, taxon: str | None = None, proteins: Proteins | None = None) -> Calls:
        """Call resistance genes and mutations in a genome of a taxon; see `genome_calls`.

        With its ``proteins``, what they show is joined with what the DNA shows; see `protein_calls`.
        """
        settings, database = self.settings, self.database
        found = scan(genome.contigs, database, taxon, genome.circular, settings.table)
        rows = curated_rows(found, Sample(genome, found.taxon.name, database.name, settings.table))
        frames_of = partial(reading_frames, genome, settings.min_aa, settings.table, circular=True)
        similar = self._similar(genome, frames_of)
        seen = loci(found)
        if proteins is not None:
            beside = scan_proteins(frames(proteins), database, found.taxon.name or NONE)
            rows = together(rows, self._rows(beside, proteins, genome.source, found.taxon))
            seen = joined_loci(seen, loci(beside))
            similar.meta["counts"] |= counted(proteins)
            similar.meta["no_hmms"] = database.no_profiles
        return joined_calls(rows, seen, similar, found.taxon, database.name)

    def scan_proteins(self, proteins: Proteins, taxon: str | None = None) -> Calls:
        """Call resistance genes and mutations in the proteins of a genome, without its DNA."""
        found = scan_proteins(frames(proteins), self.database, taxon)
        rows = self._rows(found, proteins, proteins.source, found.taxon)
        source = Genome({}, [], proteins.source)
        similar = self._similar(source, lambda: as_orfs(proteins, self.settings.min_aa))
        similar = placed(similar, proteins)
        similar.meta["no_hmms"] = self.database.no_profiles
        return joined_calls(rows, loci(found), similar, found.taxon, self.database.name)

    def _rows(self, found: Found, proteins: Proteins, source: str, taxon: Taxon) -> list[dict[str, Any]]:
        """Rows of what was found in proteins."""
        sample = ProteinSample(Genome({}, [], source), taxon.name, self.database.name, self.settings.table,
                               proteins.by_key)  # fmt: skip
        return curated_rows(found, sample)

    def _similar(self, genome: Genome, orfs: Callable[[], Sequence[Orf]]) -> Calls:
        """What only resembles a known gene; an empty table if that was not looked for."""
        if self.scorer is None:
            return nothing_similar(genome, self.settings)
        return call_resistance(genome, orfs(), self.scorer, self.settings)


def _database(references: Records | None, curated: Database | None, target: str, none: str) -> Database:
    """The curated database with the known genes joined to it."""
    if references is None and curated is None:
        raise UsageError("there is nothing to look for",
                         hint="Give the curated database, or known genes.")  # fmt: skip
    database = curated or Database.empty()
    if references is None:
        return database
    return database.with_records(known_table(references, target, none), none)


def _target(model: Model, references: Records | None, none: str) -> str:
    """The column with the class of known genes, that a model was trained on."""
    if references is None:
        raise UsageError("a model needs the known genes that it was trained on",
                         hint="Give the references, or leave the model out.")  # fmt: skip
    if (alphabet := model.header["encoder"].get("alphabet")) != "protein":
        raise UsageError("only a model of proteins can scan a genome", found=alphabet or model.modality,
                         hint="Train one on sequences featurized with alphabet protein.")  # fmt: skip
    if none not in model.task.classes:
        raise InputError(f"the model has no class {none!r}", found=model.task.classes,
                         hint="Most genes have no class: the model must know them.")  # fmt: skip
    target = model.task.targets[0]
    classes = known_table(references, target, none)[target]
    foreign = classes[~classes.isin(model.task.classes)]
    if len(foreign):
        raise InputError("a reference is of a class that the model does not know", found=foreign.iloc[0])
    return target
