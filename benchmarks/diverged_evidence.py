"""What alignments, hidden Markov models, k-mers and networks say of proteins: raw evidence, no decision."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from diverged_families import CORE, Known

from riboswitch.bio.letter_codes import letter_codes
from riboswitch.bio.smith_waterman import neg_log_evalue, substitutions
from riboswitch.data.model import Model
from riboswitch.data.records import Record, Records
from riboswitch.data.splits import Split
from riboswitch.modalities import find
from riboswitch.numeric.offsets import running_sums
from riboswitch.resistance.curated.families import Families
from riboswitch.resistance.curated.hmms import FILE
from riboswitch.resistance.house_classes import house_classes
from riboswitch.resistance.likeness import Alike, Likeness

NONE = "none"
LEAST_BITS = 15.0
TRAINING = {"epochs": 6, "batch_size": 32, "learning_rate": 0.003, "label_smoothing": 0}
"""Of the gene task in the default workflow, but for the epochs: there four do as well."""


@dataclass(frozen=True, eq=False)
class Homology:
    """The best alignment of each protein with a reference, and with the background; arrays of one length.

    Attributes
    ----------
    hit : ndarray
        Row of the reference, -1 if none is similar.
    score, own, itself : ndarray
        Smith-Waterman score, and those of the reference and of the protein with themselves.
    surprise : ndarray
        Minus the logarithm of the E-value.
    background : ndarray
        Best score with a protein of the background; 0 if none is similar, or the reference is not.
    """

    hit: np.ndarray
    score: np.ndarray
    own: np.ndarray
    itself: np.ndarray
    surprise: np.ndarray
    background: np.ndarray

    @property
    def beyond(self) -> np.ndarray:
        """The measure of `riboswitch scan`."""
        return Alike(self.hit, self.score, self.background, self.own).beyond


@dataclass(frozen=True, eq=False)
class Library:
    """References and background, ready to be searched."""

    known: Sequence[Known]
    background: Sequence[str]

    @cached_property
    def _likeness(self) -> Likeness:
        return Likeness.of([k.sequence for k in self.known], self.background)

    def homology(self, proteins: Sequence[str]) -> Homology:
        """Search the references, and the background for what resembles one of them."""
        letters, offsets = letter_codes(proteins, "protein")
        alike = self._likeness(letters, offsets)
        points = running_sums(substitutions().diagonal()[letters], np.float64)
        itself = np.maximum(points[offsets[1:]] - points[offsets[:-1]], 1.0)
        lengths = np.array([len(k.sequence) for k in self.known])[alike.hit]
        surprise = neg_log_evalue(alike.points, np.diff(offsets), lengths, len(self.known))
        surprise = np.where(alike.hit >= 0, surprise, -50.0)
        return Homology(alike.hit, alike.points, alike.own, itself, surprise, alike.other)


@dataclass(frozen=True, eq=False)
class Profiles:
    """The models of resistance families of the database's core."""

    folder: Path
    families: Families

    @cached_property
    def names(self) -> list[str]:
        """Families with a model."""
        named = self.families.by_name.values()
        return sorted(f.name for f in named if f.hmm and f.type == "AMR" and f.reportable == CORE)

    @cached_property
    def cutoffs(self) -> np.ndarray:
        """Trusted cut-off of each, in bits."""
        return np.array([max(self.families.by_name[n].hmm_cutoffs[0], 1.0) for n in self.names])

    @cached_property
    def classes(self) -> list[tuple[str, ...]]:
        return [tuple(house_classes(self.families.by_name[n].drug_class).split("/")) for n in self.names]

    def without(self, left_out: Collection[str], kept: Collection[str]) -> np.ndarray:
        """Which models remain if families are held out, bool.

        The model of a family that is held out, of one below it, and of one above it that no family among
        ``kept`` belongs to. A model above both stays, although it was made with the family that is held out.
        """
        above_kept = {f.name for n in kept for f in self.families.line(n)}
        above_held = {f.name for n in left_out for f in self.families.line(n)}
        return np.array([
            n in above_kept or not (n in above_held or any(self.families.below(n, h) for h in left_out))
            for n in self.names
        ])  # fmt: skip

    def search(self, proteins: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All hits: number of the protein, of the model, and bits of the whole protein."""
        from pyhmmer import hmmsearch
        from pyhmmer.easel import Alphabet, TextSequence

        amino = Alphabet.amino()
        sequences = [
            TextSequence(name=str(i), sequence=p.replace("*", "X")).digitize(amino)
            for i, p in enumerate(proteins)
        ]
        found: list[tuple[int, int, float]] = []
        numbers = {self.families.by_name[n].hmm: i for i, n in enumerate(self.names)}
        for hits in hmmsearch(self._models(numbers), sequences, cpus=1, T=LEAST_BITS):
            number = numbers[str(hits.query.accession or hits.query.name)]
            found += [(int(h.name), number, float(h.score)) for h in hits if h.score >= LEAST_BITS]
        rows = np.array(found or np.empty((0, 3)))
        return rows[:, 0].astype(int), rows[:, 1].astype(int), rows[:, 2].astype(np.float32)

    def _models(self, numbers: Mapping[str, int]) -> Any:
        from pyhmmer.plan7 import HMMFile

        with HMMFile(str(self.folder / FILE)) as file:
            yield from (m for m in file if str(m.accession or m.name) in numbers)


def records_of(known: Sequence[Known], background: Sequence[str]) -> Records:
    """References with their class, and the background with `NONE`; the group of each is its family."""
    rows = [(f"k{i}", k.sequence, k.label, k.family) for i, k in enumerate(known)]
    rows += [(f"n{i}", s, NONE, f"none{i}") for i, s in enumerate(background)]
    return Records.collect(
        (Record(i + 1, name, {"sequence": s}, {"drug_class": label, "family": family}, "diverged")
         for i, (name, s, label, family) in enumerate(rows)),
        ["sequence"], modality="sequence",
    )  # fmt: skip


def trained(records: Records, seed: int = 0) -> Model:
    """The gene model of the default workflow: a network and its neighbours, which know all records.

    A twentieth of the rows, each a group of its own, chooses the epoch and the weights of the stack; a
    hundredth is left out, since a split has test rows.
    """
    from riboswitch.steps.ensemble import ensemble
    from riboswitch.steps.featurize import featurize
    from riboswitch.steps.predict import held_out
    from riboswitch.steps.stack import stack
    from riboswitch.steps.train import train

    order, few = np.random.default_rng(seed).permutation(len(records)), max(1, len(records) // 100)
    part = np.full(len(records), "train", object)
    part[order[:few]], part[order[few : 6 * few]] = "test", "valid"
    ids = records.table[["id"]]
    parts = Split(ids.assign(group=ids["id"], part_0=part), {"name": "diverged"})
    features = featurize(records, {"alphabet": "protein"})
    network = train(records, features, parts, kind="multiclass", targets=["drug_class"], seed=seed,
                    settings=TRAINING)  # fmt: skip
    _, base_learners = stack(records, features, parts, held_out(records, features, parts, [network]))
    return ensemble([network, base_learners], records)


def probabilities(model: Model, proteins: Sequence[str]) -> np.ndarray:
    """What the networks of a model give to each class, shape (proteins, classes)."""
    from riboswitch.learning.inference import Predictor

    predictor = Predictor(model, find(model.modality))
    return predictor.members(predictor.encode({"sequence": list(proteins)})).mean(0)
