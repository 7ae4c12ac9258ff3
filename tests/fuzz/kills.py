"""kill -9 at random moments: the command, given again, writes the bytes of an undisturbed run."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from materials import Materials


def commands(m: Materials) -> dict[str, list[str]]:
    """One command for each verb that writes for long; ``{out}`` is the folder that it writes to."""
    r, task = m.results, m.results / "solubility"
    calls, scores = str(r / "genomes/patient/calls.parquet"), str(r / "scores/1-of-1.parquet")
    models = [f"{t}={m.model(t)}" for t in m.config["screen"]["tasks"]]
    ranking = {k: v for k, v in m.config["rank"].items() if k not in ("genome", "classes")}
    return {
        "prepare": [
            "prepare",
            str(m.folder / "many.csv"),
            "--reading",
            '{"id_column": "id"}',
            "--processes",
            "2",
            "--output",
            "{out}/library",
        ],
        "screen": [
            "screen",
            str(m.folder / "many"),
            *models,
            "--processes",
            "2",
            "--output",
            "{out}/scores.parquet",
        ],
        "scan": [
            "scan",
            str(m.source / "genome.fna"),
            m.model("gene_class"),
            "--references",
            str(r / "gene_class/records.parquet"),
            "--min-aa",
            "60",
            "--output",
            "{out}/calls",
        ],
        "rank": [
            "rank",
            str(r / "library"),
            scores,
            "--calls",
            calls,
            "--classes",
            m.config["rank"]["classes"],
            *(w for given in models for w in ("--model", given)),
            "--settings",
            json.dumps(ranking),
            "--hits",
            "{out}/hits.csv",
            "--compounds",
            "{out}/compounds.parquet",
        ],
        "train": [
            "train",
            str(task / "records.parquet"),
            str(task / "features.npz"),
            str(task / "split.parquet"),
            "--kind",
            "regression",
            "--target",
            "logS",
            "--epochs",
            "6",
            "--output",
            "{out}/m.safetensors",
        ],
        "report": [
            "report",
            str(r),
            str(m.folder / "data"),
            "--tasks",
            *m.config["tasks"],
            "--genomes",
            "patient",
            "--genome",
            "patient",
            "--output",
            "{out}/report.html",
            "--metrics",
            "{out}/metrics.json",
        ],
    }


def larger_library(m: Materials, rows: int = 4000) -> None:
    """A library that takes a while."""
    text = "".join(
        f"c{i}_{j},{'C' * i}N{'C' * j}O{'C' * (i % 7)}\n" for i in range(1, 64) for j in range(1, 64)
    )
    (m.folder / "many.csv").write_text("id,smiles\n" + "\n".join(text.splitlines()[:rows]) + "\n")
    if not (m.folder / "many").exists():
        start(
            [
                "prepare",
                str(m.folder / "many.csv"),
                "--reading",
                '{"id_column": "id"}',
                "--processes",
                "1",
                "--output",
                str(m.folder / "many"),
            ],
            m.folder,
        ).wait()


def start(words: list[str], out: Path) -> subprocess.Popen[bytes]:
    """A command in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "riboswitch", *(w.replace("{out}", str(out)) for w in words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def bytes_of(folder: Path) -> dict[str, str]:
    """Digest of every file of a folder; locks and what a killed run left half-written are not results."""
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and not p.name.startswith(".")
    }


def run(m: Materials, many: int, rng: random.Random, folder: Path) -> Iterator[tuple[str, bool, str]]:
    """For each kill: the verb, whether the next run gave the same bytes, and what was found otherwise."""
    larger_library(m)
    verbs = commands(m)
    undisturbed: dict[str, tuple[dict[str, str], float]] = {}
    for verb, words in verbs.items():
        out = folder / f"whole-{verb}"
        out.mkdir()
        before = time.monotonic()
        _, error = (process := start(words, out)).communicate()
        if process.returncode:
            raise SystemExit(f"{verb} failed undisturbed:\n{error.decode()[-1500:]}")
        undisturbed[verb] = bytes_of(out), time.monotonic() - before
    for number in range(many):
        verb = [*verbs][number % len(verbs)]
        expected, seconds = undisturbed[verb]
        out = folder / f"killed-{number}"
        out.mkdir()
        process = start(verbs[verb], out)
        time.sleep(rng.uniform(0.1, 1.0) * seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        _, error = (again := start(verbs[verb], out)).communicate()
        same = again.returncode == 0 and bytes_of(out) == expected
        yield verb, same, "" if same else f"exit {again.returncode}: {error.decode()[-400:]}"
        shutil.rmtree(out)
