"""What a modality must offer: a folder here, found by its name.

| file          | offers                             | from -> to                                     |
|---------------|------------------------------------|------------------------------------------------|
| `read.py`     | `read(path, **options)`            | file -> stream of Record or Rejection          |
|               | `identity(input)`                  | input -> key that is equal for duplicates      |
| `group.py`    | `group(inputs, method, **options)` | inputs -> group labels: what must not straddle |
| `encode.py`   | `encode(inputs, ids, settings)`    | inputs -> RaggedArrays                         |
| `baseline.py` | `BASELINES`                        | the plain methods always trained beside        |
| `network.py`  | `collate`, `batches`, `Network`    | arrays -> batch -> outputs (torch only)        |
|               | `TRAINING`, `INFERENCE_ROWS`       | defaults of training, and rows a batch         |
|               | `positions`, `PER_POSITION`        | for a label each position; not a must          |
|               | `asked(meta)`                      | settings that arrays ask for; not a must       |
|               | `TRUNK`                            | what pre-training leaves; not a must           |
| `explain.py`  | `parts`, `without_each`, `draw`    | what an answer rests on; not a must            |
|               | `changes`, `answers`, `rules`      | where a part can be changed in several ways    |
| `stack.py`    | `base_learners(encoder)`           | base learners of the stack; optional           |
"""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

from riboswitch.errors import UsageError


def names() -> list[str]:
    """The modalities there are: every folder here that can read."""
    return sorted(p.parent.name for p in Path(__file__).parent.glob("*/read.py"))


def load(modality: str, part: str) -> ModuleType:
    """Import one file of a modality, as ``load("molecule", "read")``."""
    if modality not in names():
        raise UsageError("no such modality", found=modality, hint=f"Choose one of: {', '.join(names())}.")
    part = {
        "baseline": "baselines",
        "position_baseline": "position_baselines",
        "base_learners": "stack",
        "bulk": "library",
        "excerpt": "sample",
        "corrupt": "pretext",
        "network": "nets.network",
    }.get(part, part)
    return importlib.import_module(f"riboswitch.modalities.{modality}.{part}")
