"""Evidence for planted genes and for the frames of host genomes, with all references or without families.

Everything that takes long is kept in the work folder: a run that is stopped goes on where it was.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from diverged_evidence import Homology, Library, Profiles, probabilities, records_of, trained
from diverged_families import Known, representatives, resistance_proteins, sample
from diverged_hosts import (
    FIRST,
    OTHERS,
    PLANTED_IN,
    Gene,
    Host,
    background,
    genome_of,
    host,
    plant,
)
from sequence_planted import mutated

from riboswitch.data.model import Model
from riboswitch.data.records import Records

if TYPE_CHECKING:
    from resistance import Bench

IDENTITIES = (80, 70, 60, 50, 40)
GENES = 100
SEEDS = (0, 1)
DEVELOPED = 60
"""Families that a combination learns from, and as many to choose by."""

CONFIGURATIONS = {"all": (), "no test": ("test",), "rest": ("test", "fit", "choose")}
"""Parts of the families that references and training leave out."""

HELD = {"test": "no test", "fit": "rest", "choose": "rest"}
"""The configuration that knows nothing of a part's families, and nothing of the test families."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of some proteins: alignments, hits of models (protein, model, bits), probabilities."""

    homology: Homology
    hits: tuple[np.ndarray, np.ndarray, np.ndarray]
    network: np.ndarray

    @property
    def count(self) -> int:
        return len(self.homology.hit)


@dataclass(frozen=True)
class Runs:
    """Genes, hosts and their evidence.

    Attributes
    ----------
    bench : Bench
    folder : Path
        For intermediate results. They are Python pickles of this benchmark's own making.
    """

    bench: Bench
    folder: Path

    def kept(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make` gives, computed once and kept under a name."""
        path = self.folder / f"{name}.pickle"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(pickle.dumps(make()))
        return pickle.loads(path.read_bytes())

    @cached_property
    def known(self) -> list[Known]:
        return self.kept("known", lambda: representatives(resistance_proteins(self.bench.database)))

    @cached_property
    def background(self) -> list[str]:
        return self.kept("background", lambda: background(self.bench))

    @cached_property
    def profiles(self) -> Profiles:
        return Profiles(self.bench.source("ncbi_amr"), self.bench.database.families)

    def references(self, configuration: str) -> list[Known]:
        """The references without the parts that a configuration leaves out."""
        return [k for k in self.known if k.part not in CONFIGURATIONS[configuration]]

    def models(self, configuration: str) -> np.ndarray:
        """Which hidden Markov models remain; see `Profiles.without`."""
        kept = {n for k in self.references(configuration) for n in k.nodes}
        left = {n for k in self.known for n in k.nodes} - kept
        return self.profiles.without(left, kept)

    def host(self, name: str) -> Host:
        entry = (FIRST | OTHERS)[name]
        return self.kept(f"host {name}", lambda: host(self.bench, name, *entry))

    def genes(self, part: str, identities: Sequence[int], seeds: Sequence[int] = (0,)) -> list[Gene]:
        """Planted genes of a part, mutated to each identity; 100: unchanged."""
        most = GENES if part == "test" else DEVELOPED
        name = f"genes {part} {min(identities)} {max(identities)} {len(seeds)}"
        return self.kept(name, lambda: self._planted(sample(self.known, part, most), identities, seeds))

    def _planted(self, known: list[Known], identities: Sequence[int], seeds: Sequence[int]) -> list[Gene]:
        genes = []
        for seed in seeds:
            name = PLANTED_IN[seed % len(PLANTED_IN)]
            paths = OTHERS["jmh43"][1:] if name == "jmh43" else ("U00096.gb", None)
            genes += plant(genome_of(self.bench, *paths), known, identities, seed)
        return genes

    def records(self, configuration: str, copies: bool) -> Records:
        """What networks and k-mer models learn; with ``copies``, mutated ones beside."""
        known, rng = self.references(configuration), np.random.default_rng(0)
        few = self.background[:: max(1, len(self.background) // 2000)]
        if copies:
            known = [*known, *(_changed(k, rng) for k in known)]
            few = [*few, *(_mutated(s, rng) for s in few[::4])]
        return records_of(known, few)

    def model(self, configuration: str, copies: bool = True) -> Model:
        """The gene model of a configuration."""
        path = self.folder / f"model {configuration} {copies}.safetensors"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            trained(self.records(configuration, copies)).save(path)
        return Model.load(path)

    def evidence(self, name: str, proteins: Sequence[str], configuration: str) -> Evidence:
        """Of some proteins, kept under a name."""
        at = f"{name} {configuration}"
        library = Library(self.references(configuration), self.background)
        homology = self.kept(f"likeness {at}", lambda: library.homology(proteins))
        hits = self.kept(f"hits {name}", lambda: self.profiles.search(proteins))
        network = self.kept(f"network {at}", lambda: probabilities(self.model(configuration), proteins))
        return Evidence(homology, hits, network)


def _mutated(sequence: str, rng: np.random.Generator) -> str:
    return mutated(sequence, float(rng.uniform(0.4, 0.9)), rng)


def _changed(known: Known, rng: np.random.Generator) -> Known:
    return Known(_mutated(known.sequence, rng), known.classes, known.nodes, known.family, known.part)
