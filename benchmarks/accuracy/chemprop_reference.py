"""Train chemprop as its users do, on the rows and splits of `prepare.py`, one process after the other.

    python benchmarks/accuracy/chemprop_reference.py --chemprop PROGRAM --out DIRECTORY [--runs esol:0-4 ...]

``--chemprop`` is the program of an environment of its own. A run is a set and a repeat of its split; it
writes chemprop-<repeat>.csv (predictions of the test rows) and then chemprop-<repeat>.json (CPU seconds of
the process) into the set's folder. Runs that are there are skipped, so a stopped series goes on where it was.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from prepare import SETS

from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.io.atomic_files import atomic_path, write_json

PARTS = {"train": "train", "valid": "val", "test": "test"}  # our names of the parts, and chemprop's
TASKS = {"regression": "regression", "binary": "classification"}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
DEFAULT_RUNS = [f"{name}:0-{one.repeats - 1}" for name, one in SETS.items()]


def runs(texts: list[str]) -> Iterator[tuple[str, int]]:
    """Set and repeat of every run, from texts such as ``esol:0-4`` or ``hiv:0``."""
    for text in texts:
        found = re.fullmatch(r"(\w+):(\d+)(?:-(\d+))?", text)
        if not found or found[1] not in SETS:
            raise SystemExit(f"not a run: {text!r}; as esol:0-4, of the sets {', '.join(SETS)}")
        first = int(found[2])
        for repeat in range(first, int(found[3] or first) + 1):
            yield found[1], repeat


def write_input(folder: Path, targets: tuple[str, ...], repeat: int, path: Path) -> None:
    """The standardised SMILES, labels and parts of one repeat, as chemprop reads them."""
    records, split = Records.load(folder / "records.parquet"), Split.load(folder / "split.parquet")
    split.require_ids(records.ids)
    table = records.table[["molecule", *targets]].rename(columns={"molecule": "smiles"})
    table["part"] = split.table[f"part_{repeat}"].map(PARTS)
    table.to_csv(path, index=False)


def write_answers(folder: Path, repeat: int, predicted: Path, targets: tuple[str, ...]) -> None:
    """Chemprop's predictions with our ids; raise if they are not of the test rows in their order."""
    records, split = Records.load(folder / "records.parquet"), Split.load(folder / "split.parquet")
    test = records.table.iloc[split.rows("test", repeat)].reset_index(drop=True)
    answers = pd.read_csv(predicted)
    if answers["smiles"].tolist() != test["molecule"].tolist():
        raise SystemExit(f"{predicted}: not the test rows of repeat {repeat}")
    answers.insert(0, "id", test["id"])
    with atomic_path(folder / f"chemprop-{repeat}.csv") as temporary:
        answers[["id", "smiles", *targets]].to_csv(temporary, index=False)


def train(program: str, name: str, repeat: int, work: Path) -> list[str]:
    """The command of one run: chemprop's defaults, on these rows."""
    kind, targets = SETS[name].kind, SETS[name].targets
    return [
        program, "train",
        "--data-path", str(work / "input.csv"),
        "--output-dir", str(work / "out"),
        "--smiles-columns", "smiles",
        "--target-columns", *targets,
        "--splits-column", "part",
        "--task-type", TASKS[kind],
        "--pytorch-seed", str(repeat),
        "--num-workers", "0",
        "--accelerator", "cpu",
    ]  # fmt: skip


def timed(command: list[str], log: Path) -> dict[str, Any]:
    """Run one process on one thread; CPU seconds (user and system) and wall seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with open(log, "w", encoding="utf-8") as handle:
        done = subprocess.run(command, env=os.environ | ONE_THREAD, stdout=handle, stderr=subprocess.STDOUT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"chemprop failed; its output ends:\n{log.read_text('utf-8')[-3000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_seconds": round(cpu, 2), "wall_seconds": round(time.monotonic() - start, 2)}


def run(program: str, name: str, repeat: int, out: Path, keep: bool) -> None:
    folder, targets = out / name, SETS[name].targets
    facts = folder / f"chemprop-{repeat}.json"
    if facts.exists():
        return
    if repeat >= (made := Split.load(folder / "split.parquet").repeats):
        print(f"{name} {repeat}: left out, the split has {made} repeats", flush=True)
        return
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        write_input(folder, targets, repeat, work / "input.csv")
        spent = timed(train(program, name, repeat, work), work / "log.txt")
        write_answers(folder, repeat, work / "out/model_0/test_predictions.csv", targets)
        if keep:
            shutil.copyfile(work / "out/model_0/best.pt", folder / f"chemprop-{repeat}.pt")
    write_json({"set": name, "repeat": repeat, **spent}, facts)
    print(f"{name} {repeat}: {spent}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--chemprop", default="chemprop")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", nargs="+", default=DEFAULT_RUNS)
    parser.add_argument("--keep-models", action="store_true", help="keep the checkpoints, too")
    options = parser.parse_args()
    for name, repeat in runs(options.runs):
        run(options.chemprop, name, repeat, options.out, options.keep_models)


if __name__ == "__main__":
    main()
