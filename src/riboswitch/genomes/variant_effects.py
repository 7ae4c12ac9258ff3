"""Effects of variants: what each allele changes in a model's prediction for the window around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.errors import Problem
from riboswitch.genomes.dna_model import DnaModel
from riboswitch.genomes.variant_windows import Cutter, VariantWindows
from riboswitch.genomes.vcf import Variant
from riboswitch.io.log.progress import tracked

BATCH = 4096  # alleles that are in memory as windows
COLUMNS = ["id", "contig", "pos", "ref", "alt", "status", "reason", "window", "site", "of", "ref_score",
           "alt_score", "effect", "sd"]  # fmt: skip
Scale = Callable[[np.ndarray], np.ndarray]


def variant_effects(
    variants: Iterable[Variant],
    contigs: Mapping[str, str],
    cutter: Cutter,
    model: DnaModel,
    scale: Scale,
    of: str | None = None,
) -> pd.DataFrame:
    """Compare the predictions for the reference and for each allele.

    Parameters
    ----------
    variants : iterable of Variant
    contigs : mapping of str to str
    cutter : callable
        As `WindowCutter`, or `SiteCutter`.
    model : DnaModel
        Its predictions have the shape (networks, windows, outputs).
    scale : callable
        Puts predictions on the scale of effects, as log odds for probabilities.
    of : str, optional
        The output; by default the class that is predicted for the reference.

    Returns
    -------
    DataFrame
        `COLUMNS`, one row an allele (one for each site that holds it), in order.
    """
    alleles = iter(variants)
    rows: list[dict[str, Any]] = []
    blocks = iter(lambda: list(islice(alleles, BATCH)), [])
    for batch in tracked(blocks, "effects", "alleles", size=len):
        cuts = ((variant, cutter(variant, contigs)) for variant in batch)
        pairs = [
            (variant, one) for variant, cut in cuts for one in ([cut] if isinstance(cut, Problem) else cut)
        ]
        rows += _rows(pairs, model, scale, of)
    table = pd.DataFrame(rows, columns=COLUMNS)
    numbers = dict.fromkeys(("ref_score", "alt_score", "effect", "sd"), "float64")
    return table.astype({"pos": "int64"} | numbers)


def _rows(
    pairs: Sequence[tuple[Variant, VariantWindows | Problem]], model: DnaModel, scale: Scale, of: str | None
) -> Iterator[dict[str, Any]]:
    """Rows of the table, in the order of the pairs."""
    windows = [cut for _, cut in pairs if isinstance(cut, VariantWindows)]
    texts = dict.fromkeys(text for cut in windows for text in (cut.ref, cut.alt))
    column = {text: i for i, text in enumerate(texts)}
    predictions = model(list(texts))
    for variant, cut in pairs:
        row = {c: getattr(variant, c) for c in ("id", "contig", "pos", "ref", "alt")}
        if isinstance(cut, Problem):
            yield row | {"status": cut.code, "reason": cut.reason}
            continue
        ref, alt = predictions[:, column[cut.ref]], predictions[:, column[cut.alt]]
        output = int(ref.mean(0).argmax()) if of is None else model.task.outputs.index(of)
        row |= {"status": "ok", "reason": "", "window": f"{cut.start}-{cut.end}", "site": cut.site}
        yield row | {"of": model.task.outputs[output]} | _compared(ref[:, output], alt[:, output], scale)


def _compared(ref: np.ndarray, alt: np.ndarray, scale: Scale) -> dict[str, float]:
    """Scores and effect from the predictions of each network for two windows, both of shape (networks,)."""
    effect = scale(alt) - scale(ref)
    return {
        "ref_score": round(float(ref.mean()), 6),
        "alt_score": round(float(alt.mean()), 6),
        "effect": round(float(effect.mean()), 6),
        "sd": round(float(effect.std()), 6),
    }
