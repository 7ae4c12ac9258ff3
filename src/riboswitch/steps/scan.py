"""scan: a genome and a gene model -> calls with position, probability, nearest known gene.

Looking for a few genes among twenty thousand open reading frames is an open-set problem: a network
alone calls hundreds. So a call needs the network *and* homology, and reversed reading frames of the
same genome (decoys) tell how often that agreement happens by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.calls import COLUMNS, Calls
from riboswitch.errors import InputError
from riboswitch.learning.inference import Predictor
from riboswitch.modalities.sequence.codons import translate
from riboswitch.modalities.sequence.encode import encode
from riboswitch.modalities.sequence.genome import Gene, Genome, extract, read_genome
from riboswitch.modalities.sequence.orfs import Orf, find_orfs
from riboswitch.modalities.sequence.similarity import References, align, self_score
from riboswitch.model import Model
from riboswitch.records import Records
from riboswitch.settings import build, positive_int, share
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
        Least probability that the network gives to the nearest gene's class.
    min_identity, min_coverage : float
        Least identity of the aligned residues with the nearest known gene, and share of it that is aligned.
    max_fdr : float
        Highest false-discovery rate among decoys.
    candidate_probability : float
        The network alone makes a candidate from here on.
    novel_below : float
        Identity under which a call is flagged as novel.
    k, min_shared : int
        A known gene is aligned only if it shares so many k-mers.
    """

    min_aa: int = 60
    table: int = 11
    min_probability: float = 0.5
    min_identity: float = 0.5
    min_coverage: float = 0.6
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
                share(field.name, getattr(self, field.name), below_one=False)


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
    target = model.task.targets[0]
    if none not in model.task.classes:
        raise InputError(f"the model has no class {none!r}", found=model.task.classes,
                         hint="Most genes are of no class: the model must know them.")  # fmt: skip
    known = _known(references, target, model.task.classes, none)
    orfs = reading_frames(genome, settings)
    search = References.build(known["input"].tolist(), settings.k, least=settings.min_shared)
    predictor = Predictor(model)
    found = _examine([o.protein for o in orfs], predictor, search, known["drug_class"].tolist(), none)
    decoys = _examine([o.protein[::-1] for o in orfs], predictor, search, known["drug_class"].tolist(), none)
    scores, chance = found["score"].to_numpy(), decoys["score"].to_numpy()
    found["decoys_above"], found["q_value"] = _at_least(chance, scores), q_values(scores, chance)
    worth_showing = (found["hit"] >= 0) | (found["network"] >= settings.candidate_probability)
    table = _judge(_describe(found, np.flatnonzero(worth_showing), orfs, known, genome), settings)
    meta = {
        "genome": genome.source,
        "contigs": {name: len(sequence) for name, sequence in genome.contigs.items()},
        "settings": asdict(settings),
        "counts": _counts(found, decoys, table, genome, orfs),
    }
    return Calls(table[COLUMNS], meta)


def _known(references: Records, target: str, classes: Sequence[str], none: str) -> pd.DataFrame:
    """The references of a class, with it in the column ``drug_class``."""
    if target not in references.table:
        raise InputError("the references have no column of classes", found=target,
                         hint="Give the records that the model was trained on.")  # fmt: skip
    known = references.table[references.table[target] != none].reset_index(drop=True)
    known["drug_class"] = known[target]
    foreign = known.loc[~known[target].isin(classes), target]
    if len(foreign):
        raise InputError("a reference is of a class that the model does not know", found=foreign.iloc[0])
    return known


def reading_frames(genome: Genome, settings: ScanSettings) -> list[Orf]:
    """Open reading frames of all contigs, in genome order; where a gene is annotated, with its start.

    An annotated start that differs from the one that was found replaces it, if it lies in the same frame and
    leaves enough residues: curated starts are better than guessed ones.
    """
    starts = {_stop_site(g.contig, g.start, g.end, g.strand): g for g in genome.cds}
    frames = []
    for contig, sequence in genome.contigs.items():
        for orf in find_orfs(sequence, settings.min_aa, settings.table, contig=contig):
            gene = starts.get(_stop_site(contig, orf.start, orf.end, orf.strand))
            frames.append(orf if gene is None else _as_annotated(orf, gene, genome, settings))
    return frames


