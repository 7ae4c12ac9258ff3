"""Series: who speaks, of nine speakers by their vowels, on the published split; and how series are compared.

The workflow's own steps are measured: a network for each of three repeats (other seed, other validation
rows), the stack, whose weights validation rows choose, and the plain methods, which tune themselves on
training rows. Test rows are predicted once, at the end. The best plain method is named by its test
score, which favours it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import riboswitch
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.data.task import Kind

REPEATS, RESAMPLES = 3, 1000
PUBLISHED_VOWELS = 0.949
"""Nearest neighbour by dependent time warping, Bagnall et al. 2018 (UEA archive), the same split."""


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figure of `modalities.KEYS`, and the details."""
    folder = bench.data / "series_japanese_vowels"
    sources = [{"paths": [str(folder / f"JapaneseVowels_{part.upper()}.ts")], "fields": {"part": part}}
               for part in ("train", "test")]  # fmt: skip
    records = riboswitch.parse(sources, "series", kind="multiclass", targets=["class"])
    split = riboswitch.split(records, "predefined", column="part", redraw=True, repeats=REPEATS)
    plain = ("mean", "ridge", "forest", "boosting", "warped")
    figure, details = compared(records, split, "multiclass", "class", "accuracy", plain)
    return {"vowels_accuracy": figure | {"published": PUBLISHED_VOWELS}}, details


def compared(
    records: Records, split: Split, kind: Kind, target: str, metric: str, plain: Sequence[str],
    network: dict[str, Any] | None = None, settings: dict[str, Any] | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:  # fmt: skip
    """The stack beside the best plain method: both figures, and all values with intervals over groups."""
    task: dict[str, Any] = {"kind": kind, "targets": [target]}
    features = riboswitch.featurize(records)
    models = [
        riboswitch.train(records, features, split, repeat=repeat, seed=repeat, network=network,
                         settings=settings, **task)
        for repeat in range(split.repeats)
    ]  # fmt: skip
    networks = riboswitch.held_out(records, features, split, models)
    stacked, weighed = riboswitch.stack(records, features, split, networks)
    methods = riboswitch.baseline(records, split, methods=list(plain), **task)
    found = riboswitch.evaluate(
        Predictions.concat([methods, networks, stacked]), bootstrap=RESAMPLES, model="stack"
    )
    scores = {name: values[metric] for name, values in found["methods"].items()}
    best = max(plain, key=lambda name: scores[name]["mean"])
    figure = {"value": scores["stack"]["mean"], "plain": scores[best]["mean"], "plain_method": best,
              "network": scores["network"]["mean"],
              "verdict": found["comparisons"][best][metric]["verdict"]}  # fmt: skip
    counts = {part: [len(split.rows(part, n)) for n in range(split.repeats)]
              for part in ("train", "valid", "test")}  # fmt: skip
    details = {"rows": counts, "scores": scores, "weights": weighed.header.get("stack", {}),
               "comparisons": {name: each[metric] for name, each in found["comparisons"].items()},
               "network": network or {}, "settings": settings or {}}  # fmt: skip
    return figure, details
