"""Call the genes of a bacterial or archaeal genome."""

from __future__ import annotations

__all__ = ["genes"]
__verb__ = ("Genomes", 150)

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riboswitch.bio.codons import genetic_code, translate
from riboswitch.bio.genome import Genome, read_genome
from riboswitch.data.model import Model
from riboswitch.errors import InputError
from riboswitch.genomes.chain import Overlap
from riboswitch.genomes.frame_table import FrameTable
from riboswitch.genomes.frames import coding_dna
from riboswitch.genomes.gene_files import COLUMNS, Genes
from riboswitch.genomes.genes import MIN_NT, begun_at, candidates, choose_genes
from riboswitch.genomes.orfs import Orf
from riboswitch.learning.inference import Predictor
from riboswitch.learning.loop import reproducible
from riboswitch.modalities.sequence.encode import encode
from riboswitch.numeric.logit import logit

CLIP = 1e-6  # probabilities are clipped to [CLIP, 1 - CLIP] before their log odds


def genes(
    genome: Genome,
    model: Model,
    *,
    min_nt: int = MIN_NT,
    table: int = 11,
    device: str = "cpu",
) -> Genes:
    """Call the genes of a bacterial or archaeal genome.

    Every reading frame of both strands is judged by the network. From the surest genes it is then learned
    what this genome's own are like, and the best set that can stand beside each other is chosen; see
    `riboswitch.genomes.genes`. Annotation of the genome is not looked at.

    Parameters
    ----------
    genome : Genome
    model : Model
        A binary model of reading frames in codons (alphabet ``codon``), as made from labelled frames.
    min_nt : int
        Shortest gene in bases, the stop codon counted.
    table : int
        NCBI translation table.
    device : {"cpu", "cuda", "auto"}

    Returns
    -------
    Genes

    Raises
    ------
    InputError
        If the model is not one of reading frames.
    UsageError
        If there is no such table or its stops are not certain.
    """
    if model.task.kind != "binary" or model.header["encoder"].get("alphabet") != "codon":
        hint = "Train one on records of reading frames, featurized with alphabet codon."
        raise InputError("the model is no model of genes", found=model.header["encoder"], hint=hint)
    genetic_code(table)
    orfs = [orf for contig in genome.contigs for orf in candidates(genome, contig, min_nt, table)]
    probability = _probability(genome, orfs, model, device)
    found, adapted = _chosen(genome, orfs, probability)
    meta = {
        "genome": genome.source, "contigs": len(genome.contigs), "bases": len(genome), "frames": len(orfs),
        "genes": len(found), "adapted": adapted, "min_nt": min_nt, "table": table,
    }  # fmt: skip
    rows = pd.DataFrame(_rows(genome, found, table), columns=COLUMNS)
    return Genes(rows, genome.lengths, set(genome.circular), meta)


def _probability(genome: Genome, orfs: list[Orf], model: Model, device: str) -> np.ndarray:
    if not orfs:
        return np.empty(0)
    texts = [coding_dna(genome.contigs[orf.contig], orf) for orf in orfs]
    arrays = encode(texts, [str(i) for i in range(len(orfs))], model.header["encoder"])
    # One thread: sums in another order would differ in the last bit, and with it the bytes of the files.
    with reproducible(0):
        return Predictor(model, device=device)(arrays)[0][:, 0]


class _Called(NamedTuple):
    place: Orf
    network: float
    score: float


def _chosen(genome: Genome, orfs: list[Orf], probability: np.ndarray) -> tuple[list[_Called], bool]:
    """The genes, in genome order."""
    if not orfs:
        return [], False
    frames = FrameTable.lay(genome, orfs)
    choice = choose_genes(frames, logit(probability, CLIP))
    shifts = frames.starts[choice.starts] - frames.starts[frames.likeliest[choice.frames]]
    found: dict[str, list[_Called]] = {name: [] for name in genome.contigs}
    for i, shift, score in zip(choice.frames, shifts.tolist(), choice.scores.tolist(), strict=True):
        name = orfs[i].contig
        place = begun_at(orfs[i], shift, len(genome.contigs[name]), name in genome.circular)
        found[name].append(_Called(place, float(probability[i]), score))
    for name in genome.circular & genome.contigs.keys():
        found[name] = _closed(found[name], len(genome.contigs[name]))
    ordered = [sorted(some, key=lambda f: (f.place.start, f.place.end)) for some in found.values()]
    return list(chain.from_iterable(ordered)), choice.adapted


def _closed(found: list[_Called], length: int) -> list[_Called]:
    """Without genes that overlap over the origin, where the chain has its ends and did not see it."""
    for over in [f for f in found if f.place.end > length]:
        beyond = over.place.end - length - Overlap().same
        rivals = [f for f in found if f.place.start <= beyond]
        better = sum(f.score for f in rivals) > over.score
        gone = [over] if better else rivals
        found = [f for f in found if f not in gone]
    return found


def _rows(genome: Genome, found: list[_Called], table: int) -> Iterator[dict[str, Any]]:
    number = dict.fromkeys(genome.contigs, 0)
    for place, network, score in found:
        number[place.contig] += 1
        name = f"{place.contig}_{number[place.contig]}"
        yield {"id": name, "network": network, "score": score} | _described(genome, place, table)


def _described(genome: Genome, place: Orf, table: int) -> dict[str, Any]:
    """Where a gene lies and what it codes for; the DNA with its stop codon."""
    coding = coding_dna(genome.contigs[place.contig], place)
    whole = coding_dna(genome.contigs[place.contig], place, stop=True)
    protein, opened = translate(coding, table), "5'" in place.partial
    return {
        "contig": place.contig, "start": place.start, "end": place.end, "strand": place.strand,
        "partial": place.partial, "start_codon": "" if opened else coding[:3], "length_aa": len(protein),
        "protein": protein if opened else f"M{protein[1:]}", "dna": whole,
    }  # fmt: skip


def command(
    genome: Path, model: Path, /, *, output: Path, min_nt: int = MIN_NT, table: int = 11, device: str = "cpu"
) -> None:
    """Call the genes of a bacterial or archaeal genome.

    Parameters
    ----------
    genome : Path
        FASTA, GenBank, EMBL, or GFF3 with sequences; plain, gzip or zstd.
    model : Path
        A model of reading frames (.safetensors).
    output : Path
        Folder for genes.gff3, genes.bed, genes.tsv, genes.faa and genes.ffn.
    min_nt : int
        Shortest gene in bases, the stop codon counted.
    table : int
        NCBI translation table.
    device : str
        cpu, cuda or auto.
    """
    from riboswitch.cli import write_summary

    found = genes(read_genome(genome), Model.load(model), min_nt=min_nt, table=table, device=device)
    found.save(output)
    write_summary(found.meta, None)
