"""riboswitch: from a bacterial genome and a compound library to a short-list of compounds worth testing.

Verbs are functions from nouns to nouns, imported when first used:

>>> import riboswitch
>>> riboswitch.screen(["CCO"], "model.safetensors")  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
import inspect
from typing import Any

from riboswitch.config.list_arguments import lists_checked
from riboswitch.steps.verbs import verbs

_NOUNS = {
    "AnnotateSettings": "genomes.positions",
    "Calls": "data.calls",
    "Database": "resistance.curated.database",
    "DrugClasses": "resistance.drug_classes",
    "Estimate": "screening.sizing",
    "Genes": "genomes.genes.called_genes",
    "Genome": "bio.genome",
    "Library": "data.library",
    "Model": "data.model",
    "Predictions": "data.predictions",
    "Proteins": "bio.proteins",
    "RaggedArrays": "data.arrays",
    "Records": "data.records",
    "RiboswitchError": "errors",
    "Split": "data.splits",
    "Task": "data.task",
    "TrainSettings": "learning.settings",
    "merge_top": "screening.top_rows",
    "read_genome": "bio.genome",
    "read_proteins": "bio.proteins",
}
_PUBLIC = _NOUNS | {name: f"steps.{verb.module}" for verb in verbs().values() for name in verb.public}

__all__ = sorted(_PUBLIC)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("riboswitch")
    if name not in _PUBLIC:
        raise AttributeError(f"module 'riboswitch' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"riboswitch.{_PUBLIC[name]}"), name)
    if inspect.isfunction(value):
        value = lists_checked(value)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