def _stop_site(contig: str, start: int, end: int, strand: str) -> tuple[str, str, int]:
    return contig, strand, end if strand == "+" else start


def _as_annotated(orf: Orf, gene: Gene, genome: Genome, settings: ScanSettings) -> Orf:
    shift = gene.start - orf.start if orf.strand == "+" else orf.end - gene.end
    if shift == 0 or shift % 3 or len(gene.parts) > 1 or gene.end > len(genome.contigs[gene.contig]):
        return orf
    protein = translate(extract(genome, gene), settings.table).removesuffix("*")
    if "*" in protein or len(protein) - protein.count("X") < settings.min_aa:
        return orf
    open5 = "5'" in gene.partial
    return replace(
        orf,
        start=gene.start,
        end=gene.end,
        partial="5'" * open5 + "3'" * ("3'" in orf.partial),
        protein=protein if open5 else f"M{protein[1:]}",
    )


def _examine(
    proteins: Sequence[str], predictor: Predictor, search: References, classes: Sequence[str], none: str
) -> pd.DataFrame:
    """Network and homology for each protein; ``score`` is high only where both agree on a class.

    The score is the probability of the nearest gene's class times the alignment's share of the score
    that the nearest gene has with itself.
    """
    mean, sd = predictor(
        encode(proteins, [str(i) for i in range(len(proteins))], predictor.model.header["encoder"])
    )
    names = list(predictor.task.classes)
    resistant = np.array([n != none for n in names])
    best = np.where(resistant, mean, -1.0).argmax(1)
    rows = []
    for i, protein in enumerate(proteins):
        hit, points = search.nearest(protein)
        column = names.index(classes[hit]) if hit >= 0 else int(best[i])
        bits = points / self_score(search.proteins[hit]) if hit >= 0 else 0.0
        rows.append((hit, names[column], mean[i, column], sd[i, column], bits * mean[i, column]))
    table = pd.DataFrame(rows, columns=["hit", "drug_class", "probability", "probability_sd", "score"])
    at = np.arange(len(best)), best
    return table.assign(network_class=[names[b] for b in best], network=mean[at], network_sd=sd[at])


def q_values(scores: np.ndarray, decoys: np.ndarray) -> np.ndarray:
    """Decoy-estimated false-discovery rate at each score, made monotone (Käll et al., J Proteome Res 2008).

    A score of zero (no homology) has the rate 1.

    Returns
    -------
    ndarray
        Shape (scores,), between 0 and 1; never lower for a lower score.
    """
    rate = np.minimum(1.0, _at_least(decoys, scores) / np.maximum(_at_least(scores, scores), 1))
    rate[scores <= 0] = 1.0
    order = np.argsort(scores, kind="stable")
    rate[order] = np.minimum.accumulate(rate[order])
    return rate


