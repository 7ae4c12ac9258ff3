"""Series: death in hospital from the first 48 hours of 4,000 intensive-care stays (PhysioNet 2012, set A).

Each stay is a patient of its own. Age, sex, height, weight and kind of ward are channels with one value. -1
means not known.
"""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import pandas as pd
from modalities_series import REPEATS, compared

import riboswitch

PUBLISHED = 0.84
"""GRU-D of Che et al. 2018 on the same 4,000 stays, as issue 19 gives it."""
HOUR = 3600.0


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figure of `modalities.KEYS`, and the details."""
    archive = bench.data / "series_physionet2012/physionet2012_set_a.tar.xz"
    table, outcomes = _tables(archive, bench.work)
    reading = {"channel_column": "Parameter", "value_column": "Value", "records": outcomes.name,
               "every": HOUR, "columns": ["In-hospital_death"]}  # fmt: skip
    source = {"paths": [str(table)], "reading": reading}
    records = riboswitch.parse([source], "series", kind="binary", targets=["In-hospital_death"])
    split = riboswitch.split(records, "random", repeats=REPEATS, target="In-hospital_death")
    plain = ("mean", "ridge", "forest", "boosting")
    how = {"epochs": 12, "batch_size": 64}
    figure, details = compared(records, split, "binary", "In-hospital_death", "auroc", plain, None, how)
    return {"icu_auroc": figure | {"published": PUBLISHED}}, details


def _tables(archive: Path, work: Path) -> tuple[Path, Path]:
    """All stays as one table with a row for each value, and the table of outcomes."""
    table, outcomes, parts = work / "icu.csv", work / "icu_outcomes.csv", []
    with tarfile.open(archive) as packed:
        for member in packed:
            file = packed.extractfile(member) if member.isfile() else None
            if file is None:
                continue
            found = pd.read_csv(file)
            if "RecordID" in found:
                found.rename(columns={"RecordID": "id"}).to_csv(outcomes, index=False)
            else:
                known = found[(found["Value"] != -1) & (found["Parameter"] != "RecordID")].dropna()
                parts.append(known.assign(id=Path(member.name).stem))
    pd.concat(parts).to_csv(table, index=False)
    return table, outcomes
