"""Relations across the line between training and test rows, by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riboswitch.io.cells import is_missing, plain
from riboswitch.io.log.progress import tracked
from riboswitch.modalities import find
from riboswitch.modalities.base import Modality
from riboswitch.modalities.optional_parts import AuditKind, Auditor, Partners, Sketch
from riboswitch.numeric.joins import Keys
from riboswitch.screening.process_pool import ordered

CHUNK_ROWS = 2048
FEW_CHUNKS = 4  # to start other processes takes as long
GROUP = "group:"
EQUAL = {"exact": AuditKind("red", "equal inputs")}
"""The kinds of a modality that has no `Auditor`."""


class Relation(NamedTuple):
    """One kind of relation: what it means, and the training row of each test row (`Partners`)."""

    kind: AuditKind
    partners: Partners


class Relations(NamedTuple):
    """All relations across the line.

    Attributes
    ----------
    kinds : dict of str to Relation
        The closest first: all red kinds stand before all amber ones.
    same : list of Keys
        Keys of rows that are one thing.
    nearest : dict of str to Partners
        The nearest training row by measure.
    """

    kinds: dict[str, Relation]
    same: list[Keys]
    nearest: dict[str, Partners]


def relations(
    train: pd.DataFrame,
    test: pd.DataFrame,
    modality: Modality,
    reading: Mapping[str, Any],
    groups: Sequence[str],
    settings: Any,
    processes: int,
    sketches: Sequence[Sketch] = (),
) -> Relations:
    """Find what two tables of records have in common.

    Parameters
    ----------
    train, test : DataFrame
        Their order decides which of equally close training rows is a partner.
    modality : Modality
    reading : mapping
        How the records were read.
    groups : sequence of str
        Columns whose values should stand on one side; an empty cell is no group.
    settings : object
        ``AuditSettings`` of the modality's auditor, if it has one.
    processes : int
    sketches : sequence of Sketch
        Those of the two tables, if they are made already; see `sketched`.
    """
    auditor = modality.auditor
    if auditor is None:
        keys = Keys(*(_identities(table, modality) for table in (train, test)))
        return _in_order(_by_keys(EQUAL, {"exact": keys}), _by_groups(train, test, groups), [keys], {})
    sketches = sketches or [sketched(table, modality, auditor, reading, processes) for table in (train, test)]
    of_keys = {
        name: Keys(sketches[0].keys[name], sketches[1].keys[name])
        for name in auditor.KINDS
        if name in sketches[0].keys
    }
    compared = auditor.compare(sketches[0], sketches[1], settings, processes)
    found = _by_keys(auditor.KINDS, of_keys)
    found |= {name: Relation(auditor.KINDS[name], p) for name, p in compared.kinds.items()}
    kinds = {name: found[name] for name in auditor.KINDS if name in found}
    same = [of_keys[name] for name in auditor.SAME if name in of_keys]
    return _in_order(kinds, _by_groups(train, test, groups), same, compared.nearest)


def _in_order(
    kinds: Mapping[str, Relation],
    groups: Mapping[str, Relation],
    same: list[Keys],
    nearest: Mapping[str, Partners],
) -> Relations:
    """All kinds with the red ones first, and shared groups as the last of these."""
    red = {name: relation for name, relation in kinds.items() if relation.kind.level == "red"}
    return Relations({**red, **groups, **kinds}, same, dict(nearest))


def _identities(table: pd.DataFrame, modality: Modality) -> list[str | None]:
    rows = zip(*(table[name] for name in modality.components), strict=True)
    return [modality.reader.identity(dict(zip(modality.components, row, strict=True))) for row in rows]


def _by_keys(kinds: Mapping[str, AuditKind], keys: Mapping[str, Keys]) -> dict[str, Relation]:
    found = {}
    for name, numbers in keys.items():
        train = numbers.first_partners()
        found[name] = Relation(kinds[name], Partners(train, np.where(train < 0, 0.0, 1.0)))
    return found


def _by_groups(train: pd.DataFrame, test: pd.DataFrame, groups: Sequence[str]) -> dict[str, Relation]:
    keys = {
        f"{GROUP}{name}": Keys(*([_text(cell) for cell in table[name]] for table in (train, test)))
        for name in groups
    }
    kinds = {f"{GROUP}{name}": AuditKind("red", f"the same value in the column {name}") for name in groups}
    return _by_keys(kinds, keys)


def _text(cell: Any) -> str | None:
    """The name of a group, equal for equal cells of text and of typed columns; None for an empty cell."""
    if is_missing(cell):
        return None
    try:
        return plain(cell).strip()
    except ValueError:
        return str(cell)


def sketched(
    table: pd.DataFrame, modality: Modality, auditor: Auditor, reading: Mapping[str, Any], processes: int
) -> Sketch:
    """The sketch of a table; the result does not depend on the number of processes."""
    names = [*modality.components, *(name for name in auditor.FIELDS if name in table)]
    columns = {name: table[name].tolist() for name in names}
    starts = range(0, max(len(table), 1), CHUNK_ROWS)
    rows = ({name: values[at : at + CHUNK_ROWS] for name, values in columns.items()} for at in starts)
    sketches = ordered(Sketcher, (modality.name, dict(reading)), rows, processes, FEW_CHUNKS)
    parts = list(tracked(sketches, "audit", f"blocks of {CHUNK_ROWS} rows", len(starts)))
    keys = {name: [key for part in parts for key in part.keys[name]] for name in parts[0].keys}
    arrays = {name: np.concatenate([part.arrays[name] for part in parts]) for name in parts[0].arrays}
    return Sketch(keys, arrays)


def of_rows(sketch: Sketch, rows: np.ndarray) -> Sketch:
    """The sketch of some rows of a table, by their positions."""
    keys = {name: [values[row] for row in rows.tolist()] for name, values in sketch.keys.items()}
    return Sketch(keys, {name: values[rows] for name, values in sketch.arrays.items()})


class Sketcher:
    """Sketches rows in a process of its own."""

    def __init__(self, modality: str, reading: Mapping[str, Any]):
        found = find(modality)
        self.auditor, self.reading = found.required("auditor", found.auditor), reading

    def __call__(self, rows: Mapping[str, list[Any]]) -> Sketch:
        """Sketch some rows."""
        return self.auditor.sketch(rows, self.reading)
