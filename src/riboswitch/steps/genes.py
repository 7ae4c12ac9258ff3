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
from riboswitch.modalities import find
from riboswitch.steps.arguments import Device, GenomeFile, GenomeFormat
from riboswitch.steps.left_out import report_left_out

GFF3 = (".gff3", ".gff")


def genes(
    genome: Genome,
    model: Model | None = None,
    *,
    min_nt: int = MIN_NT,
    table: int = 11,
    device: str = "cpu",
) -> Genes:
    """Call the genes of a bacterial or archaeal genome.

    Without a model the genome itself teaches what its genes are like: from general knowledge of genes at its
    GC content to its own codons, starts and neighbours, in several rounds; see
    `riboswitch.genomes.genes.finder`. A genome of less than 20,000 bases teaches too little, and is read with
    general knowledge alone; ``meta["found_by"]`` says so. With a model the network scores every reading frame
    instead, and a codon model of this genome is trained on the surest ones; see
    `riboswitch.genomes.genes.choice`. The genome's annotation is not used.

    Parameters
    ----------
    genome : Genome
    model : Model, optional
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
    if model is None:
        return call_genes(genome, min_nt=min_nt, table=table)
    if model.task.kind != "binary" or model.header["encoder"].get("alphabet") != "codon":
        hint = "Train one on records of reading frames, featurized with alphabet codon."
        raise InputError("the model is no model of genes", found=model.header["encoder"], hint=hint)
    from riboswitch.learning.inference import Predictor  # torch: seconds and memory that no model needs

    predictor = Predictor(model, find(model.modality), device=device)

    def network(frames: Sequence[str]) -> np.ndarray:
        return predictor(predictor.encode({predictor.modality.component: frames}))[0][:, 0]

    return call_genes(genome, network, min_nt=min_nt, table=table)


def command(
    genome: GenomeFile,
    model: Path | None = None,
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
        Bundle of a model of reading frames (.safetensors). Without one the genome itself shows its genes.
    output : Path
        Folder for genes.gff3, genes.bed, genes.tsv, genes.faa, genes.ffn, and rejected.tsv: the contigs that
        cannot be used. A name that ends with .gff3 or .gff: this file alone.
    min_nt : int
        Shortest gene in bases, with its stop codon.
    table : int
        NCBI translation table.
    """
    read = read_genome(genome, format=format, coding=False)
    bundle = None if model is None else Model.load(model)
    found = genes(read, bundle, min_nt=min_nt, table=table, device=device)
    if output.suffix in GFF3:
        found.save_gff3(output)
    else:
        found.save(output)
    left_out = report_left_out(read, None if output.suffix in GFF3 else output)
    write_summary(found.meta | left_out, None)
