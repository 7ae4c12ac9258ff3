"""riboswitch: from a bacterial genome and a compound library to an honest short-list.

Verbs are functions from nouns to nouns, imported when first used:

>>> import riboswitch
>>> riboswitch.screen(["CCO"], "model.safetensors")  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {
    "fetch": "steps.fetch", "mirror": "steps.mirror", "parse": "steps.parse", "split": "steps.split",
    "featurize": "steps.featurize", "pretrain": "steps.pretrain", "train": "steps.train",
    "refit": "steps.train",
    "stack": "steps.stack", "ensemble": "steps.ensemble", "baseline": "steps.baseline",
    "predict": "steps.predict", "held_out": "steps.predict", "evaluate": "steps.evaluate",
    "genes": "steps.genes", "scan": "steps.scan", "annotate": "steps.annotate", "effects": "steps.effects",
    "prepare": "steps.prepare", "estimate": "steps.estimate", "screen": "steps.screen", "rank": "steps.rank",
    "report": "steps.report",
    "import_chemprop": "steps.import_chemprop", "explain": "steps.explain",
    "Records": "data.records", "RaggedArrays": "data.arrays", "Split": "data.splits",
    "Model": "data.model", "Library": "data.library",
    "Predictions": "data.predictions", "Calls": "data.calls",
    "Task": "data.task", "RiboswitchError": "errors",
    "merge_top": "screening.shortlist",
    "read_genome": "bio.genome",
}  # fmt: skip

__all__ = sorted(_PUBLIC)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("riboswitch")
    if name not in _PUBLIC:
        raise AttributeError(f"module 'riboswitch' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"riboswitch.{_PUBLIC[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
