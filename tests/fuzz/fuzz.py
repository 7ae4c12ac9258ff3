"""Damaged files, odd rows, flipped bits and kills: what must never happen is counted.

    python tests/fuzz/fuzz.py --minutes 3 --seed 0        # `make fuzz`
    python tests/fuzz/fuzz.py --only flips                # one part

Every command that is tried is given a time limit. A failure is kept with its command and its files, in the
folder that is printed, so it can be tried again by hand. The exit code is 1 if there was any.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import kills
import materials
import rows
import targets
import workers
from damage import flip_bit

sys.path.append(str(materials.REPOSITORY / "benchmarks"))
from common import machine

PARTS = ("inputs", "flips", "kills", "cases")
BAD = {"traceback": "tracebacks", "crash": "tracebacks", "hang": "hangs"}
FLIPS, KILLS = 300, 40
OTHERS = ("same_bytes",)  # figures of the same file that tests/portability writes


class Failures:
    """Failures, each with what is needed to see it again."""

    def __init__(self, folder: Path):
        self.folder, self.counts = folder, Counter[str]()

    def add(self, kind: str, what: str, outcome: workers.Outcome, scratch: Path, found: str = "") -> None:
        self.counts[kind] += 1
        kept = self.folder / f"{kind}-{self.counts[kind]}"
        shutil.copytree(scratch, kept / "files", symlinks=True)
        words = " ".join(w if w.isalnum() else repr(w) for w in outcome.job.words)
        (kept / "what.txt").write_text(f"{what}\nriboswitch {words}\n\n{found}\n{outcome.error}\n")
        last = (outcome.error.strip() or "-").splitlines()[-1]
        print(f"  {kind}: {what}: {(found or last)[:200]}  ({kept})", flush=True)


def one_line(outcome: workers.Outcome) -> bool:
    """Whether a refusal is one line that begins as all do."""
    last = outcome.error.strip().splitlines()[-1:] or [""]
    return outcome.code == 0 or (outcome.code in (1, 2) and last[0].startswith("riboswitch: error:"))


def inputs(m: materials.Materials, seed: int, seconds: float, scratch: Path, failures: Failures) -> int:
    """Damaged files of all kinds, and files whose rows are known, until time is up; returns how many."""
    every, answers = targets.every(m), rows.answers(m)
    end, tried = time.monotonic() + seconds, 0

    def jobs() -> Iterator[workers.Job]:
        number = 0
        while time.monotonic() < end:
            rng, folder = random.Random(f"{seed}-{number}"), scratch / str(number)
            folder.mkdir()
            if number % 5 == 0:
                job = rows.job(m, answers, rng, folder)
                about = ("rows", folder, job.about)
            else:
                target = every[number % len(every)] if number % 2 else rng.choice(every)
                is_folder = isinstance(target, tuple)
                name = target[0] if is_folder else target.name
                make = targets.folder_job if is_folder else targets.job
                job, about = make(target, rng, folder, None), (name, folder, None)
            yield workers.Job(job.words, about, job.limit)
            number += 1

    for outcome in workers.run(jobs(), max(1, os.cpu_count() or 1)):
        tried += 1
        what, folder, expected = outcome.job.about
        if outcome.end in BAD or not one_line(outcome):
            failures.add(BAD.get(outcome.end, "tracebacks"), what, outcome, folder)
        elif expected is not None:
            as_rows = workers.Outcome(
                workers.Job(outcome.job.words, expected),
                outcome.code,
                outcome.error,
                outcome.output,
                outcome.end,
            )
            for kind, found in rows.faults(as_rows):
                failures.add(kind, what, outcome, folder, found)
        shutil.rmtree(folder)
        if tried % 500 == 0:
            print(f"  {tried} inputs, failures: {dict(failures.counts)}", flush=True)
    return tried


def flips(m: materials.Materials, seed: int, scratch: Path, failures: Failures) -> int:
    """Single flipped bits in a prepared library; returns how many were refused in one line."""
    original = m.results / "library"
    names = sorted(
        p.name for p in original.iterdir() if p.name == "library.json" or p.name.startswith("part-")
    )

    def jobs() -> Iterator[workers.Job]:
        for number in range(FLIPS):
            rng, copy = random.Random(f"flip-{seed}-{number}"), scratch / f"flip-{number}"
            shutil.copytree(original, copy / "library")
            file = copy / "library" / names[number % len(names)]
            file.write_bytes(flip_bit(file.read_bytes(), [], rng))
            words = [
                "screen",
                str(copy / "library"),
                m.model("solubility"),
                "--processes",
                "1",
                "--output",
                str(copy / "scores.parquet"),
            ]
            yield workers.Job(words, (f"a bit of {file.name}", copy))

    refused = 0
    for outcome in workers.run(jobs(), max(1, os.cpu_count() or 1)):
        what, copy = outcome.job.about
        if outcome.end == "exit" and outcome.code in (1, 2) and one_line(outcome):
            refused += 1
        else:
            failures.add("flips_accepted", what, outcome, copy)
        shutil.rmtree(copy)
    return refused


def cases() -> tuple[int, int]:
    """Run the tests of tests/cases: how many folders of cases there are, and how many are right."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "cases.xml"
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                f"--junitxml={report}",
                "tests/cases",
            ],
            cwd=materials.REPOSITORY,
            check=False,
            stdout=subprocess.DEVNULL,
        )
        found = ET.parse(report).getroot().iter("testcase")
        passed: dict[str, bool] = {}
        for test in found:
            name = test.get("classname", "").rpartition(".")[2].removeprefix("test_")
            wrong = any(child.tag in ("failure", "error") for child in test)
            passed[name] = passed.get(name, True) and not wrong
    folders = sorted(p.name for p in (materials.REPOSITORY / "tests/data/cases").iterdir() if p.is_dir())
    right = [
        f
        for f in folders
        if any(n == f or n.startswith(f"{f}_") for n in passed)
        and all(ok for n, ok in passed.items() if n == f or n.startswith(f"{f}_"))
    ]
    return len(folders), len(right)


