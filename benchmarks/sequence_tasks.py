"""Accuracy of the default settings on aligned windows of DNA: splice sites and promoters, with rivals.

Both sets are cleaned by `parse`: exact duplicates are removed, windows with two labels are rejected, unknown
letters stay. They are split by family: no two windows of different parts have a tenth of their 10-mers in
common. Every method predicts the same rows. Of every network, also of a rival, three seeds are averaged.
"""

from __future__ import annotations

import csv
import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import cpu_seconds, serve
from sequence_rivals import NETWORKS, Rows, boosted_trees, kmer_linear, train_network

import riboswitch
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.data.task import Kind, Task
from riboswitch.learning.device import deterministic
from riboswitch.learning.inference import Predictor
from riboswitch.learning.loss import best_thresholds
from riboswitch.modalities import find
from riboswitch.modalities.sequence.group import group
from riboswitch.modalities.sequence.network import batches

REPEATS, MEMBERS = 5, 3
FRACTIONS = {"train": 0.8, "valid": 0.1, "test": 0.1}
OURS = "network"
NETWORK = {"head": "aligned"}  # all other settings have their defaults


def splice_windows(data: Path) -> Iterator[dict[str, Any]]:
    """UCI splice junctions: 60 bases around ends of exons (EI), starts (IE) or neither (N)."""
    with open(data / "splice_uci/splice.csv", newline="") as handle:
        lines = csv.reader(handle, skipinitialspace=True)
        next(lines)
        for number, (label, name, sequence) in enumerate(lines, 1):
            row = {"id": f"{name.strip()}.{number}", "sequence": sequence.strip()}
            yield row | {"junction": label.strip()}


def promoter_windows(data: Path) -> Iterator[dict[str, Any]]:
    """2,860 promoters of E. coli (RegulonDB 9.3, all sigma factors) and as many other windows, 81 bases."""
    for name, label in (("positive", 1), ("negative", 0)):
        path = data / f"promoters_ecoli_hernandez2022/{name}2860.txt"
        for number, entry in enumerate(path.read_text("utf-8").split(">")[1:], 1):
            sequence = "".join(entry.split("\n")[1:]).upper()
            yield {"id": f"{name}{number}", "sequence": sequence, "promoter": label}


@dataclass
class Windows:
    """A set of windows of one length: records, features and split, computed once."""

    name: str
    kind: Kind
    target: str
    source: Callable[[Path], Iterator[dict[str, Any]]]
    metric: str
    data: Path
    work: Path

    @cached_property
    def records(self) -> Records:
        path = self.work / f"{self.name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(self.source(self.data)).to_csv(path, index=False)
        sources = [{"paths": [path], "reading": {"alphabet": "dna"}}]
        return riboswitch.parse(sources, "sequence", kind=self.kind, targets=[self.target])

    @cached_property
    def features(self) -> riboswitch.RaggedArrays:
        window = len(self.records.inputs["sequence"][0])
        return riboswitch.featurize(self.records, {"alphabet": "dna", "window": window})

    @cached_property
    def split(self) -> Split:
        return riboswitch.split(
            self.records, "family", target=self.target, fractions=FRACTIONS, repeats=REPEATS
        )

    @cached_property
    def task(self) -> Task:
        return Task.infer(self.kind, [self.target], self.records.table)

    def rows(self, repeat: int) -> Rows:
        """The data for the rivals."""
        letters = self.features.each_item().values["letters"].reshape(len(self.records), -1)
        labels = self.task.labels(self.records.table)[:, 0].astype(np.int64)
        parts = {part: self.split.rows(part, repeat) for part in FRACTIONS}
        return Rows(
            self.task, self.records.inputs["sequence"], letters, labels, self.split.weights(), **parts
        )

    def ours(self, repeat: int, members: int = MEMBERS) -> np.ndarray:
        """Predictions for the held-out rows, by networks trained and joined with the public functions."""
        models = [
            riboswitch.train(
                self.records, self.features, self.split, kind=self.kind, targets=[self.target], repeat=repeat,
                seed=10 * repeat + member, network=NETWORK,
            )
            for member in range(members)
        ]  # fmt: skip
        with deterministic(0):
            joined = riboswitch.ensemble(models, self.records)
            predictor = Predictor(joined, find(joined.modality))
            return predictor(self.features, self.rows(repeat).held)[0]

    def outputs(self, method: str, repeat: int) -> tuple[np.ndarray, float]:
        """Predictions for the held-out rows, and CPU seconds of training and prediction."""
        rows, found = self.rows(repeat), []

        def work() -> None:
            if method == OURS:
                found.append(self.ours(repeat))
            elif method in NETWORKS:
                seeds = [10 * repeat + member for member in range(MEMBERS)]
                found.append(np.mean([train_network(method, rows, seed) for seed in seeds], axis=0))
            else:
                baselines = {"lightgbm": boosted_trees, "kmer_linear": kmer_linear}
                found.append(baselines[method](rows, repeat))

        seconds = cpu_seconds(work)
        return found[0], seconds

    def predictions(self, method: str, repeat: int) -> tuple[Predictions, float]:
        """Predictions for the test rows, with a cut-off chosen on validation rows; stored on disk."""
        path = self.work / f"{self.name}-{method}-{repeat}.parquet"
        if not path.exists():
            rows = self.rows(repeat)
            (held, seconds), count = self.outputs(method, repeat), len(rows.valid)
            labels, about = rows.labels[:, None].astype(float), self.split.table.iloc[rows.test]
            made = Predictions.build(
                self.task, about["id"], about["group"], repeat, "test", method, labels[rows.test],
                held[count:], best_thresholds(self.task, labels[rows.valid], held[:count]) or None,
            )  # fmt: skip
            made.meta |= {
                "cpu_seconds": {method: {str(repeat): round(seconds, 2)}},
                "split": self.split.digest,
            }
            made.save(path)
        loaded = Predictions.load(path)
        if loaded.meta["split"] != self.split.digest:
            raise SystemExit(f"{path} belongs to another split: remove it")
        return loaded, loaded.meta["cpu_seconds"][method][str(repeat)]

    def evaluated(self, rivals: list[str]) -> dict[str, Any]:
        """Mean and standard deviation over the repeats, and ours minus each rival with paired intervals."""
        methods = [OURS, *rivals]
        made = {m: [self.predictions(m, repeat) for repeat in range(REPEATS)] for m in methods}
        found = riboswitch.evaluate(Predictions.concat([p for m in methods for p, _ in made[m]]), model=OURS)
        values = {m: found["methods"][m][self.metric] for m in methods}
        return {
            "measure": self.metric,
            "mean": {m: round(values[m]["mean"], 4) for m in methods},
            "sd": {m: round(values[m]["sd"], 4) for m in methods},
            "ours_minus": {m: found["comparisons"][m][self.metric] for m in rivals},
            "cpu_seconds_a_repeat": {m: round(float(np.mean([s for _, s in made[m]])), 1) for m in methods},
            "rows": self.records.counts(),
            "unknown_letters": int((self.features.each_item().values["letters"] == 1).sum()),
            "split": {"method": "family", **self.split.meta["grouping"], "fractions": FRACTIONS,
                      "repeats": REPEATS, "families": int(self.split.table["group"].nunique())},
            "members": MEMBERS,
        }  # fmt: skip


