"""scan: a genome and a gene model -> calls with position, probability, nearest known gene.

Looking for a few genes among twenty thousand open reading frames is an open-set problem: a network
alone calls hundreds. So a call needs the model *and* homology, and reversed reading frames of the
same genome (decoys) tell how often that agreement happens by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.bio.genome import Genome, read_genome
from riboswitch.config.settings import build, fraction, positive_int
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.calls import COLUMNS, Calls
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.errors import InputError
from riboswitch.genomes.frames import reading_frames, stop_site
from riboswitch.genomes.orfs import Orf
from riboswitch.learning.inference import Predictor
from riboswitch.learning.loop import reproducible
from riboswitch.modalities.sequence.encode import encode
from riboswitch.resistance.decoys import at_least, q_values
from riboswitch.resistance.known_genes import KnownGenes
from riboswitch.tracks import write_bed, write_gff3, write_hamronization


@dataclass(frozen=True)
class ScanSettings:
    """What makes a call.

    Attributes
    ----------
    min_aa : int
        Shortest open reading frame.
    table : int
        Genetic code (NCBI number).
    min_probability : float
        Least probability that the model gives to the nearest gene's class.
    min_identity, min_coverage, min_query_coverage : float
        Least identity of the aligned residues with the nearest known gene, and the least shares of the known
        gene and of the found one that are aligned: one domain in common does not make a long protein a
        resistance gene.
    max_fdr : float
        Highest false-discovery rate among decoys.
    candidate_probability : float
        The networks alone make a candidate from here on, if theirs is the greater part in the model.
    novel_below : float
        Identity under which a call is flagged as novel.
    k, min_shared : int
        A known gene is aligned only if it shares so many k-mers (of 5 residues at most).
    """

    min_aa: int = 60
    table: int = 11
    min_probability: float = 0.5
    min_identity: float = 0.5
    min_coverage: float = 0.6
    min_query_coverage: float = 0.4
    max_fdr: float = 0.01
    candidate_probability: float = 0.9
    novel_below: float = 0.9
    k: int = 5
    min_shared: int = 4

    def __post_init__(self) -> None:
        for name in ("min_aa", "table", "k", "min_shared"):
            positive_int(name, getattr(self, name))
        for field in fields(self):
            if field.type == "float":
                fraction(field.name, getattr(self, field.name), below_one=False)


def scan(
    genome: Genome,
    model: Model,
    references: Records,
    settings: ScanSettings | Mapping[str, Any] | None = None,
    *,
    none: str = "none",
) -> Calls:
    """Call genes of the model's classes in a genome.

    Parameters
    ----------
    genome : Genome
        Contigs, and coding sequences where it is annotated.
    model : Model
        A multi-class model of proteins with the class ``none``.
    references : Records
        The known genes: proteins with their class, and what is known of them.
    settings : ScanSettings or mapping, optional
    none : str
        The class of genes that are of no class.

    Returns
    -------
    Calls
    """
    if not isinstance(settings, ScanSettings):
        settings = build(ScanSettings, settings or {}, "scan")
    if none not in model.task.classes:
        raise InputError(f"the model has no class {none!r}", found=model.task.classes,
                         hint="Most genes are of no class: the model must know them.")  # fmt: skip
    known = KnownGenes.build(references, model.task.targets[0], model.task.classes, none,
                             k=settings.k, min_shared=settings.min_shared)  # fmt: skip
    orfs, predictor = reading_frames(genome, settings.min_aa, settings.table), Predictor(model)
    found = _examine([orf.protein for orf in orfs], predictor, known, none)
    decoys = _examine([orf.protein[::-1] for orf in orfs], predictor, known, none)
    scores, chance = found["score"].to_numpy(), decoys["score"].to_numpy()
    found["decoys_above"], found["q_value"] = at_least(chance, scores), q_values(scores, chance)
    worth = np.flatnonzero((found["hit"] >= 0) | (found["network"] >= settings.candidate_probability))
    table = _judge(_describe(found, worth, orfs, known, genome), settings)
    counts = _counts(found, decoys, table, genome, orfs)
    for name, examined in (("network_alone_above", found), ("decoys_network_alone_above", decoys)):
        counts[name] = _above(examined["network"]) if _lead(predictor) else {}
    counts["decoys_called"] = _decoys_called(decoys, found, orfs, known, settings)
    meta = {
        "genome": genome.source,
        "contigs": {name: len(sequence) for name, sequence in genome.contigs.items()},
        "settings": asdict(settings),
        "counts": counts,
    }
    return Calls(table[COLUMNS], meta)


def _examine(proteins: Sequence[str], predictor: Predictor, known: KnownGenes, none: str) -> pd.DataFrame:
    """Model and homology for each protein; ``score`` is high only where both agree on a class.

    The score is the probability of the nearest gene's class times the alignment's share of the score
    that the nearest gene has with itself. Only what resembles a known gene is put to the whole model.
    ``network`` is what the networks alone say of any class, for all proteins; 0 if their part is the lesser.
    """
    arrays = encode(proteins, [str(i) for i in range(len(proteins))], predictor.model.header["encoder"])
    names = list(predictor.task.classes)
    hits, shares = known.nearest(arrays)
    similar = np.flatnonzero(hits >= 0)
    classes, sure, sd = np.full(len(hits), "", object), np.zeros(len(hits)), np.zeros(len(hits))
    classes[similar] = known.table["drug_class"].to_numpy()[hits[similar]]
    # One thread: sums in another order would differ in the last bit, and with it the bytes of the calls.
    with reproducible(0):
        means, sds = predictor(arrays, similar)
        alone, alone_sd = _networks(predictor, arrays)
    at = np.arange(len(similar)), [names.index(c) for c in classes[similar]]
    sure[similar], sd[similar] = means[at], sds[at]
    best = np.where([name != none for name in names], alone, -1.0).argmax(1)
    at = np.arange(len(best)), best.tolist()
    return pd.DataFrame({
        "hit": hits, "drug_class": classes, "probability": sure, "probability_sd": sd, "score": sure * shares,
        "network_class": [names[b] for b in best], "network": alone[at], "network_sd": alone_sd[at],
    })  # fmt: skip


def _networks(predictor: Predictor, arrays: RaggedArrays) -> tuple[np.ndarray, np.ndarray]:
    """Answers of the networks without base learners; zeros if they would not be the model's answer."""
    if not _lead(predictor) or not len(arrays):
        nothing = np.zeros((len(arrays), len(predictor.task.classes)))
        return nothing, nothing
    said = predictor.members(arrays)
    return said.mean(0), said.std(0)


