"""Measure all modalities but molecules, and federated training, into benchmarks/modalities.json.

    python benchmarks/modalities.py --data DIRECTORY [--only PART ...] [--seeds N]

``--data`` is the mirror directory with pairs_gpcr_reversal/, davis_deepdta/, response_gdsc2/ and others.
``--missing`` goes on after a run that was ended.
"""

from __future__ import annotations

import argparse
import importlib
from dataclasses import dataclass
from pathlib import Path

from common import HERE, Results, add_choice, chosen

PARTS = {  # in the order of the figures; module and function of each, which takes the bench
    "gpcr": "modalities_pair.gpcr",
    "davis": "modalities_pair.davis",
    "davis_cold_left": "modalities_pair.davis_cold_left",
    "davis_cold_right": "modalities_pair.davis_cold_right",
    "davis_cold_both": "modalities_pair.davis_cold_both",
    "gene_pairs": "modalities_genes",
    "profile": "modalities_profile",
    "image": "modalities_image",
    "boxes": "modalities_boxes",
    "gdsc": "modalities_gdsc",
    "gdsc_pairs": "modalities_gdsc_pairs",
    "promoters": "modalities_sequence.promoters",
    "structure": "modalities_sequence.structure",
    "series_vowels": "modalities_series",
    "series_watch": "modalities_series_watch",
    "series_icu": "modalities_series_icu",
    "triage": "modalities_triage",
    "mentions": "modalities_mentions",
    "federated": "modalities_federated",
    "federated_heart": "modalities_federated_heart",
    "core_files": "modalities_core",
}
KEYS = ("gpcr_auroc", "davis_warm_mse", "gdsc_within_drug_r", "brca_accuracy", "promoter_r2_lafleur",
        "q8_cb513", "watch_subject_accuracy", "vowels_accuracy", "icu_auroc", "cell_types_macro_f1",
        "nuclei_ap50", "cells_map50", "triage_wss95", "bc5cdr_chemical_f1", "bc5cdr_disease_f1",
        "federated_minus_pooled", "core_files_changed")  # fmt: skip
"""The figures, in the order of the file, each with ``value``, ``plain`` and ``published``."""


SEEDS = 3


@dataclass(frozen=True)
class Bench:
    """The mirror directory, a folder for intermediate files, and how often networks are trained."""

    data: Path
    work: Path
    seeds: int = SEEDS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--work", type=Path, default=Path(".bench/modalities"), help="folder for intermediate files"
    )
    parser.add_argument(
        "--seeds", type=int, default=SEEDS, help=f"repeats of pairs and tasks of sequences (default: {SEEDS})"
    )
    add_choice(parser, PARTS)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.data, options.work.resolve(), options.seeds)
    results = Results(HERE / "modalities.json", KEYS)
    for part in chosen(options, PARTS, results):
        module, _, function = PARTS[part].partition(".")
        figures, details = getattr(importlib.import_module(module), function or "measure")(bench)
        results.add(**figures, **{part: details})


if __name__ == "__main__":
    main()
