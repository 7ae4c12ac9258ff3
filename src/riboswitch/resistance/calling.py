"""What a model says of reading frames that resemble known resistance genes.

Looking for a few genes among twenty thousand open reading frames is an open-set problem. Here a frame is
called if model and homology agree (see `frame_scores`). The reversed reading frames of the same genome, the
decoys, show how often the two agree by chance. `genome_calls` keeps what it adds to the curated genes, as
candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riboswitch.bio.genome import Genome
from riboswitch.bio.kmers import LONGEST_SEARCHED
from riboswitch.config.settings import check_settings, number, whole
from riboswitch.data.calls import CALL_COLUMNS, Calls
from riboswitch.genomes.frames import stop_site
from riboswitch.genomes.intervals import Interval
from riboswitch.genomes.orfs import Orf
from riboswitch.resistance.decoys import at_least, q_values

if TYPE_CHECKING:
    from riboswitch.resistance.frame_scores import FrameScorer
    from riboswitch.resistance.known_genes import KnownGenes

AGREED = "model and homology agree"


@dataclass(frozen=True)
class ScanSettings:
    """How frames that resemble known genes are judged, and the genetic code.

    Attributes
    ----------
    min_aa : int
        Shortest open reading frame, in residues.
    table : int
        Genetic code (NCBI number).
    min_probability : float
        Least probability that the model gives to the nearest gene's class.
    min_identity : float
        Least identity of the aligned residues with the nearest known gene.
    min_coverage : float
        Least fraction of the known gene that is aligned.
    min_query_coverage : float
        Least fraction of the frame that is aligned: one domain in common does not make a long protein a
        resistance gene.
    max_fdr : float
        Highest false-discovery rate, estimated with decoys.
    candidate_probability : float
        A frame without a similar known gene is a candidate if the networks give it at least this
        probability. Only for models in which the networks outweigh the base learners.
    novel_below : float
        A frame with an identity below this is flagged as novel.
    k : int
        Residues of a k-mer, at most 5.
    min_shared : int
        Least number of shared k-mers; known genes with fewer are not aligned.
    """

    min_aa: int = whole(60)
    table: int = whole(11)
    min_probability: float = number(0.5, at_least=0, at_most=1)
    min_identity: float = number(0.5, at_least=0, at_most=1)
    min_coverage: float = number(0.6, at_least=0, at_most=1)
    min_query_coverage: float = number(0.4, at_least=0, at_most=1)
    max_fdr: float = number(0.01, at_least=0, at_most=1)
    candidate_probability: float = number(0.9, at_least=0, at_most=1)
    novel_below: float = number(0.9, at_least=0, at_most=1)
    k: int = whole(5, at_most=LONGEST_SEARCHED)
    min_shared: int = whole(4)

    def __post_init__(self) -> None:
        check_settings(self)


def call_resistance(
    genome: Genome, frames: Sequence[Orf], scorer: FrameScorer, settings: ScanSettings
) -> Calls:
    """Call resistance genes among the reading frames of a genome.

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
    found = scorer([frame.protein for frame in frames])
    decoys = scorer([frame.protein[::-1] for frame in frames])
    scores, chance = found["score"].to_numpy(), decoys["score"].to_numpy()
    found["decoys_above"], found["q_value"] = at_least(chance, scores), q_values(scores, chance)
    rows = np.flatnonzero((found["hit"] >= 0) | (found["network"] >= settings.candidate_probability))
    table = decide(_describe(found, rows, frames, scorer.known, genome), settings)
    counts = _counts(found, decoys, table, genome, frames)
    for name, scored in (("network_alone_above", found), ("decoys_network_alone_above", decoys)):
        counts[name] = _above(scored["network"]) if scorer.networks_lead else {}
    counts["decoys_called"] = _decoys_called(decoys, found, frames, scorer.known, settings)
    return Calls(table.reindex(columns=CALL_COLUMNS, fill_value=""), _meta(genome, settings, counts))


def nothing_similar(genome: Genome, settings: ScanSettings) -> Calls:
    """The table of a genome that no model has seen."""
    counts = _size(genome) | {"calls": 0, "candidates": 0}
    return Calls(pd.DataFrame(columns=CALL_COLUMNS), _meta(genome, settings, counts))


def _meta(genome: Genome, settings: ScanSettings, counts: dict[str, Any]) -> dict[str, Any]:
    return {
        "genome": genome.source,
        "contigs": genome.lengths,
        "settings": asdict(settings),
        "counts": counts,
    }


