"""Predict what each allele of a VCF changes in the output of a model.

Alleles that cannot be read are listed with the reason.
"""

from __future__ import annotations

__all__ = ["effects"]
__verb__ = ("Genomes", 180)

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from riboswitch.bio.annotation.contig_rules import lost_contig
from riboswitch.bio.annotation.left_out import rejected_note
from riboswitch.bio.genome import Genome, read_genome
from riboswitch.config.settings import positive_int
from riboswitch.data.model import Model
from riboswitch.errors import RejectedError, UsageError
from riboswitch.evaluation.maps import effect_scale
from riboswitch.genomes.dna_model import DnaModel
from riboswitch.genomes.site_windows import SiteCutter
from riboswitch.genomes.sites import Site, Sites, read_sites
from riboswitch.genomes.variant_effects import variant_effects
from riboswitch.genomes.variant_windows import Cutter, WindowCutter
from riboswitch.genomes.vcf import Variant, read_vcf
from riboswitch.io.summary import codes_text, write_note, write_summary
from riboswitch.io.table_writer import check_suffix, write_table
from riboswitch.learning.explaining import explained_output
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find
from riboswitch.steps.arguments import Explained, GenomeFile, GenomeFormat, Summary, TableOutput
from riboswitch.steps.left_out import report_left_out

FLANK = 100


def effects(
    variants: str | Path | Iterable[Variant],
    genome: str | Path | Genome,
    model: str | Path | Model,
    *,
    sites: str | Path | Sequence[Site] | None = None,
    anchor: int | None = None,
    flank: int | None = None,
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
    sites : path or sequence of Site, optional
        BED or GFF3: the windows to read, each as long as the model's. A window stays at its site, whatever
        varies in it; alleles outside of all sites have no effect. A model of windows needs them.
    anchor : int, optional
        With sites: the letter that keeps its place where an allele inserts or deletes letters, from 1 along
        the site's strand; by default the first. See `SiteCutter`.
    flank : int, optional
        Without sites: letters on either side of a variant's first base; 100 by default.
    before : int, optional
        Without sites: letters of the window before the variant's first base; half of it by default.
    strand : {"+", "-"}
        ``-``: the model reads the other strand. With sites: only of those that have no strand.
    of : str, optional
        The target or class. By default the only target, or the class that is predicted for the reference.

    Returns
    -------
    DataFrame
        One row for each allele, in file order: ``id``, ``contig``, ``pos``, ``ref``, ``alt``; ``status``
        (``ok``, or a code) and ``reason``; ``window``, the part of the reference that was read, and its
        ``site`` (an allele in several sites has a row for each); ``of``;
        ``ref_score`` and ``alt_score``, the predictions; ``effect``, the prediction for the alternative minus
        that for the reference, in log odds for probabilities, and its ``sd`` over the networks. Without sites
        see `WindowCutter` for the windows.

    Raises
    ------
    InputError
        If a file cannot be read.
    UsageError
        If the model is of proteins or codons, or predicts each letter, there is no such output, or a model of
        windows is given no sites.

    Examples
    --------
    >>> riboswitch.effects("variants.vcf.gz", "genome.gbk", "promoters.safetensors")  # doctest: +SKIP
    """
    dna = _dna_model(Model.of(model))
    output = explained_output(dna.task, of)
    read = genome if isinstance(genome, Genome) else read_genome(genome, coding=False)
    cutter = _cutter(dna.window, read, sites, anchor, flank, before, strand)
    alleles = read_vcf(variants) if isinstance(variants, str | Path) else variants
    scale = partial(effect_scale, kind=dna.task.kind)
    return variant_effects(_on_usable_contigs(alleles, read), read.contigs, cutter, dna, scale, output)


def _cutter(
    window: int,
    genome: Genome,
    sites: str | Path | Sequence[Site] | None,
    anchor: int | None,
    flank: int | None,
    before: int | None,
    strand: str,
) -> Cutter:
    """What cuts the windows: at sites, or around each variant."""
    if sites is None:
        if anchor is not None:
            raise UsageError("an anchor is a letter of a site", found=anchor, hint="Give sites, too.")
        if window:
            hint = f"Give sites: BED or GFF3 with the {window} bases of each window."
            raise UsageError(
                "the model reads windows at sites, which would slide with the variants", hint=hint
            )
        flank = FLANK if flank is None else flank
        positive_int("flank", flank, least=0)
        length = 2 * flank + 1
        return WindowCutter(length, length // 2 if before is None else before, False, strand)
    for name, value in (("flank", flank), ("before", before)):
        if value is not None:
            raise UsageError(f"with sites, {name} has no use", found=value, hint="The window is the site.")
    given = read_sites(sites) if isinstance(sites, str | Path) else Sites([*sites], [], "sites")
    usable = given.on(genome.contigs, window)
    if usable.rejected:
        write_note(rejected_note(usable.rejected, "site"))
    return SiteCutter(usable.sites, 1 if anchor is None else anchor, strand)


def _on_usable_contigs(variants: Iterable[Variant], genome: Genome) -> Iterator[Variant]:
    """The variants; those on a rejected contig have a problem."""
    lost = {rejection.id: lost_contig(rejection) for rejection in genome.rejected}
    for variant in variants:
        if variant.contig in lost and variant.problem is None:
            variant = replace(variant, problem=lost[variant.contig])
        yield variant


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
    format: GenomeFormat = None,
    sites: Path | None = None,
    anchor: int | None = None,
    flank: int | None = None,
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
    sites : Path
        BED or GFF3: the windows to read. A model of windows needs them, each as long as its window.
    anchor : int
        With --sites: the letter of a site, from 1 along its strand, that keeps its place where an allele
        inserts or deletes letters; by default the first.
    flank : int
        Without --sites: letters on either side of a variant; 100 by default.
    before : int
        Without --sites: letters of the window before the variant; half of them by default.
    strand : str
        The strand that the model reads: + or -. With --sites: for sites that have none.
    """
    check_suffix(output)
    read = read_genome(genome, format=format, coding=False)
    table = effects(variants, read, model, sites=sites, anchor=anchor, flank=flank, before=before,
                    strand=strand, of=of)  # fmt: skip
    write_table(table, output)
    left_out = report_left_out(read)
    states = table["status"].value_counts()
    by_code = {str(code): int(n) for code, n in states.items() if code != "ok"}
    good = int(states.get("ok", 0))
    counts = {"read": len(table), "ok": good, "rejected": len(table) - good, "by_code": by_code}
    write_summary(counts | ({"genome": left_out} if any(left_out.values()) else {}), summary)
    if len(table) and not good:
        problem = f"none of the {len(table)} alleles has an effect ({codes_text(by_code)})"
        raise RejectedError(problem, where=str(variants), hint=f"The first: {table['reason'].iloc[0]}.")
