"""Reading frames that resemble known resistance genes, where the curated rules know none.

Looking for a few genes among ten thousand open reading frames is an open-set problem. A frame is a candidate
if it resembles a known gene far more than any protein that does not resist (see `likeness`). Reversed
reading frames, the decoys, show how often chance reaches a score. `genome_calls` keeps what this adds to
the curated genes. No candidate is a call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riboswitch.bio.genome import Genome
from riboswitch.config.settings import check_settings, number, whole
from riboswitch.data.calls import CALL_COLUMNS, Calls
from riboswitch.genomes.frames import stop_site
from riboswitch.genomes.intervals import Interval
from riboswitch.genomes.orfs import Orf
from riboswitch.resistance.decoys import at_least, q_values

if TYPE_CHECKING:
    from riboswitch.resistance.frame_scores import FrameScorer
    from riboswitch.resistance.known_genes import KnownGenes

SIMILAR = "resembles a known gene, but reaches no family's cut-offs"
ALONE = "network only: no known gene is near"
AGREES = 0.5
"""Least probability of the known gene's class with which a model agrees."""

MOST_DECOYS = 1000
"""So many frames are read backwards, at even distances; their counts are scaled to all frames."""


@dataclass(frozen=True)
class ScanSettings:
    """How frames that resemble known genes are judged, and the genetic code.

    Attributes
    ----------
    min_aa : int
        Shortest open reading frame, in residues.
    table : int
        Genetic code (NCBI number).
    min_score : float
        Least score of a candidate: the alignment score with the nearest known gene, less the best one with a
        protein that does not resist, as a share of the known gene's score with itself. The default is the
        highest at which families for choosing lose no recall against the threshold with which two genomes for
        choosing have no candidate (``docs/benchmarks.md``).
    max_fdr : float
        Highest false-discovery rate of a candidate, estimated with decoys.
    candidate_probability : float
        A frame without a similar known gene is a candidate if the networks give it at least this
        probability. Only for models in which the networks outweigh the base learners.
    novel_below : float
        A frame with an identity below this is flagged as novel.
    """

    min_aa: int = whole(100)
    table: int = whole(11)
    min_score: float = number(0.2, at_least=0.1, at_most=1)
    max_fdr: float = number(0.01, at_least=0, at_most=1)
    candidate_probability: float = number(0.9, at_least=0, at_most=1)
    novel_below: float = number(0.9, at_least=0, at_most=1)

    def __post_init__(self) -> None:
        check_settings(self)


