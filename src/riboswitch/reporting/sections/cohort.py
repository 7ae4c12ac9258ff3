"""The cohort: how many genomes were scanned, which could not be read, and how often each gene was called."""

from __future__ import annotations

from typing import Any

import pandas as pd

from riboswitch.reporting.findings import Cohort, Findings
from riboswitch.reporting.sections import Section

MOST_GENES, MOST_REJECTED = 60, 40
"""So many are listed; the tables of the cohort have all."""


def contents(findings: Findings) -> dict[str, Any] | None:
    """Counts and lists; None where each genome of the cohort has its own part of the page."""
    cohort = findings.cohort
    if cohort is None or set(cohort.samples["sample"]) <= findings.calls.keys():
        return None
    rejected = cohort.samples[cohort.samples["status"] != "ok"].to_dict("records")
    scanned = len(cohort.samples) - len(rejected)
    return {
        "scanned": scanned,
        "rejected": rejected[:MOST_REJECTED],
        "rejections": len(rejected),
        "taxa": _taxa(cohort.samples),
        "genes": _carriers(cohort.genes, scanned)[:MOST_GENES],
        "number_of_genes": cohort.genes.shape[1] - 1,
        "mutations": _seen(cohort)[:MOST_GENES],
        "number_of_mutations": cohort.mutations.shape[1] - 1,
    }


SECTION = Section("The cohort", 48, contents)


def _taxa(samples: pd.DataFrame) -> list[tuple[str, int]]:
    """Genomes by taxon, the commonest first."""
    taxa = samples.loc[samples["status"] == "ok", "taxon"].replace("", "no taxon").str.replace("_", " ")
    return [(str(taxon), int(number)) for taxon, number in taxa.value_counts().items()]


def _carriers(genes: pd.DataFrame, scanned: int) -> list[tuple[str, int, float]]:
    """Gene, genomes that have it and their share, the commonest first."""
    number = {name: int((~genes[name].isin(["", "0"])).sum()) for name in genes if name != "sample"}
    return [
        (name, n, n / scanned) for name, n in sorted(number.items(), key=lambda item: (-item[1], item[0]))
    ]


def _seen(cohort: Cohort) -> list[tuple[str, int, int]]:
    """Mutation or loss, genomes that have it, and genomes in which it was looked for."""
    table = cohort.mutations
    found = [
        (name, int((table[name] == "1").sum()), int((table[name] != "").sum()))
        for name in table
        if name != "sample"
    ]
    return sorted(found, key=lambda item: (-item[1], item[0]))