def splice(data: Path, work: Path) -> dict[str, Any]:
    """Accuracy on UCI splice."""
    windows = Windows("splice", "multiclass", "junction", splice_windows, "accuracy", data, work)
    found = windows.evaluated(["lightgbm", *NETWORKS])
    return {"splice_accuracy": found["mean"][OURS], "splice": found}


def promoters(data: Path, work: Path) -> dict[str, Any]:
    """Matthews correlation on E. coli promoters."""
    windows = Windows("promoters", "binary", "promoter", promoter_windows, "mcc", data, work)
    found = windows.evaluated(["lightgbm", "cnn", "kmer_linear"])
    return {"promoter_mcc": found["mean"][OURS], "promoters": found}


def padding(features: riboswitch.RaggedArrays, batch_size: int, epochs: int = 3) -> float:
    """Letters that training processes, with padding, divided by the letters of the sequences."""
    lengths, rng, padded = features.lengths("letters"), np.random.default_rng(0), 0
    for _ in range(epochs):
        for rows in batches(features, np.arange(len(features)), batch_size, rng):
            padded += len(rows) * int(lengths[rows].max())
    return padded / (epochs * int(lengths.sum()))


AMINO_ACIDS = np.frombuffer(b"ACDEFGHIKLMNPQRSTVWY", np.uint8)
LEAST_IDENTITY = 0.2  # of a mutant to its protein


def families(records: str, count: int = 100_000) -> dict[str, Any]:
    """Group ``count`` proteins by family: those of the records, and mutants of them at any identity.

    A job for `common.worker`: the memory is that of the whole process.
    """
    proteins = relatives_of(sorted(set(Records.load(records).inputs["sequence"])), count)
    group({"sequence": proteins[:2]})  # compiled before the clock starts
    labels: list[str] = []
    seconds = cpu_seconds(lambda: labels.extend(group({"sequence": proteins})))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return {"sequences": len(proteins), "letters": sum(map(len, proteins)), "families": len(set(labels)),
            "cpu_seconds": round(seconds, 1), "rss_mb": round(peak)}  # fmt: skip


def relatives_of(proteins: list[str], count: int, seed: int = 0) -> list[str]:
    """The proteins, and mutants of random ones until there are ``count``."""
    rng, made = np.random.default_rng(seed), list(proteins)
    pool = np.frombuffer("".join(proteins).encode("ascii", "replace"), np.uint8)
    pool = pool[np.isin(pool, AMINO_ACIDS)]  # mutations keep the composition
    while len(made) < count:
        letters = np.frombuffer(proteins[rng.integers(len(proteins))].encode(), np.uint8).copy()
        changed = rng.random(len(letters)) < rng.uniform(0, 1 - LEAST_IDENTITY)
        letters[changed] = rng.choice(pool, changed.sum())
        made.append(letters.tobytes().decode("ascii"))
    return made[:count]


if __name__ == "__main__":
    serve({"families": families})
