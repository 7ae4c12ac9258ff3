"""Resistance genes in genomes that nothing was learned from: false calls, decoys, diverged known genes."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from sequence_amr import Genes
from sequence_planted import RESIDUES, Planted, mutated, planted

from riboswitch.bio.genome import Genome, read_genome
from riboswitch.data.calls import Calls
from riboswitch.genomes.frames import reading_frames, stop_site
from riboswitch.modalities.sequence.encode import encode
from riboswitch.modalities.sequence.group import group
from riboswitch.resistance.calling import ScanSettings
from riboswitch.resistance.decoys import q_values
from riboswitch.resistance.known_genes import KnownGenes
from riboswitch.steps.scan import scan

GENOMES = {"o11": "GCA_000189435.3_ASM18943v3_genomic", "jmh43": "jmh43"}
HOST = "o11"
IDENTITIES = (80, 70, 60, 50, 40)
TRUE_IDENTITY, TRUE_COVERAGE = 0.7, 0.8  # a gene of the same family that does the same
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
    """The calls in one of them."""
    return scan(genome_of(genes, name), genes.model, genes.records)


def false_calls(genes: Genes) -> dict[str, Any]:
    """Confident calls in genomes kept out of training, each with the alignment to judge it by."""
    found = {}
    for name in GENOMES:
        calls = scanned(genes, name)
        table = calls.confident
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
    """Reversed reading frames that would be confident calls, of all that were looked at."""
    counts = {name: scanned(genes, name).meta["counts"] for name in GENOMES}
    called = sum(c["decoys_called"] for c in counts.values())
    looked = sum(c["decoys"] for c in counts.values())
    calls = sum(c["calls"] for c in counts.values())
    return {"amr_decoy_fdr": {
        "decoys_called": called, "decoys": looked, "share": called / looked, "calls": calls,
        "fdr": called / max(calls, 1), "stated": ScanSettings().max_fdr,
    }}  # fmt: skip


def recall_diverged(genes: Genes) -> dict[str, Any]:
    """Recall of known genes after mutation, planted into a foreign genome, beside the best hit alone.

    One gene of each family (of `group`), drawn once. The best hit calls where its alignment score (or the
    score's share of the known gene's with itself) reaches a threshold: the lowest at which the decoys' rate
    is no higher than ours, or the lowest at which it calls no more of the host's own frames than we do.
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


def _recalled(genes: Genes, genome: Genome, places: list[Planted], chosen: pd.DataFrame) -> dict[str, Any]:
    """Planted genes that are called by their class, by us and by the best hit."""
    wanted = {stop_site(p): (number, chosen["drug_class"][p.gene]) for number, p in enumerate(places)}

    def judged_calls(frames: Any, classes: Any) -> tuple[float, int]:
        """Recall, and how many calls are not of a planted gene."""
        met = [(wanted.get(stop_site(f), (-1, "")), c) for f, c in zip(frames, classes, strict=True)]
        right = {number for (number, truth), told in met if number >= 0 and truth == told}
        return len(right) / len(places), sum(number < 0 for (number, _), _ in met)

    ours = scan(genome, genes.model, genes.records).confident
    recall, in_host = judged_calls(ours.itertuples(), ours["drug_class"])
    frames = reading_frames(genome)
    known = KnownGenes.build(genes.records, "drug_class", genes.model.task.classes, "none",
                             k=ScanSettings().k, min_shared=ScanSettings().min_shared)  # fmt: skip
    forth, back = ([f.protein[::way] for f in frames] for way in (1, -1))
    classes, scores, shares = _best_hits(forth, known)
    by_decoys = scores[q_values(scores, _best_hits(back, known)[1]) <= ScanSettings().max_fdr].min()
    host = np.array([stop_site(frame) not in wanted for frame in frames])

    def best_hit(values: np.ndarray, threshold: float) -> dict[str, float]:
        called = np.flatnonzero(values >= threshold)
        found, wrong = judged_calls([frames[i] for i in called], classes[called])
        return {"recall": found, "in_host": wrong, "threshold": float(threshold)}

    def as_careful(values: np.ndarray) -> float:
        """Just above the best frame of the host that may not be called."""
        return float(np.nextafter(np.sort(values[host])[-1 - in_host], np.inf))

    return {
        "ours": {"recall": recall, "in_host": in_host},
        "frames_found": sum(stop_site(frame) in wanted for frame in frames) / len(places),
        "best_hit_at_equal_decoy_fdr": best_hit(scores, by_decoys),
        "best_hit_at_equal_calls_in_host": best_hit(scores, as_careful(scores)),
        "best_share_at_equal_calls_in_host": best_hit(shares, as_careful(shares)),
    }


def _best_hits(proteins: list[str], known: KnownGenes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Class of each protein's best known gene, its alignment score, and that as a share of the most."""
    arrays = encode({"sequence": proteins}, [""] * len(proteins))
    hits, shares = known.nearest(arrays)
    classes = known.table["drug_class"].to_numpy()[hits]
    return classes, np.round(shares * known.search.own[hits]), shares
