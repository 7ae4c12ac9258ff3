"""Series: shoulder exercises by a smartwatch, windows of four seconds of subjects that training never saw.

Published are figures for windows of unseen subjects, too, by Burns et al. 2018 (Physiological Measurement
39:075007). Their data had 20 subjects, these have 10.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from modalities_series import REPEATS, compared

import riboswitch

RATE, WINDOW = 50, 4.0  # samples and seconds
PUBLISHED = 0.889
"""The CRNN of Burns et al. 2018 on unseen subjects."""
FRACTIONS = {"train": 0.6, "valid": 0.1, "test": 0.3}


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figure of `modalities.KEYS`, and the details."""
    stored = np.load(bench.data / "series_watch/watch_shoulder.npz", allow_pickle=False)
    path = bench.work / "watch.npz"
    lengths = stored["lengths"]
    times = np.concatenate([np.arange(n) / RATE for n in lengths])
    np.savez(path, values=stored["values"], lengths=lengths, times=times, channels=stored["X_labels"],
             exercise=stored["y_labels"][stored["y"]], subject=stored["subject"])  # fmt: skip
    source = {"paths": [str(path)], "reading": {"window": WINDOW, "every": 2 / RATE}}
    records = riboswitch.parse([source], "series", kind="multiclass", targets=["exercise"])
    split = riboswitch.split(records, "column", column="subject", repeats=REPEATS, fractions=FRACTIONS)
    plain = ("mean", "ridge", "forest", "boosting")
    how = {"epochs": 15}
    figure, details = compared(records, split, "multiclass", "exercise", "accuracy", plain, {"pool": 4}, how)
    return {"watch_subject_accuracy": figure | {"published": PUBLISHED}}, details
