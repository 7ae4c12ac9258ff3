"""Measure how far answers can be trusted: the figures of docs/benchmarks.md, into benchmarks/trust.json.

    python benchmarks/trust.py --data DIRECTORY [--only PART ...]

``--data`` is the mirror directory with moleculenet/, saureus_wong2023/, ecoli_stokes2020/, splice_uci/,
promoters_ecoli_hernandez2022/ and expression_lafleur2022/ in it. Parts that are in the file are measured
again only if named with ``--only``.
"""

from __future__ import annotations

import argparse
import importlib
from dataclasses import dataclass
from pathlib import Path

from common import HERE, Results

PARTS = {"calibration": "trust_calibration"}
"""The module of each part, whose `measure` takes the bench and gives the figures and what is beside them."""
KEYS = ("coverage_error_max", "promise_kept_min", "promise_kept_max", "fdr_excess_max", "ece_before",
        "ece_after", "brier_before", "brier_after")  # fmt: skip
"""The figures, in the order of the file."""


@dataclass(frozen=True)
class Bench:
    """The mirror directory, and a folder for what is computed on the way."""

    data: Path
    work: Path


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=HERE.parent / ".bench/trust")
    parser.add_argument("--output", type=Path, default=HERE / "trust.json")
    parser.add_argument("--only", nargs="+", choices=PARTS)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    results, bench = Results(options.output, KEYS), Bench(options.data, options.work.resolve())
    for name in options.only or [part for part in PARTS if part not in results.values]:
        figures, beside = importlib.import_module(PARTS[name]).measure(bench)
        results.add(**figures, **{name: beside})


if __name__ == "__main__":
    main()
