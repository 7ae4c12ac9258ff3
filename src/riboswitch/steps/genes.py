"""Call the genes of a bacterial or archaeal genome."""

from __future__ import annotations

__all__ = ["genes"]
__verb__ = ("Genomes", 150)

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from riboswitch.bio.genome import Genome, read_genome
from riboswitch.data.model import Model
from riboswitch.errors import InputError
from riboswitch.genomes.genes.called_genes import Genes
from riboswitch.genomes.genes.calling import call_genes
from riboswitch.genomes.orfs import MIN_NT
from riboswitch.io.summary import write_summary
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find
from riboswitch.steps.arguments import Device, GenomeFile, GenomeFormat
from riboswitch.steps.left_out import report_left_out


def genes(
    genome: Genome,
    model: Model,
    *,
    min_nt: int = MIN_NT,
    table: int = 11,
    device: str = "cpu",
) -> Genes:
    """Call the genes of a bacterial or archaeal genome.

    The network scores every reading frame of both strands. The genes with the best scores train a codon model
    of this genome. Then the best set of compatible frames is chosen; see `riboswitch.genomes.genes.choice`.
    The genome's annotation is not used.

    Parameters
    ----------
    genome : Genome
    model : Model
        A binary model of reading frames in codons (alphabet ``codon``), trained on labelled frames.
    min_nt : int
        Shortest gene in bases, with its stop codon.
    table : int
        NCBI translation table.
    device : {"cpu", "cuda", "auto"}

    Returns
    -------
    Genes

    Raises
    ------
    InputError
        If the model is not a model of reading frames.
    UsageError
        If there is no such table, or its stop codons are ambiguous.
    """
    if model.task.kind != "binary" or model.header["encoder"].get("alphabet") != "codon":
        hint = "Train one on records of reading frames, featurized with alphabet codon."
        raise InputError("the model is no model of genes", found=model.header["encoder"], hint=hint)
    predictor = Predictor(model, find(model.modality), device=device)

    def network(frames: Sequence[str]) -> np.ndarray:
        return predictor(predictor.encode({predictor.modality.component: frames}))[0][:, 0]

    return call_genes(genome, network, min_nt=min_nt, table=table)


def command(
    genome: GenomeFile,
    model: Path,
    /,
    *,
    output: Path,
    min_nt: int = MIN_NT,
    table: int = 11,
    format: GenomeFormat = None,
    device: Device = "cpu",
) -> None:
    """Call the genes of the genome in a file.

    Parameters
    ----------
    model : Path
        Bundle of a model of reading frames (.safetensors).
    output : Path
        Folder for genes.gff3, genes.bed, genes.tsv, genes.faa, genes.ffn, and rejected.tsv: the contigs that
        cannot be used.
    min_nt : int
        Shortest gene in bases, with its stop codon.
    table : int
        NCBI translation table.
    """
    read = read_genome(genome, format=format, coding=False)
    found = genes(read, Model.load(model), min_nt=min_nt, table=table, device=device)
    found.save(output)
    write_summary(found.meta | report_left_out(read, output), None)
