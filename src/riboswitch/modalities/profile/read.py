"""Read profiles: wide tables with a row a sample, transposed ones, ``.npz``, and blocks joined by id.

A profile is an array of float32: its features in the order that the model knows, gaps as NaN, and last the
number of its batch (NaN: none). The names of the features are a reading option, which a model keeps: so a new
file is read by the names, whatever the order of its columns.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from riboswitch.config.found_columns import Found, Stream
from riboswitch.config.settings import one_of
from riboswitch.data.ids import id_problem
from riboswitch.data.records import Record, Rejection
from riboswitch.errors import Problem, UsageError, shorten
from riboswitch.io.cells import is_missing, plain
from riboswitch.modalities.defaults import label_lengths as label_lengths
from riboswitch.modalities.profile.layout import (
    MISSING_FEATURES,
    Block,
    Columns,
    Layout,
    lay_out,
    read_blocks,
)
from riboswitch.modalities.profile.sheets import Sheet, SheetRow, read_sheet
from riboswitch.modalities.profile.values import named_values, profile

FILE_OPTIONS = ("format", "skip_lines", "transposed", "choose", "leave_out", "labels", "blocks", "id_column",
                "missing_features", "repeated_ids", "columns")  # fmt: skip
INPUT_COLUMNS: tuple[str, ...] = ()
CARRIED: dict[str, str] = {}
REPEATED = ("reject", "keep")
NO_ID = Problem("MISSING_ID", "the row has no id", "Give each sample an id.")
SAME = ("the same values", "")
MISSING_BLOCKS = "missing_blocks"
"""Field with the blocks in which a sample has no value, where there are blocks."""


def read(
    path: str | Path, *,
    format: str | None = None, skip_lines: int = 0, transposed: bool = False,
    feature_names: Sequence[str] | None = None, choose: Sequence[str] = (), leave_out: Sequence[str] = (),
    labels: Sequence[str] = (), blocks: Sequence[str] = (), id_column: str | None = None,
    batch: str | None = None, batches: Sequence[str] | None = None,
    missing_features: str = "refuse", repeated_ids: str = "reject", columns: Sequence[str] | None = None,
) -> Stream[Record | Rejection]:  # fmt: skip
    """Read the profiles of a file.

    Parameters
    ----------
    path : path
        A table, plain or compressed with gzip, bgzip or zstd, or an ``.npz`` (`sheets`).
    format : {"csv", "tsv", "parquet", "npz"}, optional
        Format of the file; by default its suffix says it.
    skip_lines : int
        Lines above the header of a CSV or TSV file.
    transposed : bool
        Rows are features and columns are samples.
    feature_names : sequence of str, optional
        Names of the features, in the order of the arrays; by default they are found. A model keeps them.
    choose : sequence of str
        Patterns of names of features, as ``ENSG*``; by default all other columns of numbers are features.
    leave_out : sequence of str
        Columns of numbers that are no features: outcomes, groups.
    labels : sequence of str
        Columns with labels, which are never features. riboswitch parse adds its targets.
    blocks : sequence of str
        More files, as ``mirna=mirna.csv``, joined by id; their features are called ``mirna:NAME``.
    id_column : str, optional
        Column with ids; by default it is found by its name, else rows are numbered.
    batch : str, optional
        Column with the batch of each sample, such as the site, by which features are then centred.
    batches : sequence of str, optional
        Names of the batches; by default they are found. A model keeps them, and refuses rows of others.
    missing_features : {"refuse", "gap"}
        If the file lacks some of the ``feature_names``: refuse it, or read them as gaps.
    repeated_ids : {"reject", "keep"}
        What is done with rows without an id, or with that of an earlier row, if the column is named.
    columns : sequence of str, optional
        Columns to keep as fields; by default all that are no features.

    Yields
    ------
    Record or Rejection, one for each sample, in order; ``row`` is counted from 1.

    Raises
    ------
    InputError, UsageError
    """
    one_of("way with missing features", missing_features, MISSING_FEATURES)
    one_of("way with repeated ids", repeated_ids, REPEATED)
    _check_names(feature_names, batch, batches)
    layout = Layout(choose, leave_out, labels, id_column, batch, missing_features, feature_names)
    found = Found()
    sheet = read_sheet(path, format, skip_lines, transposed)
    joined = read_blocks(path, blocks, layout)
    laid = lay_out(sheet, layout, joined, found)
    if laid.batch is not None and batches is None:
        batches = _batches(sheet, laid.batch)
        found.learned["batches"] = batches
    places = _places(joined, laid.features)
    rules = _Rules(laid, joined, places, tuple(batches or ()), repeated_ids, columns)
    return Stream(_records(sheet, rules, found), found)


def read_list(
    values: Iterable[Any],
    ids: Sequence[str] | None = None,
    *,
    feature_names: Sequence[str] | None = None,
    batch: str | None = None,
    batches: Sequence[str] | None = None,
    repeated_ids: str = "reject",
) -> Iterator[Record | Rejection]:
    """Read profiles in memory by the same rules as `read`.

    Parameters
    ----------
    values : iterable
        Mappings of names to numbers, or texts as ``TP53=1.5 BRCA1=``. Each must have every feature; others
        are left out. The batch stands under the name of its column.
    ids : sequence of str, optional
        ``row-<n>`` if not given.
    feature_names : sequence of str, optional
        By default those of the first value.
    batch, batches, repeated_ids
        As for `read`.

    Yields
    ------
    Record or Rejection
        One for each value, in order.
    """
    one_of("way with repeated ids", repeated_ids, REPEATED)
    _check_names(feature_names, batch, batches)
    return _of_list(values, ids, feature_names, batch, tuple(batches or ()), repeated_ids)


def _of_list(
    values: Iterable[Any],
    ids: Sequence[str] | None,
    features: Sequence[str] | None,
    batch: str | None,
    batches: tuple[str, ...],
    repeated_ids: str,
) -> Iterator[Record | Rejection]:
    names = (f"row-{n}" for n in itertools.count(1)) if ids is None else iter(ids)
    taken: dict[str, int] = {}
    for number, (name, value) in enumerate(zip(names, values, strict=ids is not None), 1):
        named = named_values(value)
        if features is None and isinstance(named, Mapping):
            features = [feature for feature in named if feature != batch]
        problem = id_problem(name, taken, NO_ID) if repeated_ids == "reject" else None
        made = problem or _from_named(named, features or (), batch, batches)
        if isinstance(made, Problem):
            yield Rejection(number, name, shorten(value, 100) or "nothing", *made, source="list")
            continue
        taken[name] = number
        yield Record(number, name, {"profile": made}, {}, "list")


def _from_named(
    named: Mapping[str, Any] | Problem, features: Sequence[str], batch: str | None, batches: tuple[str, ...]
) -> np.ndarray | Problem:
    if isinstance(named, Problem):
        return named
    if missing := [name for name in features if name not in named]:
        listed = shorten(", ".join(missing), 60)
        return Problem("MISSING_FEATURE", f"{len(missing)} of {len(features)} features are missing: {listed}",
                       "Give each feature; NAME= without a number is a gap.")  # fmt: skip
    values = profile([named[name] for name in features], features)
    if isinstance(values, Problem):
        return values
    number = _batch(None if batch is None else named.get(batch, ""), batches)
    return number if isinstance(number, Problem) else np.append(values, np.float32(number))


def identity(components: Mapping[str, Any]) -> str:
    """Return a key that is equal for equal values, whatever the batch."""
    values = np.asarray(components["profile"], np.float32)[:-1] + np.float32(0)  # -0 is 0
    values = np.where(np.isnan(values), np.float32(np.nan), values)
    return hashlib.sha256(values.tobytes()).hexdigest()[:24]


def kin(components: Mapping[str, Any]) -> frozenset[str]:
    """Return the identity: profiles have no other kin."""
    return frozenset({identity(components)})


kin_hint = identity


class _Rules(NamedTuple):
    """How the rows of a sheet become records."""

    columns: Columns
    blocks: Sequence[Block]
    places: Sequence[tuple[np.ndarray, np.ndarray]]
    batches: tuple[str, ...]
    repeated_ids: str
    kept: Sequence[str] | None


def _check_names(features: Sequence[str] | None, batch: str | None, batches: Sequence[str] | None) -> None:
    for what, names in (("feature", features), ("batch", batches)):
        if names is not None and (not names or len({*names}) < len(names)):
            problem = f"a {what} is named twice" if names else f"no {what} is named"
            raise UsageError(problem, found=shorten(", ".join(names), 80))
    if batches is not None and batch is None:
        raise UsageError("batches without a column of batches", found=", ".join(batches),
                         hint="Give --batch, too.")  # fmt: skip


def _batches(sheet: Sheet, place: int) -> list[str]:
    """The names of the batches of a file, sorted."""
    cells = [row.cells[place] for row in sheet.rows if row.problem is None]
    return sorted({_text(cell) for cell in cells if not is_missing(cell)})


def _text(cell: Any) -> str:
    try:
        return plain(cell).strip()
    except ValueError:
        return str(cell)


def _records(sheet: Sheet, rules: _Rules, found: Found) -> Iterator[Record | Rejection]:
    laid, taken = rules.columns, dict[str, int]()
    strict = rules.repeated_ids == "reject" and laid.named
    for row in sheet.rows:
        name = "" if laid.ids is None or row.problem else _text(row.cells[laid.ids])
        name = name if name or (strict and not row.problem) else f"row-{row.number}"
        problem = row.problem or (id_problem(name, taken, NO_ID) if strict else None)
        made = problem or _from_row(row, name, rules)
        if isinstance(made, Problem):
            shown = shorten(",".join(map(str, row.cells)), 100) or "blank"
            yield Rejection(row.number, name, shown, *made, source=sheet.name)
            continue
        taken[name] = row.number
        fields = {sheet.columns[i]: row.cells[i] for i in laid.fields}
        if rules.blocks:
            lacking = [block.name for block in rules.blocks if name not in block.values]
            fields[MISSING_BLOCKS] = " ".join(lacking)
        if rules.kept is not None:
            fields = {field: fields[field] for field in rules.kept if field in fields}
        yield Record(row.number, name, {"profile": made}, fields, sheet.name)
    _note_blocks(rules.blocks, {*taken}, found)


def _from_row(row: SheetRow, name: str, rules: _Rules) -> np.ndarray | Problem:
    laid = rules.columns
    values = np.full(len(laid.features) + 1, np.nan, np.float32)
    own = np.flatnonzero(laid.places >= 0)
    in_blocks = _of_blocks(name, rules)
    read = profile([row.cells[i] for i in laid.places[own]], [laid.features[i] for i in own])
    if isinstance(read, Problem):
        if read.code != "NO_VALUES" or not in_blocks:
            return read
    else:
        values[own] = read
    for places, of_block in in_blocks:
        values[places] = of_block
    number = _batch(None if laid.batch is None else row.cells[laid.batch], rules.batches)
    if isinstance(number, Problem):
        return number
    values[-1] = number
    return values


def _of_blocks(name: str, rules: _Rules) -> list[tuple[np.ndarray, np.ndarray]]:
    """Places and values of the sample's features in each block that has it."""
    return [
        (places, block.values[name][known])
        for block, (known, places) in zip(rules.blocks, rules.places, strict=True)
        if name in block.values
    ]


