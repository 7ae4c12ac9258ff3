"""Resistance genes in genomes outside the training data: false calls, decoys, diverged known genes."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from sequence_amr import Genes
from sequence_planted import RESIDUES, Planted, mutated, planted

from riboswitch.bio.banded_search import BandedSearch
from riboswitch.bio.genome import Genome, read_genome
from riboswitch.bio.letter_codes import letter_codes
from riboswitch.data.calls import Calls
from riboswitch.genomes.frames import reading_frames, stop_site
from riboswitch.modalities.sequence.group import group
from riboswitch.resistance.calling import ScanSettings
from riboswitch.resistance.decoys import q_values
from riboswitch.steps.scan import scan

GENOMES = {"o11": "GCA_000189435.3_ASM18943v3_genomic", "jmh43": "jmh43"}
HOST = "o11"
IDENTITIES = (80, 70, 60, 50, 40)
TRUE_IDENTITY, TRUE_COVERAGE = 0.7, 0.8  # from these on a gene has the function of its family
SHOWN = [
    "orf_id",
    "locus_tag",
    "drug_class",
    "probability",
    "nearest_gene",
    "identity",
    "coverage",
    "q_value",
]


def genome_of(genes: Genes, name: str) -> Genome:
    """One of the default workflow's genomes, with its annotation."""
    path = genes.data / "genomes" / GENOMES[name]
    return read_genome(f"{path}.fna", f"{path}.gff")


@cache
def scanned(genes: Genes, name: str) -> Calls:
    """Known genes in one of these genomes, and what resembles one. A model would decide nothing."""
    return scan(genome_of(genes, name), None, genes.records)


def false_calls(genes: Genes) -> dict[str, Any]:
    """Calls and candidates in genomes kept out of training, each with its alignment to the nearest gene."""
    found = {}
    for name in GENOMES:
        calls = scanned(genes, name)
        table = calls.table
        right = (table["identity"] >= TRUE_IDENTITY) & (table["coverage"] >= TRUE_COVERAGE)
        found[name] = {
            "calls": table[SHOWN].to_dict("records"),
            "false": int((~right).sum()),
            "candidates": len(calls.candidates),
            "orfs": calls.meta["counts"]["orfs"],
        }
    return {"amr_false_calls_per_genome": {
        "most": max(one["false"] for one in found.values()),
        "genomes": found,
        "true_if": {"identity": TRUE_IDENTITY, "coverage": TRUE_COVERAGE},
    }}  # fmt: skip


def decoy_fdr(genes: Genes) -> dict[str, Any]:
    """Fraction of the decoys (reversed reading frames) that would be candidates."""
    counts = {name: scanned(genes, name).meta["counts"] for name in GENOMES}
    called = sum(c["decoys_called"] for c in counts.values())
    decoys = sum(c["decoys"] for c in counts.values())
    calls = sum(c["calls"] + c["candidates"] for c in counts.values())
    return {"amr_decoy_fdr": {
        "decoys_called": called, "decoys": decoys, "share": called / decoys, "calls": calls,
        "fdr": called / max(calls, 1), "stated": ScanSettings().max_fdr,
    }}  # fmt: skip


def recall_diverged(genes: Genes) -> dict[str, Any]:
    """Recall of mutated known genes (calls, candidates) in a foreign genome, beside the best hit.

    One gene of each family (of `group`) is drawn once. The best hit calls a gene if its alignment score, or
    the score divided by that of the known gene with itself, reaches a threshold. It is the lowest threshold
    with at most our rate of decoys, or the lowest that calls at most as many of the host's own frames.
    """
    genome = genome_of(genes, HOST)
    table = genes.records.table
    table = table[table["drug_class"] != "none"].reset_index(drop=True)
    rng = np.random.default_rng(0)
    chosen = table.iloc[rng.permutation(len(table))]
    chosen = chosen[~pd.Series(group({"sequence": chosen["sequence"].tolist()}), chosen.index).duplicated()]
    whole = chosen["sequence"].str.fullmatch(f"M[{RESIDUES}]{{{ScanSettings().min_aa},}}")
    chosen = chosen[whole].reset_index(drop=True)
    levels = {}
    for level in IDENTITIES:
        proteins = [mutated(p, level / 100, rng) for p in chosen["sequence"]]
        levels[str(level)] = _recalled(genes, *planted(genome, proteins, seed=level), chosen)
    return {"amr_recall_diverged": {"genes": len(chosen), "levels": levels}}


def _recalled(genes: Genes, genome: Genome, genes_in: list[Planted], chosen: pd.DataFrame) -> dict[str, Any]:
    """Planted genes that are called with their class, by us and by the best hit."""
    wanted = {stop_site(p): (number, chosen["drug_class"][p.gene]) for number, p in enumerate(genes_in)}

    def compared(frames: Any, classes: Any) -> tuple[float, int]:
        """Recall, and the number of calls that are not planted genes."""
        pairs = [(wanted.get(stop_site(f), (-1, "")), c) for f, c in zip(frames, classes, strict=True)]
        right = {number for (number, truth), called in pairs if number >= 0 and truth == called}
        return len(right) / len(genes_in), sum(number < 0 for (number, _), _ in pairs)

    ours = scan(genome, None, genes.records).table
    recall, in_host = compared(ours.itertuples(), ours["drug_class"])
    frames = reading_frames(genome)
    known = genes.records.table
    known = known[known["drug_class"] != "none"].reset_index(drop=True)
    forth, back = ([f.protein[::way] for f in frames] for way in (1, -1))
    classes, scores, ratios = _best_hits(forth, known)
    by_decoys = scores[q_values(scores, _best_hits(back, known)[1]) <= ScanSettings().max_fdr].min()
    host = np.array([stop_site(frame) not in wanted for frame in frames])

    def best_hit(values: np.ndarray, threshold: float) -> dict[str, float]:
        called = np.flatnonzero(values >= threshold)
        found, wrong = compared([frames[i] for i in called], classes[called])
        return {"recall": found, "in_host": wrong, "threshold": float(threshold)}

    def equal_calls(values: np.ndarray) -> float:
        """The lowest threshold with at most our number of calls in the host."""
        return float(np.nextafter(np.sort(values[host])[-1 - in_host], np.inf))

    return {
        "ours": {"recall": recall, "in_host": in_host},
        "frames_found": sum(stop_site(frame) in wanted for frame in frames) / len(genes_in),
        "best_hit_at_equal_decoy_fdr": best_hit(scores, by_decoys),
        "best_hit_at_equal_calls_in_host": best_hit(scores, equal_calls(scores)),
        "best_share_at_equal_calls_in_host": best_hit(ratios, equal_calls(ratios)),
    }


def _best_hits(proteins: list[str], known: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Class of each protein's best known gene, the alignment score, and its ratio to the highest possible."""
    search = BandedSearch.of(known["sequence"].tolist())
    numbers, scores = search(*letter_codes(proteins, "protein"))
    best = np.arange(len(numbers)), scores.argmax(1)
    hits = numbers[best]
    ratios = np.where(hits >= 0, scores[best] / search.own[hits], 0.0)
    return known["drug_class"].to_numpy()[hits], scores[best].astype(float), ratios
