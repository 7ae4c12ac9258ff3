"""Measure how far answers can be trusted: the figures of docs/benchmarks.md, into benchmarks/trust.json.

    python benchmarks/trust.py --data DIRECTORY [--crepes PYTHON --chemprop PROGRAM] [--only PART ...]

``--data`` is the mirror directory with moleculenet/, genomes_panel/, genome_usa300/, saureus_wong2023/,
ecoli_stokes2020/, splice_uci/, promoters_ecoli_hernandez2022/, expression_lafleur2022/ and others in it.
``--missing`` goes on after a run that was ended.
"""

from __future__ import annotations

import argparse
import importlib
from dataclasses import dataclass
from pathlib import Path

from common import HERE, Results, add_choice, chosen

PARTS = {  # in the order of the figures; the module of each, whose `measure` takes the bench
    "audit": "trust_planted",
    "audit_published": "trust_published",
    "audit_cost": "trust_cost",
    "calibration": "trust_calibration",
    "simulated": "trust_simulated",
    "peers": "trust_peers",
    "starts": "trust_starts",
    "censored": "trust_censored",
    "share": "trust_share",
    "chance": "trust_chance",
    "distil": "trust_distil",
}
KEYS = ("leaks_planted", "leaks_found", "false_alarm_rate", "coverage_error_max", "promise_kept_min",
        "promise_kept_max", "promise_kept_simulated_min", "promise_kept_simulated_max", "fdr_excess_max",
        "ece_before", "ece_after", "brier_before", "brier_after", "crepes_coverage_error_max",
        "chemprop_ece_before", "chemprop_ece_after", "chemprop_brier_before", "chemprop_brier_after",
        "share_recovered_rows", "shuffled_splits", "shuffled_above_chance",
        "distil_minus_best_teacher", "distil_unlike_minus_best_teacher")  # fmt: skip
"""The figures, in the order of the file; what each part has beside them follows."""


@dataclass(frozen=True)
class Bench:
    """The mirror directory, a folder for intermediate files, and the peers.

    Attributes
    ----------
    crepes : Path, optional
        Python of an environment with crepes.
    chemprop : Path, optional
        The program of an environment with chemprop.
    """

    data: Path
    work: Path
    crepes: Path | None = None
    chemprop: Path | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--work", type=Path, default=Path(".bench/trust"), help="folder for intermediate files"
    )
    parser.add_argument("--crepes", type=Path, help="Python of an environment with crepes, for peers")
    parser.add_argument("--chemprop", type=Path, help="program of an environment with chemprop, for peers")
    add_choice(parser, PARTS)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.data, options.work.resolve(), options.crepes, options.chemprop)
    results = Results(HERE / "trust.json", KEYS)
    for part in chosen(options, PARTS, results):
        module = PARTS[part]
        figures, details = importlib.import_module(module).measure(bench)
        results.add(**figures, **{part: details})


if __name__ == "__main__":
    main()
