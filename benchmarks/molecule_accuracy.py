"""Predictions of the default settings and of chemprop on one data set; time of a fit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import HERE, run

from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.io.strict_json import read_json

sys.path.insert(0, str(HERE / "accuracy"))
from prepare import SETS

OURS = "stack"


class Set:
    """One data set: its folder, and the commands of a user, each run once."""

    def __init__(self, name: str, folder: Path, program: Path):
        self.name, self.folder, self.program = name, folder, program
        self.kind, self.targets = SETS[name].kind, SETS[name].targets
        self.rows = [str(folder / f) for f in ("records.parquet", "features.npz", "split.parquet")]
        self.task = ["--kind", self.kind, *(word for t in self.targets for word in ("--target", t))]

    def made(self, name: str, *words: str) -> dict[str, float]:
        """Make one file with the command line unless it exists; returns its CPU seconds, kept beside it."""
        path, spent = self.folder / name, self.folder / f"{name}.seconds"
        if not spent.exists():
            _, taken = run([str(self.program), *words, "--output", str(path)])
            spent.write_text(str(taken["cpu"]))
        return {"cpu": float(spent.read_text())}

    def features(self) -> float:
        return self.made("features.npz", "featurize", self.rows[0])["cpu"]

    def network(self, repeat: int) -> float:
        self.features()
        return self.made(f"repeat-{repeat}.safetensors", "train", *self.rows, *self.task,
                         "--repeat", str(repeat))["cpu"]  # fmt: skip

    def ours(self, repeats: list[int]) -> Predictions:
        """Predictions of network, stack and forest for the test rows of these repeats."""
        for repeat in repeats:
            self.network(repeat)
        models = [str(self.folder / f"repeat-{r}.safetensors") for r in repeats]
        self.made("heldout.parquet", "predict", self.rows[0], *models, "--features", self.rows[1],
                  "--split", self.rows[2])  # fmt: skip
        self.made("stack.parquet", "stack", *self.rows, str(self.folder / "heldout.parquet"),
                  "--base-learners", str(self.folder / "stack.safetensors"))  # fmt: skip
        self.made(
            "baseline.parquet", "baseline", self.rows[0], self.rows[2], *self.task, "--method", "forest"
        )
        parts = [Predictions.load(self.folder / f"{n}.parquet") for n in ("heldout", "stack", "baseline")]
        return Predictions.concat([part.part("test") for part in parts])

    def chemprop(self, like: Predictions, repeats: list[int]) -> Predictions:
        """Predictions of chemprop for the same rows."""
        split, parts = Split.load(self.folder / "split.parquet"), []
        labels = like.task.labels(Records.load(self.folder / "records.parquet").table)
        for repeat in repeats:
            test = split.rows("test", repeat)
            rows, predicted = split.table.iloc[test], pd.read_csv(self.folder / f"chemprop-{repeat}.csv")
            if predicted["id"].astype(str).tolist() != rows["id"].astype(str).tolist():
                raise SystemExit(f"{self.name} {repeat}: chemprop predicted other rows")
            outputs = predicted[list(self.targets)].to_numpy(np.float64)
            parts.append(Predictions.build(like.task, rows["id"], rows["group"], repeat, "test", "chemprop",
                                           labels[test], outputs))  # fmt: skip
        return Predictions.concat(parts)


def prepared(bench: Any, runs: list[str]) -> dict[str, Set]:
    """Sets with records, split and chemprop's runs; existing files are not made again."""
    out = bench.work / "accuracy"
    names = list(dict.fromkeys(text.split(":")[0] for text in runs))
    run([sys.executable, str(HERE / "accuracy/prepare.py"), "--data", str(bench.data), "--out", str(out),
         "--sets", *names])  # fmt: skip
    run([sys.executable, str(HERE / "accuracy/chemprop_reference.py"), "--chemprop", str(bench.chemprop),
         "--out", str(out), "--runs", *runs])  # fmt: skip
    return {name: Set(name, out / name, bench.riboswitch) for name in names}


def fit_vs_chemprop(bench: Any) -> dict[str, Any]:
    """CPU seconds of chemprop's command divided by ours (featurize and train), with start-up."""
    ratios, seconds = {}, {}
    for name, one in prepared(bench, ["bbbp:0", "lipo:0"]).items():
        ours = one.features() + one.network(0)
        theirs = read_json(one.folder / "chemprop-0.json")["cpu_seconds"]
        ratios[name], seconds[name] = theirs / ours, {"ours": ours, "chemprop": theirs}
    return {"fit_vs_chemprop": ratios, "fit_seconds": seconds}