def call_resistance(
    genome: Genome, frames: Sequence[Orf], scorer: FrameScorer, settings: ScanSettings
) -> Calls:
    """Find candidates among the reading frames of a genome.

    Parameters
    ----------
    genome : Genome
    frames : sequence of Orf
        Its reading frames.
    scorer : FrameScorer
    settings : ScanSettings

    Returns
    -------
    Calls
    """
    backwards = frames[:: max(1, -(-len(frames) // MOST_DECOYS))]
    proteins = [*(frame.protein for frame in frames), *(frame.protein[::-1] for frame in backwards)]
    scored = scorer(proteins)  # together: a known gene is then aligned with all at once
    found, decoys = scored[: len(frames)].copy(), scored[len(frames) :].reset_index(drop=True)
    each = len(frames) / max(len(backwards), 1)
    scores, chance = found["score"].to_numpy(), decoys["score"].to_numpy()
    found["decoys_above"], found["q_value"] = at_least(chance, scores), q_values(scores, chance, each)
    alike = (scores >= settings.min_score) & (found["q_value"] <= settings.max_fdr)
    rows = np.flatnonzero(alike | (found["network"] >= settings.candidate_probability))
    table = _candidates(found.assign(alike=alike), rows, frames, scorer, genome)
    table["novelty"] = table["alike"] & (table["identity"] < settings.novel_below)
    counts = _counts(found, decoys, table, genome, frames)
    for name, scored in (("network_alone_above", found), ("decoys_network_alone_above", decoys)):
        counts[name] = _above(scored["network"]) if scorer.networks_lead else {}
    least = found.loc[alike, "score"].min() if alike.any() else settings.min_score
    counts["decoys_called"] = int((chance >= least).sum())
    table = table.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    return Calls(table.reindex(columns=CALL_COLUMNS, fill_value=""), _meta(genome, settings, counts))


def nothing_similar(genome: Genome, settings: ScanSettings) -> Calls:
    """The table of a genome in which only known genes were looked for."""
    counts = _size(genome) | {"calls": 0, "candidates": 0}
    return Calls(pd.DataFrame(columns=CALL_COLUMNS), _meta(genome, settings, counts))


def _meta(genome: Genome, settings: ScanSettings, counts: dict[str, Any]) -> dict[str, Any]:
    return {
        "genome": genome.source,
        "contigs": genome.lengths,
        **({"circular": sorted(genome.circular)} if genome.circular else {}),
        "settings": asdict(settings),
        "counts": counts,
    }


def _size(genome: Genome) -> dict[str, int]:
    return {"contigs": len(genome.contigs), "bases": len(genome), "annotated_cds": len(genome.cds)}


def _candidates(
    found: pd.DataFrame, rows: np.ndarray, frames: Sequence[Orf], scorer: FrameScorer, genome: Genome
) -> pd.DataFrame:
    """The chosen rows, with position, nearest known gene, what a model says, and why they are candidates."""
    table = _describe(found, rows, frames, scorer.known, genome)
    proteins = [frames[i].protein for i in rows.tolist()]
    table = table.join(scorer.classes(proteins, found["hit"].iloc[rows].tolist()))
    of_network = {"drug_class": "network_class", "probability": "network", "probability_sd": "network_sd"}
    for column, other in of_network.items():
        table[column] = table[column].where(table["alike"], table[other])
    for column in ("probability", "probability_sd", "score", "q_value"):
        table[column] = table[column].astype(float).round(6)
    said = [
        "" if np.isnan(p) else "; the model agrees" if p >= AGREES else "; the model disagrees"
        for p in table["probability"]
    ]
    why = [SIMILAR + text if alike else ALONE for alike, text in zip(table["alike"], said, strict=True)]
    methods = np.where(table["alike"], "SIMILAR", "MODEL")
    return table.assign(status="candidate", kind="similar", method=methods, why=why)


_PLACED = ("genome", "orf_id", "contig", "start", "end", "strand", "partial", "gene_length_aa", "locus_tag",
           "input", "protein_id")  # fmt: skip


def _describe(
    found: pd.DataFrame, rows: np.ndarray, frames: Sequence[Orf], known: KnownGenes, genome: Genome
) -> pd.DataFrame:
    """The chosen rows, with position and nearest known gene."""
    tags = {stop_site(gene): gene.locus_tag for gene in genome.cds}
    described = []
    for i in rows:
        frame, scores = frames[i], found.iloc[i]
        near = int(scores["hit"]) if scores["alike"] else -1
        position = {
            "genome": genome.source,
            "orf_id": str(Interval(frame.contig, frame.start, frame.end, frame.strand)),
            "contig": frame.contig, "start": frame.start, "end": frame.end, "strand": frame.strand,
            "partial": frame.partial, "gene_length_aa": len(frame.protein),
            "locus_tag": tags.get(stop_site(frame), ""), "input": "DNA", "protein_id": "",
        }  # fmt: skip
        described.append(position | scores.to_dict() | known.describe(frame.protein, near))
    columns = [*found, *_PLACED, *known.describe("", -1)]
    return pd.DataFrame(described, columns=columns)


def _counts(
    found: pd.DataFrame, decoys: pd.DataFrame, table: pd.DataFrame, genome: Genome, frames: Sequence[Orf]
) -> dict[str, Any]:
    """How many frames were scored, and what they became."""
    return {
        **_size(genome),
        "orfs": len(frames),
        "decoys": len(decoys),
        "with_homology": int((found["hit"] >= 0).sum()),
        "homologues": int(found["homologue"].sum()),
        "decoys_with_homology": int((decoys["hit"] >= 0).sum()),
        "calls": 0,
        "candidates": len(table),
    }


def _above(network: pd.Series) -> dict[str, int]:
    """How many frames the networks alone would have called, by threshold."""
    return {str(level): int((network >= level).sum()) for level in (0.5, 0.9, 0.99)}
