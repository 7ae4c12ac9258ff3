"""Copy the main figures of the default analysis from its results into default_run.json and accuracy.json.

    make demo
    python benchmarks/default_run.py

docs/benchmarks.md shows them. ``--results`` names another folder of results. With ``--run`` the analysis is
run first, in a fresh clone of the last commit, and its time and memory are noted, too. With ``--full`` it is
the analysis of config/saureus.yaml, and everything goes into saureus_run.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from shlex import quote
from typing import Any

import pandas as pd
from common import ACCURACY, ACCURACY_FIRST, HERE, Results, worker

FULL = "config/saureus.yaml"
CALL = ["nearest_gene", "drug_class", "identity", "locus_tag"]


def main() -> None:
    parser = argparse.ArgumentParser(description="Copy the main figures of the default analysis.")
    parser.add_argument("--results", type=Path, default=HERE.parent / "results")
    parser.add_argument("--run", action="store_true", help="run the analysis in a fresh copy, and measure it")
    parser.add_argument("--full", action="store_true", help=f"the analysis of {FULL}; it takes an hour")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        results = fresh_run(Path(place), options.full) if options.run else options.results
        Results(figures(options.full)).add(**copied(results))
        if not options.full:
            Results(ACCURACY, ACCURACY_FIRST).add(**discovery(results))


def figures(full: bool) -> Path:
    """The file of an analysis."""
    return HERE / ("saureus_run.json" if full else "default_run.json")


def fresh_run(place: Path, full: bool) -> Path:
    """Run an analysis on two cores in a clone of the last commit; its results."""
    clone = place / "clone"
    subprocess.run(["git", "clone", "--quiet", str(HERE.parent), str(clone)], check=True)
    snakemake = Path(sys.executable).with_name("snakemake")
    config = f" --configfile {FULL}" if full else ""
    words = f"cd {quote(str(clone))} && exec {quote(str(snakemake))} --quiet all --cores 2{config}"
    taken = worker("peak.py", "peak", command=["sh", "-c", words])
    spent = {"seconds": round(taken["wall"]), "cpu_seconds": round(taken["cpu"]), "mb": taken["mb"]}
    if full:
        Results(figures(full)).add(run=spent)
    else:
        Results(ACCURACY, ACCURACY_FIRST).add(**{f"demo_{name}": value for name, value in spent.items()})
    return clone / "results"


def copied(results: Path) -> dict[str, Any]:
    """The main figures of a folder of results."""
    metrics = json.loads((results / "metrics.json").read_text("utf-8"))
    counts = json.loads((results / "counts.json").read_text("utf-8"))
    return {
        "tasks": {task: headline(values) for task, values in metrics.items()},
        "library": {key: counts[key] for key in ("read", "accepted", "compromised", "compromised_by_class")},
        "genomes": {
            path.parent.name: called(path) for path in sorted(results.glob("genomes/*/calls.parquet"))
        },
        "check": check_of(results),
    }


def discovery(results: Path) -> dict[str, float]:
    """What the check of the default analysis has found, by the names of accuracy.json."""
    check = check_of(results)
    return {
        "discovery_auroc": check["methods"]["ranking"]["auroc"],
        "discovery_first_50": check["first"]["ranking"]["50"],
        "discovery_forest_first_50": check["first"]["forest"]["50"],
    }


def check_of(results: Path) -> dict[str, Any]:
    """The comparison of the ranking with experiment."""
    return checked(json.loads((results / "check.json").read_text("utf-8")))


def checked(facts: dict[str, Any]) -> dict[str, Any]:
    """The comparison with experiment, without its curves."""
    name = facts["metrics"]["headline"]
    return {
        "counts": facts["counts"],
        "first": {
            method: {str(row["rows"]): row["positives"] for row in rows}
            for method, rows in facts["first"].items()
        },
        "list": facts["list"],
        "metric": name,
        "methods": {
            method: {key: values[name][key] for key in ("mean", "low", "high")}
            | {"auroc": values["auroc"]["mean"]}
            for method, values in facts["metrics"]["methods"].items()
        },
        "comparisons": {method: values[name] for method, values in facts["metrics"]["comparisons"].items()},
    }


def headline(metrics: dict[str, Any]) -> dict[str, Any]:
    """The main metric of a task: each method's mean and interval, and the paired comparisons."""
    name = metrics["headline"]
    return {
        "metric": name,
        "model": metrics["model"],
        "methods": {
            method: {key: values[name][key] for key in ("mean", "low", "high")}
            for method, values in metrics["methods"].items()
        },
        "comparisons": {method: values[name] for method, values in metrics["comparisons"].items()},
    }


def called(path: Path) -> list[dict[str, Any]]:
    """The calls of a genome, without its candidates."""
    table = pd.read_parquet(path)
    rows: list[dict[str, Any]] = table.loc[table["status"] == "call", CALL].to_dict("records")
    return rows


if __name__ == "__main__":
    main()
