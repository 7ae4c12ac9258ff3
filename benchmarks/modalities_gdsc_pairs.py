"""GDSC2 as pairs: a profile meets a molecule, on lines and on drugs that were not seen. One seed.

The first question is that of `modalities_gdsc`, on the same lines. For the second, a fifth of the drugs is
held out: only the network of pairs and the effects of lines can answer it.

Research use only, never diagnosis.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from modalities_gdsc import TRIAL, mean_effects, parts_of, read, scores

import riboswitch
from riboswitch.data.records import Records

PAIRS = "profile+molecule"
READING = {"left_file": "lines.csv"}
ENCODING = {"right": {"descriptors": "none"}}
SETTINGS = {"epochs": 8, "batch_size": 2048, "learning_rate": 1e-3}
SEED = 0  # one: a network takes some minutes


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """No figure; correlations over all pairs and within drugs."""
    torch.set_num_threads(1)
    work = bench.work / "gdsc"
    work.mkdir(parents=True, exist_ok=True)
    read(bench.data / "response_gdsc2", work)
    sources = [{"paths": [work / "pairs.csv"], "reading": READING}]
    records = riboswitch.parse(
        sources, PAIRS, kind="regression", targets=["y"], duplicates="mean", conflicts="mean"
    )
    features = riboswitch.featurize(records, ENCODING)
    found: dict[str, Any] = {"pairs": len(records), "seeds": 1, "settings": SETTINGS, "trial": TRIAL}
    for name, column in (("unseen_lines", "line"), ("unseen_drugs", "drug")):
        table = records.table.assign(part=parts_of(records.table[column].to_numpy(str), SEED))
        asked = table[table["part"] == "test"]
        outputs = {"pair": network(Records(table, records.rejected, records.read, records.meta), features,
                                   column), "mean_effects": mean_effects(table, asked)}  # fmt: skip
        found[name] = {method: scores(asked, said) for method, said in outputs.items()}
        print(f"{name}: {found[name]}", flush=True)
    return {}, found


def network(records: Records, features: Any, groups: str) -> np.ndarray:
    """What the network of pairs says of the test pairs, in the order of the records."""
    split = riboswitch.split(
        records, "predefined", column="part", groups=groups, relatives="ignore", repeats=1
    )
    model = riboswitch.train(records, features, split, kind="regression", targets=["y"], seed=SEED,
                             settings=SETTINGS)  # fmt: skip
    tested = riboswitch.held_out(records, features, split, [model]).part("test").table
    asked = records.table["id"][records.table["part"] == "test"]
    return tested.set_index("id")["y"].reindex(asked).to_numpy()