def _size(genome: Genome) -> dict[str, int]:
    return {"contigs": len(genome.contigs), "bases": len(genome), "annotated_cds": len(genome.cds)}


def decide(table: pd.DataFrame, settings: ScanSettings) -> pd.DataFrame:
    """Decide which frames are calls and which are candidates, and say why; leave out all others.

    Parameters
    ----------
    table : DataFrame
        Scores of `FrameScorer`, ``q_value``, and the alignment with the nearest known gene
        (`KnownGenes.describe`).
    settings : ScanSettings

    Returns
    -------
    DataFrame
        With ``status`` (``call`` or ``candidate``), ``why`` and ``novelty``; calls first, best score first.
    """
    if table.empty:
        return pd.DataFrame(columns=CALL_COLUMNS)
    homologous, probable = _evidence(table, settings)
    by_network = table["network"] >= settings.candidate_probability
    called = homologous & probable & (table["q_value"] <= settings.max_fdr)
    table["status"] = np.where(called, "call", np.where(homologous | by_network, "candidate", ""))
    only_network = by_network & ~homologous
    reasons = [AGREED, "network only: no known gene is near",
               "homology only: the model disagrees"]  # fmt: skip
    table["why"] = np.select([called, only_network, ~probable], reasons, "homology, but decoys score as high")
    of_network = {"drug_class": "network_class", "probability": "network", "probability_sd": "network_sd"}
    for column, other in of_network.items():
        table[column] = table[column].where(~only_network, table[other])
    table["novelty"] = homologous & (table["identity"] < settings.novel_below)
    for column in ("probability", "probability_sd", "score", "q_value"):
        table[column] = table[column].astype(float).round(6)
    kept = table[table["status"] != ""]
    return kept.sort_values(["status", "score"], ascending=[True, False], kind="stable", ignore_index=True)


def _evidence(table: pd.DataFrame, settings: ScanSettings) -> tuple[pd.Series, pd.Series]:
    """Where the nearest gene is similar enough, and where the model's probability is high enough."""
    near = (table["identity"] >= settings.min_identity) & (table["coverage"] >= settings.min_coverage)
    near &= table["query_coverage"] >= settings.min_query_coverage
    return near, table["probability"] >= settings.min_probability


def _describe(
    found: pd.DataFrame, rows: np.ndarray, frames: Sequence[Orf], known: KnownGenes, genome: Genome
) -> pd.DataFrame:
    """The chosen rows, with position and nearest known gene."""
    tags = {stop_site(gene): gene.locus_tag for gene in genome.cds}
    described = []
    for i in rows:
        frame, scores = frames[i], found.iloc[i]
        position = {
            "genome": genome.source,
            "orf_id": str(Interval(frame.contig, frame.start, frame.end, frame.strand)),
            "contig": frame.contig, "start": frame.start, "end": frame.end, "strand": frame.strand,
            "partial": frame.partial, "gene_length_aa": len(frame.protein),
            "locus_tag": tags.get(stop_site(frame), ""), "input": "DNA", "protein_id": "",
        }  # fmt: skip
        described.append(position | scores.to_dict() | known.describe(frame.protein, int(scores["hit"])))
    return pd.DataFrame(described)


def _decoys_called(
    decoys: pd.DataFrame,
    found: pd.DataFrame,
    frames: Sequence[Orf],
    known: KnownGenes,
    settings: ScanSettings,
) -> int:
    """How many decoys would be calls: they meet every condition, with a score that makes a frame a call."""
    least = found.loc[found["q_value"] <= settings.max_fdr, "score"].min()  # NaN if no frame is called
    rows = np.flatnonzero((decoys["hit"] >= 0) & (decoys["score"] >= least))
    if not len(rows):
        return 0
    described = [known.describe(frames[i].protein[::-1], int(decoys["hit"].iloc[i])) for i in rows.tolist()]
    homologous, probable = _evidence(pd.DataFrame(described, index=rows).join(decoys), settings)
    return int((homologous & probable).sum())


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
        "calls": int((table["status"] == "call").sum()),
        "candidates": int((table["status"] == "candidate").sum()),
    }


def _above(network: pd.Series) -> dict[str, int]:
    """How many frames the networks alone would have called, by threshold."""
    return {str(level): int((network >= level).sum()) for level in (0.5, 0.9, 0.99)}
