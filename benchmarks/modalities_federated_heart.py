"""Federated training beside pooled rows and each owner alone: heart disease in four hospitals.

What a hospital did not measure is a gap. Test rows are drawn anew with each seed. Research use only, never
diagnosis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from modalities_federated import measured

if TYPE_CHECKING:
    from modalities import Bench

COLUMNS = ("age", "sex", "pain", "pressure", "cholesterol", "sugar", "ecg", "rate", "angina", "depression",
           "slope", "vessels", "thal", "num")  # fmt: skip
HOSPITALS = ("cleveland", "hungarian", "switzerland", "va")


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    data = {
        "tables": _tables(bench),
        "features": list(COLUMNS[:-1]),
        "kind": "binary",
        "targets": ["disease"],
    }
    return {}, measured(bench, "heart", data)


def _tables(bench: Bench) -> dict[str, pd.DataFrame]:
    tables = {}
    for name in HOSPITALS:
        path = bench.data / "federated_heart" / f"processed.{name}.data"
        table = pd.read_csv(path, skiprows=1, names=COLUMNS, na_values=["?", "-9", "-9.0"])
        # A pressure or cholesterol of 0 was not measured.
        table[["pressure", "cholesterol"]] = table[["pressure", "cholesterol"]].replace(0, np.nan)
        table["disease"] = (table.pop("num") > 0).astype(int)
        table.insert(0, "id", [f"{name}{i}" for i in range(len(table))])
        tables[name] = table
    return tables
