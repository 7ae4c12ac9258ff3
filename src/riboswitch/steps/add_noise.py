"""Add noise to answers before they leave their owner, and name the privacy budget that is spent.

The table that is written has the ids and the noisy answers, and nothing else.
"""

from __future__ import annotations

__all__ = ["add_noise"]
__verb__ = ("Learn", 104)

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from cyclopts import Parameter

from riboswitch.errors import InputError, UsageError
from riboswitch.io.summary import write_summary
from riboswitch.io.table_writer import check_suffix, write_table
from riboswitch.learning.distilling.noise import Budget, noisy
from riboswitch.learning.distilling.teachers import numbers, read_answers
from riboswitch.steps.arguments import Summary, TableOutput


def add_noise(
    answers: pd.DataFrame,
    columns: Sequence[str],
    *,
    epsilon: float,
    delta: float,
    low: float = 0.0,
    high: float = 1.0,
    rows: int | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Answers with the noise of differential privacy for all of an owner's data.

    Parameters
    ----------
    answers : DataFrame
        What `predict` returned.
    columns : sequence of str
        The answers that are handed out, as ``p_active``.
    epsilon, delta : float
        The budget for the whole table. A second table of the same owner spends a second budget.
    low, high : float
        Bounds of an answer, 0 and 1 of a probability. Answers beyond them are clipped.
    rows : int, optional
        Hand out no more answers than this, drawn with ``seed``: the fewer, the less noise on each. The
        standard deviation grows with the square root of their number.
    seed : int
        Which rows are drawn. The noise itself cannot be repeated.

    Returns
    -------
    DataFrame
        ``id``, the columns (empty where there is no answer), ``epsilon``, ``delta``, ``noise_sd``.

    Raises
    ------
    UsageError, InputError
        If a number is out of range, or a column is missing.
    """
    if not (np.isfinite(epsilon) and epsilon > 0):
        raise UsageError("epsilon must be above zero", where="--epsilon", found=epsilon)
    if not 0 < delta < 1:
        raise UsageError("delta must be between 0 and 1", where="--delta", found=delta)
    if not low < high:
        raise UsageError("the lower bound must be below the upper", where="--low", found=f"{low}, {high}")
    missing = [name for name in ("id", *columns) if name not in answers]
    if missing or not columns:
        found = missing[0] if missing else "none"
        raise InputError("no such column of answers", found=found, hint=f"There are {', '.join(answers)}.")
    values = numbers(answers, columns, "the answers")
    known = np.flatnonzero(~np.isnan(values).any(1))
    if rows is not None and rows < len(known):
        if rows < 1:
            raise UsageError("at least one row must be handed out", where="--rows", found=rows)
        known = np.random.default_rng(seed).choice(known, rows, replace=False)
    kept = np.full(values.shape, np.nan)
    kept[known] = values[known]
    changed, deviation = noisy(kept, low, high, Budget(epsilon, delta))
    table = pd.DataFrame(
        {"id": answers["id"].astype(str)} | dict(zip(columns, changed.round(6).T, strict=True))
    )
    return table.assign(epsilon=epsilon, delta=delta, noise_sd=deviation)


def command(
    answers: Path,
    /,
    *,
    column: Annotated[list[str], Parameter(help="Column of answers to hand out. Repeat it for several.")],
    epsilon: float,
    delta: float,
    output: TableOutput = "-",
    low: float = 0.0,
    high: float = 1.0,
    rows: int | None = None,
    seed: int = 0,
    summary: Summary = None,
) -> None:
    """Add noise to a file of answers.

    Parameters
    ----------
    answers : Path
        What riboswitch predict wrote (.csv, .tsv, .parquet).
    epsilon : float
        Privacy budget of the whole table: how much the answers may depend on the owner's data.
    delta : float
        Probability with which they may depend on it more, as 1e-6.
    low : float
        Least answer; below it answers are clipped.
    high : float
        Largest answer.
    rows : int
        Hand out no more answers than this: the fewer, the less noise.
    seed : int
        Which rows are drawn.
    """
    check_suffix(output)
    table = add_noise(read_answers(answers), column, epsilon=epsilon, delta=delta, low=low, high=high,
                      rows=rows, seed=seed)  # fmt: skip
    write_table(table, output)
    given = int(table[column[0]].notna().sum())
    deviation = round(float(table["noise_sd"].iloc[0]), 4) if len(table) else 0.0
    write_summary({"read": len(table), "answers": given, "withheld": len(table) - given, "epsilon": epsilon,
                   "delta": delta, "noise_sd": deviation}, summary)  # fmt: skip
