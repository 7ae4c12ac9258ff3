"""Measure the molecule engine: the figures of docs/benchmarks.md, into benchmarks/molecules.json.

    python benchmarks/molecules.py --data DIRECTORY [--only PART ...] [--missing]

``--data`` is the mirror directory with moleculenet/ in it. Rates are CPU seconds on one thread, as ratios to
a reference measured in the same run: RDKit's MolFromSmiles (the floor), and chemprop in an environment of its
own. ``--missing`` goes on after a run that was ended.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import HERE, Results, add_choice, chosen, run, worker
from molecule_accuracy import fit_vs_chemprop

from riboswitch.data.library import Library
from riboswitch.data.records import Record
from riboswitch.io.sealed import file_digest, write_sealed
from riboswitch.modalities.molecule.read import read

CHECKPOINTS = {  # kind: set, chemprop's task type, its targets, further options
    "regression": ("lipo.csv", "regression", ["lipo"], []),
    "multi-task": ("tox21.csv", "classification", ["NR-AR", "NR-AhR", "SR-p53"], []),
    "deep": ("delaney.csv", "regression", ["logp"],
             ["--depth", "4", "--message-hidden-dim", "200", "--aggregation", "sum", "--ffn-num-layers", "3",
              "--batch-norm"]),
}  # fmt: skip
EPOCHS = "3"  # enough for checkpoints that are only compared and timed
PREDICT_ROWS = (500, 3_500)


class Bench:
    """Folders, programs, and files of several measurements; each file is made once."""

    def __init__(self, data: Path, work: Path, chemprop: Path):
        self.data, self.work, self.chemprop = data / "moleculenet", work, chemprop
        self.riboswitch = Path(sys.executable).parent / "riboswitch"
        work.mkdir(parents=True, exist_ok=True)

    @property
    def muv(self) -> Path:
        """The prepared library, 93,087 rows."""
        folder = self.work / "muv"
        if not (folder / "library.json").exists():
            run([str(self.riboswitch), "prepare", str(self.data / "muv.csv.gz"), "--output", str(folder),
                 "--duplicates-by", "smiles", "--descriptors", "none"])  # fmt: skip
        return folder

    @property
    def smiles(self) -> Path:
        """SMILES of the library, one on each line."""
        path = self.work / "muv.smi"
        if not path.exists():
            path.write_text("\n".join(Library.open(self.muv).table(["molecule"])["molecule"]) + "\n")
        return path

    def some_smiles(self, rows: int) -> Path:
        """A table of the first ``rows`` SMILES, in the format of chemprop."""
        path = self.work / f"muv-{rows}.csv"
        lines = self.smiles.read_text().split()[:rows]
        path.write_text("smiles\n" + "\n".join(lines) + "\n")
        return path

    def checkpoint(self, kind: str) -> Path:
        """A chemprop checkpoint of the default size, trained for a few epochs."""
        file, task, targets, more = CHECKPOINTS[kind]
        path = self.work / f"chemprop-{kind}.pt"
        if not path.exists():
            good = [r.row - 1 for r in read(self.data / file, standardize=False) if isinstance(r, Record)]
            table = (
                pd.read_csv(self.data / file).iloc[good][["smiles", *targets]].sample(1000, random_state=0)
            )
            table.to_csv(self.work / "train.csv", index=False)
            out = self.work / "chemprop-out"
            run([str(self.chemprop), "train", "--data-path", str(self.work / "train.csv"),
                 "--task-type", task, "--smiles-columns", "smiles", "--target-columns", *targets,
                 "--epochs", EPOCHS, "--num-workers", "0", "--accelerator", "cpu", "--output-dir", str(out),
                 *more])  # fmt: skip
            shutil.copyfile(out / "model_0/best.pt", path)
        return path

    def imported(self, kind: str) -> Path:
        """The checkpoint as our bundle."""
        path = self.work / f"imported-{kind}.safetensors"
        run([str(self.riboswitch), "import-chemprop", str(self.checkpoint(kind)), "--output", str(path)])
        return path

    def predict(self, kind: str, rows: int) -> tuple[pd.DataFrame, float]:
        """Predictions of chemprop, and its CPU seconds."""
        out = self.work / "predicted.csv"
        _, taken = run([str(self.chemprop), "predict", "--test-path", str(self.some_smiles(rows)),
                        "--smiles-columns", "smiles", "--model-paths", str(self.checkpoint(kind)),
                        "--preds-path", str(out), "--num-workers", "0", "--accelerator", "cpu"])  # fmt: skip
        return pd.read_csv(out), taken["cpu"]

    @property
    def trained(self) -> Path:
        """Our default network (h=128), trained on Lipophilicity."""
        path, folder = self.work / "lipo.safetensors", self.work / "accuracy/lipo"
        if not path.exists():
            run([sys.executable, str(HERE / "accuracy/prepare.py"), "--data", str(self.data), "--out",
                 str(folder.parent), "--sets", "lipo"])  # fmt: skip
            run([str(self.riboswitch), "featurize", str(folder / "records.parquet"), "--output",
                 str(folder / "features.npz"), "--descriptors", "none"])  # fmt: skip
            run([str(self.riboswitch), "train", str(folder / "records.parquet"), str(folder / "features.npz"),
                 str(folder / "split.parquet"), "--kind", "regression", "--target", "lipo", "--output",
                 str(path)])  # fmt: skip
        return path

    def multiplied(self, times: int) -> Path:
        """The library repeated ``times`` times, with links to its parts instead of copies."""
        folder, source = self.work / f"muv-x{times}", Library.open(self.muv)
        if not (folder / "library.json").exists():
            folder.mkdir(exist_ok=True)
            rows = source.header["rows"]
            for number in range(times * len(rows)):
                for suffix in ("parquet", "arrow"):
                    link = folder / f"part-{number:05d}.{suffix}"
                    link.unlink(missing_ok=True)
                    os.link(source.folder / f"part-{number % len(rows):05d}.{suffix}", link)
            rejected = folder / "rejected.tsv"
            rejected.unlink(missing_ok=True)
            os.link(source.folder / rejected.name, rejected)
            counts = source.header["counts"]
            counts = {name: counts[name] * times for name in ("read", "accepted", "rejected")} | {
                "by_code": {code: many * times for code, many in counts["by_code"].items()}
            }
            files = {path.name: file_digest(path) for path in sorted(folder.iterdir())}
            header = source.header | {"rows": rows * times, "counts": counts, "files": files}
            write_sealed(header, folder / "library.json")
        return folder


def exactness(bench: Bench) -> dict[str, Any]:
    made = worker("molecule_jobs.py", "compare_plain", library=str(bench.muv), model=str(bench.trained),
                  molecules=20_000)  # fmt: skip
    return {"max_rel_diff_plain": made["max_rel_diff"]}


def imports(bench: Bench) -> dict[str, Any]:
    worst = {}
    for kind in CHECKPOINTS:
        theirs, _ = bench.predict(kind, PREDICT_ROWS[1])
        table, out = bench.some_smiles(PREDICT_ROWS[1]), bench.work / "ours.csv"
        run([str(bench.riboswitch), "predict", str(table), str(bench.imported(kind)), "--output", str(out)])
        ours, targets = pd.read_csv(out), CHECKPOINTS[kind][2]
        columns = targets if CHECKPOINTS[kind][1] == "regression" else [f"p_{t}" for t in targets]
        worst[kind] = float(np.abs(ours[columns].to_numpy() - theirs[targets].to_numpy()).max())
    return {"max_abs_diff_chemprop": worst}


def training(bench: Bench) -> dict[str, Any]:
    same = {"smiles": str(bench.smiles), "molecules": 4_000, "batches": 60}
    theirs = worker("chemprop_side.py", "train_rate", python=str(bench.chemprop.parent / "python"), **same)
    ours = worker("molecule_jobs.py", "train_rate", **same)
    return {"train_vs_chemprop_same": ours["rate"] / theirs["rate"],
            "train_rates": {"ours": ours["rate"], "chemprop": theirs["rate"]}}  # fmt: skip


def preparing(bench: Bench) -> dict[str, Any]:
    made = worker("molecule_jobs.py", "prepare_rate", source=str(bench.data / "muv.csv.gz"),
                  folder=str(bench.work / "muv-timed"), reading={})  # fmt: skip
    return {"prepare_vs_floor": made["floor"] / made["seconds"], "prepare_us": made["seconds"] * 1e6}


def screening(bench: Bench) -> dict[str, Any]:
    out = bench.work / "scores"
    few, many = (bench.predict("regression", rows)[1] for rows in PREDICT_ROWS)
    theirs = (many - few) / (PREDICT_ROWS[1] - PREDICT_ROWS[0])
    rates = {}
    for name, model, precision in (
        ("300", bench.imported("regression"), "float32"),
        ("128", bench.trained, "float32"),
        ("300-bf16", bench.imported("regression"), "bfloat16"),
        ("128-bf16", bench.trained, "bfloat16"),
    ):
        rates[name] = worker("molecule_jobs.py", "screen_rate", library=str(bench.muv), model=str(model),
                             precision=precision, output=f"{out}-{name}.parquet")  # fmt: skip
    raw = worker("molecule_jobs.py", "raw_rate", smiles=str(bench.smiles), output=f"{out}-raw.parquet",
                 model=str(bench.imported("regression")))  # fmt: skip
    seconds = {n: r["seconds"] for n, r in rates.items()}
    microseconds = {**seconds, "raw-300": raw["seconds"], "chemprop": theirs,
                    "floor": float(np.median([r["floor"] for r in rates.values()]))}  # fmt: skip
    return {
        "screen_vs_chemprop_300": theirs / seconds["300"],
        **{f"screen_vs_floor_{n.replace('-', '_')}": r["floor"] / r["seconds"] for n, r in rates.items()},
        "raw_vs_chemprop_300": theirs / raw["seconds"],
        "bf16_top1_overlap": {
            width: overlap(f"{out}-{width}.parquet", f"{out}-{width}-bf16.parquet")
            for width in ("300", "128")
        },
        "screen_us": {name: 1e6 * value for name, value in microseconds.items()},
    }


def overlap(one: str, other: str) -> float:
    """Fraction of the best 1 % of one table of scores that are among the best 1 % of the other."""
    tables = [pd.read_parquet(path) for path in (one, other)]
    column = "lipo" if "lipo" in tables[0] else tables[0].columns[-1]
    keep = len(tables[0]) // 100
    best = [set(t.nlargest(keep, column)["row"]) for t in tables]
    return len(best[0] & best[1]) / keep


def scaling(bench: Bench) -> dict[str, Any]:
    def screen(library: Path, processes: int) -> dict[str, float]:
        words = ["screen", library, bench.imported("regression"), "--processes", processes]
        words += ["--output", bench.work / "scaling.parquet"]
        return worker("peak.py", "peak", command=[str(word) for word in [bench.riboswitch, *words]])

    five_million = bench.multiplied(54)
    small, one, two = screen(bench.muv, 1), screen(five_million, 1), screen(five_million, 2)
    return {"two_core_speedup": one["wall"] / two["wall"], "two_core_wall": [one["wall"], two["wall"]],
            "rss_mb_100k": small["mb"], "rss_mb_5m": one["mb"]}  # fmt: skip


STEPS = {
    "max_rel_diff_plain": exactness,
    "max_abs_diff_chemprop": imports,
    "train_vs_chemprop_same": training,
    "prepare_vs_floor": preparing,
    "screen_vs_chemprop_300": screening,
    "two_core_speedup": scaling,
    "fit_vs_chemprop": fit_vs_chemprop,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path(".bench"), help="folder for intermediate files")
    parser.add_argument("--chemprop", type=Path, required=True, help="the program, in its own environment")
    add_choice(parser, STEPS)
    options = parser.parse_args()
    bench = Bench(options.data, options.work, options.chemprop)
    results = Results(HERE / "molecules.json")
    for key in chosen(options, STEPS, results):
        measure = STEPS[key]
        results.add(**measure(bench))


if __name__ == "__main__":
    main()