def _places(blocks: Sequence[Block], features: Sequence[str]) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each block its features that are taken, and their places among all."""
    place = {feature: i for i, feature in enumerate(features)}
    each = [[(i, place[f]) for i, f in enumerate(block.features) if f in place] for block in blocks]
    tables = [np.array(pairs, np.int64).reshape(-1, 2) for pairs in each]
    return [(table[:, 0], table[:, 1]) for table in tables]


def _batch(cell: Any, batches: tuple[str, ...]) -> float | Problem:
    """The number of a batch; NaN if there are no batches."""
    if cell is None:
        return float("nan")
    if is_missing(cell):
        return Problem("NO_BATCH", "the row has no batch, by which it would be centred",
                       "Name its batch, or read without --batch.")  # fmt: skip
    name = _text(cell)
    if name not in batches:
        known = shorten(", ".join(batches), 60)
        return Problem("UNKNOWN_BATCH", f"the batch {shorten(name, 30)!r} is none of {known}",
                       "Only batches of the training data have means to subtract.")  # fmt: skip
    return float(batches.index(name))


def _note_blocks(blocks: Sequence[Block], ids: set[str], found: Found) -> None:
    for block in blocks:
        lacking, more = len(ids - block.values.keys()), len(block.values.keys() - ids)
        if lacking or more:
            found.notes.append(f"block {block.name}: {lacking} samples of the file are not in it and have "
                               f"gaps there; {more} of its samples are not in the file")  # fmt: skip