def main() -> None:
    """Run the parts and write their figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=3.0, help="for damaged inputs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=PARTS, nargs="*", default=PARTS)
    parser.add_argument(
        "--materials", type=Path, help="keep the analysis in miniature here, and use it again"
    )
    parser.add_argument("--output", type=Path, help="write the figures to this file (.json)")
    given = parser.parse_args()
    kept = Path(tempfile.mkdtemp(prefix="riboswitch-fuzz-"))
    scratch = kept / "scratch"
    scratch.mkdir()
    print(f"failures are kept in {kept}", flush=True)
    failures = Failures(kept)
    figures: dict[str, object] = {}
    m = materials.make(given.materials or kept / "materials") if set(given.only) - {"cases"} else None
    if "inputs" in given.only and m:
        figures["inputs_tried"] = inputs(m, given.seed, 60 * given.minutes, scratch, failures)
        figures |= {k: failures.counts[k] for k in ("tracebacks", "hangs", "lost_rows", "changed_ids")}
    if "flips" in given.only and m:
        figures |= {"flips": FLIPS, "flips_refused": flips(m, given.seed, scratch, failures)}
    if "kills" in given.only and m:
        figures |= killed(m, given.seed, scratch)
    if "cases" in given.only:
        figures["cases"], figures["cases_right"] = cases()
    print(json.dumps(figures, indent=1))
    if given.output:
        facts = {"seed": given.seed, "minutes": given.minutes, "machine": machine()}
        kept = json.loads(given.output.read_text()) if given.output.exists() else {}
        others = {name: kept[name] for name in OTHERS if name in kept}
        given.output.write_text(json.dumps(figures | facts | others, indent=1) + "\n")
    good = not failures.counts and figures.get("kills") == figures.get("kills_same_bytes")
    sys.exit(0 if good and figures.get("cases") == figures.get("cases_right") else 1)


def killed(m: materials.Materials, seed: int, scratch: Path) -> dict[str, int]:
    """Kills at random moments: how many, and after how many the next run gave the same bytes."""
    same = 0
    for verb, right, found in kills.run(m, KILLS, random.Random(f"kill-{seed}"), scratch):
        same += right
        if not right:
            print(f"  other bytes after a kill: {verb}: {found}", flush=True)
    return {"kills": KILLS, "kills_same_bytes": same}


if __name__ == "__main__":
    main()