def _lead(predictor: Predictor) -> bool:
    """Whether the networks have the greater part in the answer."""
    return predictor.stack is None or predictor.stack.blend.weight > 0.5


def _describe(
    found: pd.DataFrame, rows: np.ndarray, orfs: Sequence[Orf], known: KnownGenes, genome: Genome
) -> pd.DataFrame:
    """The chosen rows, with position and nearest known gene."""
    tags = {stop_site(g): g.locus_tag for g in genome.cds}
    out = []
    for i in rows:
        orf, facts = orfs[i], found.iloc[i]
        line = {
            "genome": genome.source,
            "orf_id": f"{orf.contig}:{orf.start}-{orf.end}({orf.strand})",
            "contig": orf.contig, "start": orf.start, "end": orf.end, "strand": orf.strand,
            "partial": orf.partial, "gene_length_aa": len(orf.protein),
            "locus_tag": tags.get(stop_site(orf), ""),
        }  # fmt: skip
        out.append(line | facts.to_dict() | known.describe(orf.protein, int(facts["hit"])))
    return pd.DataFrame(out)


def _judge(table: pd.DataFrame, settings: ScanSettings) -> pd.DataFrame:
    """Decide what is a call, what a candidate, and say why; other rows go."""
    if table.empty:
        return pd.DataFrame(columns=COLUMNS)
    homologous, sure = _agreeing(table, settings)
    alone = table["network"] >= settings.candidate_probability
    called = homologous & sure & (table["q_value"] <= settings.max_fdr)
    table["status"] = np.where(called, "call", np.where(homologous | alone, "candidate", ""))
    only_network = alone & ~homologous
    reasons = ["model and homology agree", "network only: no known gene is near",
               "homology only: the model disagrees"]  # fmt: skip
    table["why"] = np.select([called, only_network, ~sure], reasons, "homology, but decoys score as high")
    told = {"drug_class": "network_class", "probability": "network", "probability_sd": "network_sd"}
    for column, other in told.items():
        table[column] = table[column].where(~only_network, table[other])
    table["novelty"] = homologous & (table["identity"] < settings.novel_below)
    for column in ("probability", "probability_sd", "score", "q_value"):
        table[column] = table[column].astype(float).round(6)
    kept = table[table["status"] != ""]
    return kept.sort_values(["status", "score"], ascending=[True, False], kind="stable", ignore_index=True)


