"""Predict what each allele of a VCF changes in the output of a model.

Alleles that cannot be read are listed with the reason.
"""

from __future__ import annotations

__all__ = ["effects"]
__verb__ = ("Genomes", 180)

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.bio.genome import Genome, read_genome
from riboswitch.config.settings import positive_int
from riboswitch.data.model import Model
from riboswitch.errors import Problem, UsageError
from riboswitch.evaluation.maps import effect_scale
from riboswitch.genomes.variant_windows import Cutter, VariantWindows
from riboswitch.genomes.vcf import Variant, read_vcf
from riboswitch.io.summary import write_summary
from riboswitch.io.tables import check_suffix, write_table
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find
from riboswitch.modalities.sequence.encode import encode_dna
from riboswitch.steps.arguments import Explained, GenomeFile, Summary, TableOutput
from riboswitch.steps.explain import output_asked

FLANK = 100
TOGETHER = 4096  # alleles in memory as windows
COLUMNS = ["id", "contig", "pos", "ref", "alt", "status", "reason", "window", "of", "ref_score", "alt_score",
           "effect", "sd"]  # fmt: skip


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
    """Say what each allele of a VCF does to a model's answer for the piece of genome around it.

    Parameters
    ----------
    variants : path or iterable of Variant
        VCF 4.x, plain or compressed.
    genome : path or Genome
        FASTA, GenBank, EMBL or GFF3 with sequences.
    model : path or Model
        Of DNA or RNA, with an answer for a whole sequence.
    flank : int
        Letters to either side of a variant's first base. A model of windows has its own length instead.
    before : int, optional
        Letters of the window before the variant's first base: half of it by default.
    strand : {"+", "-"}
        ``-``: the model reads the other strand.
    of : str, optional
        The target or class. By default the only target; of classes that predicted for the reference.

    Returns
    -------
    DataFrame
        One row an allele, in the file's order: ``id``, ``contig``, ``pos``, ``ref``, ``alt``; ``status``
        (``ok``, or a code) and ``reason``; ``window``, the piece of the reference that was read; ``of``;
        ``ref_score`` and ``alt_score``, the model's answers; ``effect``, that for the alternative less that
        for the reference, in log odds where the answers are probabilities, and its ``sd`` over the
        networks. See `Cutter` for how windows are cut.

    Raises
    ------
    InputError
        If a file cannot be read.
    UsageError
        If the model is of proteins or codons, or answers for each letter, or there is no such output.

    Examples
    --------
    >>> riboswitch.effects("variants.vcf.gz", "genome.gbk", "promoters.safetensors")  # doctest: +SKIP
    """
    model = model if isinstance(model, Model) else Model.load(model)
    scorer = Scorer(model, of)
    cutter = _cutter(model, flank, before, strand)
    contigs = (genome if isinstance(genome, Genome) else read_genome(genome, strict=False)).contigs
    alleles = iter(read_vcf(variants) if isinstance(variants, str | Path) else variants)
    rows: list[dict[str, Any]] = []
    while some := list(islice(alleles, TOGETHER)):
        rows += scorer([(variant, cutter(variant, contigs)) for variant in some])
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype(
        {"pos": "int64"} | dict.fromkeys(("ref_score", "alt_score", "effect", "sd"), "float64")
    )


class Scorer:
    """Puts pairs of windows through a model."""

    def __init__(self, model: Model, of: str | None):
        settings = model.header["encoder"]
        if settings.get("alphabet") not in ("dna", "rna"):
            raise UsageError(
                "variants of a genome need a model of DNA or RNA", found=settings.get("alphabet")
            )
        if model.header["network"].get("head") == "per_position":
            raise UsageError("a model with an answer for each letter has none for a window",
                             hint="Give a model of whole sequences.")  # fmt: skip
        self.task, self.of, self.settings = model.task, output_asked(model.task, of), settings
        self.predictor = Predictor(model, find(model.modality))
        self.predictor.check_golden()

    def __call__(self, pairs: Sequence[tuple[Variant, VariantWindows | Problem]]) -> Iterator[dict[str, Any]]:
        """Rows of the table, in the order of the pairs."""
        windows = [cut for _, cut in pairs if isinstance(cut, VariantWindows)]
        texts = dict.fromkeys(text for cut in windows for text in (cut.ref, cut.alt))
        place = {text: i for i, text in enumerate(texts)}
        answers = self._answers(list(texts))
        for variant, cut in pairs:
            row = {c: getattr(variant, c) for c in ("id", "contig", "pos", "ref", "alt")}
            if isinstance(cut, Problem):
                yield row | {"status": cut.code, "reason": cut.reason}
            else:
                found = self._compared(answers[:, place[cut.ref]], answers[:, place[cut.alt]])
                yield row | {"status": "ok", "reason": "", "window": f"{cut.start}-{cut.end}"} | found

    def _answers(self, texts: list[str]) -> np.ndarray:
        """Of each network, shape (networks, texts, outputs)."""
        arrays = encode_dna(texts, self.settings)
        return self.predictor.blended(self.predictor.members(arrays), arrays)

    def _compared(self, ref: np.ndarray, alt: np.ndarray) -> dict[str, Any]:
        """Answers for two windows, both (networks, outputs)."""
        output = int(ref.mean(0).argmax()) if self.of is None else self.task.outputs.index(self.of)
        ref, alt = ref[:, output], alt[:, output]
        effect = effect_scale(alt, self.task.kind) - effect_scale(ref, self.task.kind)
        return {
            "of": self.task.outputs[output],
            "ref_score": round(float(ref.mean()), 6),
            "alt_score": round(float(alt.mean()), 6),
            "effect": round(float(effect.mean()), 6),
            "sd": round(float(effect.std()), 6),
        }


def _cutter(model: Model, flank: int, before: int | None, strand: str) -> Cutter:
    positive_int("flank", flank, least=0)
    window = model.header["encoder"].get("window", 0)
    length = window or 2 * flank + 1
    return Cutter(length, length // 2 if before is None else before, bool(window), strand)


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
        Letters to either side of a variant. A model of windows has a length of its own.
    before : int
        Letters of the window before the variant; half of them by default.
    strand : str
        The strand that the model reads: + or -.
    """
    check_suffix(output)
    table = effects(variants, genome, model, flank=flank, before=before, strand=strand, of=of)
    write_table(table, output)
    states = table["status"].value_counts()
    codes = {str(code): int(n) for code, n in states.items() if code != "ok"}
    good = int(states.get("ok", 0))
    write_summary({"read": len(table), "ok": good, "rejected": len(table) - good, "codes": codes}, summary)
