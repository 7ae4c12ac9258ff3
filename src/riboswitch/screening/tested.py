"""Which compounds were tested: measured values joined to compounds of a library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.data.records import Records
from riboswitch.modalities.kindred import Kindred
from riboswitch.modalities.parts import Reader

SAME, FORM, UNCLEAR, NOT = "same compound", "another form", "forms disagree", "not tested"
"""How a compound was tested: as it is; as another form, as a salt or a stereoisomer; as other forms with
different results; or not at all."""


def join_tested(
    inputs: Sequence[Mapping[str, Any]], tested: Records, target: str, reader: Reader
) -> pd.DataFrame:
    """Join measured values to compounds.

    A compound takes the value of its own record. Without one it takes that of its other forms (see
    `Reader.kin`), if they agree.

    Parameters
    ----------
    inputs : sequence of mapping
        Components of each compound.
    tested : Records
        Measured inputs, one record an input.
    target : str
        Column of the values.
    reader : Reader
        The modality's reader.

    Returns
    -------
    DataFrame
        One row a compound: ``basis`` (`SAME`, `FORM`, `UNCLEAR` or `NOT`), ``value`` (NaN where there is
        none) and ``tested_id`` (of the record, or of the first of its forms).
    """
    own: dict[str, int] = {}
    for row, components in enumerate(tested.each_input()):
        own.setdefault(reader.identity(components), row)
    forms = Kindred(tested.each_input(), reader)
    values, ids = tested.table[target].to_numpy(np.float64), tested.ids
    found = [_tested(components, own, forms, values) for components in inputs]
    return pd.DataFrame({
        "basis": [basis for basis, _, _ in found],
        "value": [value for _, value, _ in found],
        "tested_id": ["" if row is None else ids[row] for _, _, row in found],
    })  # fmt: skip


def _tested(
    components: Mapping[str, Any],
    own: Mapping[str, int],
    forms: Kindred,
    values: np.ndarray,
) -> tuple[str, float, int | None]:
    """Basis, value and record of one compound."""
    if not forms.may_have(components):
        return NOT, np.nan, None
    row = own.get(forms.reader.identity(components))
    if row is not None and np.isfinite(values[row]):
        return SAME, float(values[row]), row
    rows = [row for row in forms(components) if np.isfinite(values[row])]
    if not rows:
        return NOT, np.nan, None
    agree = len(set(values[rows].tolist())) == 1
    return (FORM, float(values[rows[0]]), rows[0]) if agree else (UNCLEAR, np.nan, rows[0])


def known_to_training(inputs: Sequence[Mapping[str, Any]], training: Records, reader: Reader) -> np.ndarray:
    """Whether each compound, or another form of it, is among the training rows; bool, shape (inputs,)."""
    known = Kindred(training.each_input(), reader)
    return np.array([components in known for components in inputs], bool)