def _agreeing(table: pd.DataFrame, settings: ScanSettings) -> tuple[pd.Series, pd.Series]:
    """Where the nearest gene is near enough, and where the model is sure enough."""
    near = (table["identity"] >= settings.min_identity) & (table["coverage"] >= settings.min_coverage)
    near &= table["query_coverage"] >= settings.min_query_coverage
    return near, table["probability"] >= settings.min_probability


def _decoys_called(
    decoys: pd.DataFrame, found: pd.DataFrame, orfs: Sequence[Orf], known: KnownGenes, settings: ScanSettings
) -> int:
    """How many decoys would be calls: they meet all that is asked, and score as high as a frame had to."""
    enough = found.loc[found["q_value"] <= settings.max_fdr, "score"].min()  # NaN if none is
    rows = np.flatnonzero((decoys["hit"] >= 0) & (decoys["score"] >= enough))
    if not len(rows):
        return 0
    told = [known.describe(orfs[i].protein[::-1], int(decoys["hit"].iloc[i])) for i in rows.tolist()]
    near, sure = _agreeing(pd.DataFrame(told, index=rows).join(decoys), settings)
    return int((near & sure).sum())


def _counts(
    found: pd.DataFrame, decoys: pd.DataFrame, table: pd.DataFrame, genome: Genome, orfs: Sequence[Orf]
) -> dict[str, Any]:
    """How much was examined, and what came of it."""
    return {
        "contigs": len(genome.contigs),
        "bases": sum(map(len, genome.contigs.values())),
        "orfs": len(orfs),
        "annotated_cds": len(genome.cds),
        "decoys": len(decoys),
        "with_homology": int((found["hit"] >= 0).sum()),
        "decoys_with_homology": int((decoys["hit"] >= 0).sum()),
        "calls": int((table["status"] == "call").sum()),
        "candidates": int((table["status"] == "candidate").sum()),
    }


def _above(network: pd.Series) -> dict[str, int]:
    """How many frames the networks alone would have called."""
    return {str(level): int((network >= level).sum()) for level in (0.5, 0.9, 0.99)}


def command(
    genome: Path,
    model: Path,
    /,
    *,
    references: Path,
    output: Path,
    annotation: Path | None = None,
    settings: str = "{}",
    database: str = "ResFinder",
    database_version: str = "unknown",
) -> None:
    """Call resistance genes in a genome.

    Gene presence is not phenotype: a call is no statement about susceptibility.

    Parameters
    ----------
    genome : Path
        FASTA, GenBank or EMBL, plain or gzip.
    model : Path
        The gene model (.safetensors).
    references : Path
        The known genes (records, .parquet).
    output : Path
        Folder for calls.parquet, calls.tsv, calls.gff3, calls.bed.
    annotation : Path
        GFF3 of the genome, if it is FASTA.
    settings : str
        JSON, as '{"min_identity": 0.8}'.
    database : str
        What the known genes come from, for calls.tsv.
    database_version : str
        Its version, or the date it was made.
    """
    from riboswitch.cli import json_option

    how, bundle, known = json_option("settings", settings), Model.load(model), Records.load(references)
    calls = scan(read_genome(genome, annotation), bundle, known, how)
    calls.save(output / "calls.parquet")
    write_hamronization(
        calls.confident, output / "calls.tsv", database=database, database_version=database_version
    )
    write_gff3(calls.table, output / "calls.gff3")
    write_bed(calls.table, output / "calls.bed")
