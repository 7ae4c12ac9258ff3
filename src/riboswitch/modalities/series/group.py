"""Groups of series that belong in the same part of a split: equal ones, or those that share a stretch.

Series of one person, device or site are kept together by a column: ``--method column --column subject``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from riboswitch.config.settings import Limits, check_values, one_of
from riboswitch.modalities.parts import Inputs
from riboswitch.modalities.series.read import identity
from riboswitch.numeric.components import components, first_members

METHODS = ("stretch", "random")
RELATIVES: str | None = "stretch"
LIMITS = {"steps": Limits(whole=True, at_least=2)}
VARIED = 2  # different values that a channel must have in a stretch: a flat line is shared by chance


def group(inputs: Inputs, method: str = "stretch", *, steps: int = 8) -> list[str]:
    """Label each series with its group.

    Parameters
    ----------
    inputs : mapping
        ``{"series": arrays of the reader}``.
    method : {"stretch", "random"}
        ``stretch``: components of the graph that joins two series if some channels have the same values in
        ``steps`` steps on end, as windows that overlap do. ``random``: each series is a group of its own;
        equal series are together.
    steps : int
        Steps that make two series relatives. Shorter series are compared as a whole.

    Returns
    -------
    list of str
        One label for each series, that of the first member by identity; the order does not matter.
    """
    settle(inputs, method, steps=steps)
    keys = [identity({"series": value}) for value in inputs["series"]]
    if method == "random":
        return keys
    unique = dict(zip(keys, inputs["series"], strict=True))
    names = sorted(unique)
    numbers: dict[bytes, int] = {}
    pairs = [(row, numbers.setdefault(stretch, len(numbers)))
             for row, name in enumerate(names) for stretch in _stretches(unique[name], steps)]  # fmt: skip
    one, other = np.array(pairs, np.int64).reshape(-1, 2).T
    joined = components(one, other + len(names), len(names) + len(numbers))
    label = first_members(names, joined[: len(names)])
    return [label[key] for key in keys]


def settle(inputs: Inputs, method: str = "stretch", *, steps: int = 8) -> dict[str, Any]:
    """The options that `group` uses; `UsageError` for an unknown method or a value out of range."""
    one_of("way to group series", method, METHODS)
    check_values(LIMITS, steps=steps)
    return {"steps": steps} if method == "stretch" else {}


def size(inputs: Inputs) -> int:
    """Numbers of all series."""
    return sum(int(value.size) for value in inputs["series"])


def _stretches(series: np.ndarray, steps: int) -> set[bytes]:
    """The values of all channels in each run of ``steps`` steps, whatever the time."""
    values = np.ascontiguousarray(series[:, 1:], np.float32) + np.float32(0)
    values[np.isnan(values)] = np.nan
    width = min(steps, len(values))
    found = set()
    for start in range(len(values) - width + 1):
        part = values[start : start + width]
        if (np.diff(part, axis=0) != 0).sum(0).max(initial=0) >= VARIED or width < steps:
            found.add(part.tobytes())
    return found
