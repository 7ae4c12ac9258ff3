"""Verdicts in words."""

from __future__ import annotations

from reporting.results import (
    metrics,
)
from riboswitch.reporting.verdicts import verdicts


def test_verdicts_name_winner_and_interval():
    assert verdicts(metrics("multiclass", "drug_class", "macro_f1")) == [
        "On macro-F1 the network loses to forest by 0.200 (0.100 to 0.300)."
    ]
    assert verdicts(metrics("regression", "SOL", "rmse")) == [
        "On RMSE the network wins against forest by 0.200 (0.100 to 0.300)."
    ]
