"""Predict what each allele of a VCF changes in the output of a model.

Alleles that cannot be read are listed with the reason.
"""

from __future__ import annotations

__all__ = ["effects"]
__verb__ = ("Genomes", 180)

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from riboswitch.bio.genome import Genome, read_genome
from riboswitch.config.settings import positive_int
from riboswitch.data.model import Model
from riboswitch.errors import UsageError
from riboswitch.evaluation.maps import effect_scale
from riboswitch.genomes.dna_model import DnaModel
from riboswitch.genomes.variant_effects import variant_effects
from riboswitch.genomes.variant_windows import WindowCutter
from riboswitch.genomes.vcf import Variant, read_vcf
from riboswitch.io.summary import write_summary
from riboswitch.io.table_writer import check_suffix, write_table
from riboswitch.learning.explaining import explained_output
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find
from riboswitch.steps.arguments import Explained, GenomeFile, Summary, TableOutput

FLANK = 100


def effects(
    variants: str | Path | Iterable[Variant],
    genome: str | Path | Genome,
    model: str | Path | Model,
    *,
    flank: int = FLANK,
    before: int | None = None,
    strand: str = "+",
    of: str | None = None,
) -> pd.DataFrame:
    """Predict the effect of each allele of a VCF on the prediction for the genome around it.

    Parameters
    ----------
    variants : path or iterable of Variant
        VCF 4.x, plain or compressed.
    genome : path or Genome
        FASTA, GenBank, EMBL or GFF3 with sequences.
    model : path or Model
        A model of DNA or RNA that predicts a whole sequence.
    flank : int
        Letters on either side of a variant's first base. A model of windows has its own length instead.
    before : int, optional
        Letters of the window before the variant's first base: half of it by default.
    strand : {"+", "-"}
        ``-``: the model reads the other strand.
    of : str, optional
        The target or class. By default the only target, or the class that is predicted for the reference.

    Returns
    -------
    DataFrame
        One row for each allele, in file order: ``id``, ``contig``, ``pos``, ``ref``, ``alt``; ``status``
        (``ok``, or a code) and ``reason``; ``window``, the part of the reference that was read; ``of``;
        ``ref_score`` and ``alt_score``, the predictions; ``effect``, the prediction for the alternative minus
        that for the reference, in log odds for probabilities, and its ``sd`` over the networks. For windows
        see `WindowCutter`.

    Raises
    ------
    InputError
        If a file cannot be read.
    UsageError
        If the model is of proteins or codons, or predicts each letter, or there is no such output.

    Examples
    --------
    >>> riboswitch.effects("variants.vcf.gz", "genome.gbk", "promoters.safetensors")  # doctest: +SKIP
    """
    dna = _dna_model(Model.of(model))
    output = explained_output(dna.task, of)
    positive_int("flank", flank, least=0)
    length = dna.window or 2 * flank + 1
    cutter = WindowCutter(length, length // 2 if before is None else before, bool(dna.window), strand)
    contigs = (genome if isinstance(genome, Genome) else read_genome(genome, strict=False)).contigs
    alleles = read_vcf(variants) if isinstance(variants, str | Path) else variants
    scale = partial(effect_scale, kind=dna.task.kind)
    return variant_effects(alleles, contigs, cutter, dna, scale, output)


def _dna_model(model: Model) -> DnaModel:
    """The model of windows, with the predictions of each network."""

    def predict(texts: Sequence[str]) -> np.ndarray:
        arrays = predictor.encode({predictor.modality.component: texts})
        return predictor.blended(predictor.members(arrays), arrays)

    dna = DnaModel.of(model, predict)
    if model.header["network"].get("head") == "per_position":
        raise UsageError("a model that predicts for each letter has no answer for a window",
                         hint="Give a model of whole sequences.")  # fmt: skip
    predictor = Predictor(model, find(model.modality))
    predictor.check_golden()
    return dna


def command(
    variants: Path,
    genome: GenomeFile,
    model: Path,
    /,
    *,
    output: TableOutput = "-",
    flank: int = FLANK,
    before: int | None = None,
    strand: str = "+",
    of: Explained = None,
    summary: Summary = None,
) -> None:
    """Predict the effects of the variants in a file.

    Parameters
    ----------
    variants : Path
        VCF 4.x; plain, gzip, bgzip or zstd.
    model : Path
        Bundle of a model of DNA or RNA (.safetensors).
    flank : int
        Letters on either side of a variant. A model of windows has a length of its own.
    before : int
        Letters of the window before the variant; half of them by default.
    strand : str
        The strand that the model reads: + or -.
    """
    check_suffix(output)
    table = effects(variants, genome, model, flank=flank, before=before, strand=strand, of=of)
    write_table(table, output)
    states = table["status"].value_counts()
    by_code = {str(code): int(n) for code, n in states.items() if code != "ok"}
    good = int(states.get("ok", 0))
    counts = {"read": len(table), "ok": good, "rejected": len(table) - good, "by_code": by_code}
    write_summary(counts, summary)