def _at_least(values: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    ordered = np.sort(values)
    return len(ordered) - np.searchsorted(ordered, thresholds, "left")


def _describe(
    found: pd.DataFrame, rows: np.ndarray, orfs: Sequence[Orf], known: pd.DataFrame, genome: Genome
) -> pd.DataFrame:
    """The chosen rows, with position and nearest known gene."""
    tags = {_stop_site(g.contig, g.start, g.end, g.strand): g.locus_tag for g in genome.cds}
    out = []
    for i in rows:
        orf, facts = orfs[i], found.iloc[i]
        line = {
            "genome": genome.source,
            "orf_id": f"{orf.contig}:{orf.start}-{orf.end}({orf.strand})",
            "contig": orf.contig, "start": orf.start, "end": orf.end, "strand": orf.strand,
            "partial": orf.partial, "gene_length_aa": len(orf.protein),
            "locus_tag": tags.get(_stop_site(orf.contig, orf.start, orf.end, orf.strand), ""),
        }  # fmt: skip
        out.append(line | facts.to_dict() | _nearest(orf.protein, int(facts["hit"]), known))
    return pd.DataFrame(out)


def _nearest(protein: str, hit: int, known: pd.DataFrame) -> dict[str, Any]:
    if hit < 0:
        blank = dict.fromkeys(("nearest_gene", "nearest_accession", "nearest_class", "phenotype_classes",
                               "antibiotics", "pmid"), "")  # fmt: skip
        return {**blank, "identity": 0.0, "coverage": 0.0, "reference_length_aa": 0}
    gene = known.iloc[hit]
    alignment = align(protein, gene["input"])
    return {
        "nearest_gene": gene.get("gene") or gene["id"],
        "nearest_accession": gene.get("accession") or gene["id"],
        "nearest_class": gene["drug_class"],
        "phenotype_classes": gene.get("phenotype_classes") or "",
        "antibiotics": gene.get("antibiotics") or "",
        "pmid": gene.get("pmid") or "",
        "identity": round(alignment.identity, 4),
        "coverage": round(alignment.coverage, 4),
        "reference_length_aa": len(gene["input"]),
    }


def _judge(table: pd.DataFrame, settings: ScanSettings) -> pd.DataFrame:
    """Decide what is a call, what a candidate, and say why; other rows go."""
    if table.empty:
        return pd.DataFrame(columns=COLUMNS)
    homologous = (table["identity"] >= settings.min_identity) & (table["coverage"] >= settings.min_coverage)
    sure = table["probability"] >= settings.min_probability
    rare = table["q_value"] <= settings.max_fdr
    alone = table["network"] >= settings.candidate_probability
    called = homologous & sure & rare
    table["status"] = np.where(called, "call", np.where(homologous | alone, "candidate", ""))
    only_network = alone & ~homologous
    table["why"] = np.select(
        [called, only_network, ~sure],
        [
            "network and homology agree",
            "network only: no known gene is near",
            "homology only: the network disagrees",
        ],
        "homology, but decoys score as high",
    )
    for column, other in (("drug_class", "network_class"), ("probability", "network"),
                          ("probability_sd", "network_sd")):  # fmt: skip
        table[column] = table[column].where(~only_network, table[other])
    table["novelty"] = table["identity"] < settings.novel_below
    for column in ("probability", "probability_sd", "score", "q_value"):
        table[column] = table[column].astype(float).round(6)
    kept = table[table["status"] != ""]
    return kept.sort_values(["status", "score"], ascending=[True, False], kind="stable", ignore_index=True)


def _counts(
    found: pd.DataFrame, decoys: pd.DataFrame, table: pd.DataFrame, genome: Genome, orfs: Sequence[Orf]
) -> dict[str, Any]:
    """How much was examined, and what the network alone would have called."""
    levels = (0.5, 0.9, 0.99)
    return {
        "contigs": len(genome.contigs),
        "bases": sum(map(len, genome.contigs.values())),
        "orfs": len(orfs),
        "annotated_cds": len(genome.cds),
        "decoys": len(decoys),
        "with_homology": int((found["hit"] >= 0).sum()),
        "decoys_with_homology": int((decoys["hit"] >= 0).sum()),
        "network_alone_above": {str(level): int((found["network"] >= level).sum()) for level in levels},
        "decoys_network_alone_above": {
            str(level): int((decoys["network"] >= level).sum()) for level in levels
        },
        "calls": int((table["status"] == "call").sum()),
        "candidates": int((table["status"] == "candidate").sum()),
    }


def command(
    genome: Path,
    model: Path,
    /,
    *,
    references: Path,
    output: Path,
    annotation: Path | None = None,
    settings: str = "{}",
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
    """
    from riboswitch.cli import json_option

    bundle = Model.load(model)
    calls = scan(
        read_genome(genome, annotation), bundle, Records.load(references), json_option("settings", settings)
    )
    calls.save(output / "calls.parquet")
    write_hamronization(calls.table, output / "calls.tsv")
    write_gff3(calls.table, output / "calls.gff3")
    write_bed(calls.table, output / "calls.bed")
