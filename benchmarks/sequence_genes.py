"""Accuracy of gene calling in the unseen half of a genome and in another species, compared with pyrodigal.

A gene is found if a called gene has its stop codon (F of precision and recall). The fraction of found genes
that begin where the annotation says is a figure of its own. Truth is every annotated coding sequence that is
not a pseudogene: frames in pseudogenes count as wrong. Each seed is another training. Nothing is chosen on
the genome in which genes are called.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.bio.genome import Gene, Genome, read_genome
from riboswitch.data.model import Model
from riboswitch.data.records import Record, Records
from riboswitch.data.splits import Split
from riboswitch.genomes.frames import labelled_frames, stop_site
from riboswitch.modalities.sequence.encode import encode
from riboswitch.steps.genes import genes
from riboswitch.steps.train import train

SEEDS = (0, 1, 2)
MOST_FRAMES = 22_000  # about a minute of training on one core
HELD_BACK = 0.1  # fraction of frames, at the end of the training genome, to choose the epoch by
SETTINGS = {"epochs": 5, "learning_rate": 3e-3, "class_power": 0.0, "group_power": 0.0}
Starts = dict[tuple[str, str, int], int]  # stop site to first base of the start codon


def gene_f(genbank: Path, seeds: tuple[int, ...] = SEEDS) -> dict[str, Any]:
    """Train on the first half of a one-contig genome, call the genes of the second as a contig of its own."""
    genome = read_genome(genbank)
    (name, contig), *_ = genome.contigs.items()
    middle = len(contig) // 2
    return compared(genome, f"{name}:1-{middle}", _from(genome, name, middle), seeds)


def gene_f_other_species(
    fasta: Path, gff: Path, genbank: Path, seeds: tuple[int, ...] = SEEDS
) -> dict[str, Any]:
    """Train on one annotated genome (FASTA and GFF3), call the genes of another (GenBank)."""
    return compared(read_genome(fasta, gff), None, read_genome(genbank), seeds)


def compared(learned: Genome, region: str | None, read: Genome, seeds: tuple[int, ...]) -> dict[str, Any]:
    """Scores of each seed on ``read`` after training on ``learned``, their mean, and pyrodigal's."""
    truth, runs = _annotated(read), []
    for seed in seeds:
        start = time.process_time()
        model = gene_model(learned, region, seed)
        trained = time.process_time()
        called = genes(Genome(read.contigs, source=read.source, circular=read.circular), model).table
        spent = {"train_cpu": trained - start, "call_cpu": time.process_time() - trained}
        found = [Gene(r.contig, r.start, r.end, r.strand) for r in called.itertuples()]
        runs.append(_scores(_starts(found, read), truth) | {k: round(v, 1) for k, v in spent.items()})
    start = time.process_time()
    other = _scores(_pyrodigal(read), truth)
    other["call_cpu"] = round(time.process_time() - start, 1)
    mean = {key: round(float(np.mean([run[key] for run in runs])), 4) for key in runs[0]}
    return mean | {
        "f_sd": round(float(np.std([run["f"] for run in runs])), 4),
        "seeds": [run["f"] for run in runs],
        "truth": len(truth),
        "pyrodigal": other,
    }


def gene_model(genome: Genome, region: str | None, seed: int) -> Model:
    """A model of a genome's reading frames, trained by the usual steps with the default network."""
    frames = labelled_frames(genome, region=region)
    drawn = np.random.default_rng(seed).permutation(len(frames))[:MOST_FRAMES]
    rows = [
        Record(
            n, f"{orf.contig}:{orf.start}-{orf.end}({orf.strand})", {"sequence": dna}, {"gene": int(is_gene)}
        )
        for n, (orf, dna, is_gene) in enumerate((frames[i] for i in np.sort(drawn)), 1)
    ]
    records = Records.collect(rows, ["sequence"], modality="sequence")
    held = np.arange(len(rows)) >= (1 - HELD_BACK) * len(rows)
    table = pd.DataFrame(
        {"id": records.ids, "group": records.ids, "part_0": np.where(held, "valid", "train")}
    )
    features = encode({"sequence": records.inputs["sequence"]}, records.ids, {"alphabet": "codon"})
    return train(
        records, features, Split(table), kind="binary", targets=["gene"], seed=seed, settings=SETTINGS
    )


def _from(genome: Genome, name: str, start: int) -> Genome:
    """A contig without its first ``start`` bases, and the genes that lie completely in the rest."""
    moved = [
        replace(gene, start=gene.start - start, end=gene.end - start, parts=())
        for gene in genome.cds
        if gene.contig == name and gene.start > start and gene.end <= len(genome.contigs[name])
    ]
    return Genome({name: genome.contigs[name][start:]}, moved, genome.source)


def _annotated(genome: Genome) -> Starts:
    return _starts([g for g in genome.cds if g.kind == "CDS"], genome)


def _first_base(gene: Gene, genome: Genome) -> int:
    first = gene.start if gene.strand == "+" else gene.end
    return (first - 1) % len(genome.contigs[gene.contig]) + 1


def _starts(genes: list[Gene], genome: Genome) -> Starts:
    return {stop_site(g, genome): _first_base(g, genome) for g in genes}


def _pyrodigal(genome: Genome) -> Starts:
    import pyrodigal

    finder = pyrodigal.GeneFinder()
    finder.train(*[contig.encode() for contig in genome.contigs.values()])
    found = []
    for name, contig in genome.contigs.items():
        found += [Gene(name, g.begin, g.end, "+" if g.strand == 1 else "-")
                  for g in finder.find_genes(contig.encode())]  # fmt: skip
    return _starts(found, genome)


def _scores(called: Starts, truth: Starts) -> dict[str, float]:
    right = called.keys() & truth.keys()
    precision, recall = len(right) / max(len(called), 1), len(right) / len(truth)
    return {
        "f": round(2 * len(right) / (len(called) + len(truth)), 4),
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "start_agreement": round(sum(called[k] == truth[k] for k in right) / max(len(right), 1), 4),
    }
