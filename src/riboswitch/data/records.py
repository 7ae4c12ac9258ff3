"""Records: the accepted rows of a file, and the rejected rows with the reason for each.

Always ``accepted + rejected = read``: no row is dropped without a rejection. A row that a reader splits into
several, as a cassette into its genes, is read once for each part; ``meta["split"]`` counts such rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.config.schemas import COUNT, NAME, NAMES, SECTION, Schema, mismatch, named
from riboswitch.errors import InputError, RejectedError
from riboswitch.io.disk_faults import Reading
from riboswitch.io.parquet import TEXT, WHOLE, check_columns, read_parquet, write_parquet
from riboswitch.io.summary import codes_text
from riboswitch.io.table_writer import read_written, write_text_table

MAKE_AGAIN = "riboswitch parse makes one."
META: Schema = {
    "type": "object",
    "required": ["read", "components", "modality"],
    "properties": {
        "read": COUNT,
        "components": {**NAMES, "minItems": 1},
        "modality": NAME,
        "shaped": NAMES,
        "bounds": NAMES,
        "sources": {"type": "array", "items": {"type": "object", "required": ["file"]}},
        "homologues": named({"type": "string"}),
        **dict.fromkeys(("reading", "ledger", "kept_out", "sample"), SECTION),
    },
}
REQUIRED = ["source", "row", "id"]
REJECTION_COLUMNS = ["source", "row", "id", "input", "stage", "code", "reason", "hint"]


@dataclass(frozen=True, slots=True)
class Record:
    """One accepted row.

    Attributes
    ----------
    row : int
        Number in its file, from 1.
    id : str
    components : mapping
        The input: the value of each component, as ``{"molecule": "CCO"}``. A value is text or an array.
    fields : dict
        The other columns.
    source : str
        Name of the file.
    """

    row: int
    id: str
    components: Mapping[str, Any]
    fields: dict[str, Any] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row that could not be used: ``code`` is for machines, ``reason`` and ``hint`` for people."""

    row: int
    id: str
    input: str
    code: str
    reason: str
    hint: str = ""
    stage: str = "read"
    source: str = ""


@dataclass
class Records:
    """Tables of accepted and of rejected rows.

    Attributes
    ----------
    table : DataFrame
        Columns ``source`` (file name), ``row`` (number in the file, from 1), ``id``, a column for each
        component, then the fields.
    rejected : DataFrame
        Columns ``source``, ``row``, ``id``, ``input``, ``stage``, ``code``, ``reason``, ``hint``.
    read : int
        Number of rows read, each part of a split row counted; always ``len(table) + len(rejected)``.
    meta : dict
        JSON values: ``modality``, ``components``; ``split`` of a file, how many ``rows`` were split and into
        how many ``parts``; after curation ``ledger``, its counts; ``homologues``, proteins of no class by id
        that resemble some of a class and are no records; ``bounds``, targets with censored labels
        (`bounds.columns`).
    kept_out, curation : Records, DataFrame, optional
        Labelled rows that `parse` keeps out of training, and what curation did to each label of inputs with
        several rows (`merging.CURATION_COLUMNS`). Both are saved apart.
    """

    table: pd.DataFrame
    rejected: pd.DataFrame
    read: int
    meta: dict[str, Any] = field(default_factory=dict)
    kept_out: Records | None = field(default=None, compare=False, repr=False)
    curation: pd.DataFrame | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Raise if a row was lost or counted twice."""
        if len(self.table) + len(self.rejected) != self.read:
            counts = f"{len(self.table)} accepted and {len(self.rejected)} rejected"
            raise AssertionError(f"{self.read} rows read, but {counts}")

    def __len__(self) -> int:
        return len(self.table)

    @property
    def ids(self) -> list[str]:
        return self.table["id"].tolist()

    @property
    def components(self) -> list[str]:
        return list(self.meta["components"])

    @property
    def inputs(self) -> dict[str, list[Any]]:
        """For each component the values of all records."""
        return {name: self.table[name].tolist() for name in self.components}

    def each_input(self) -> Iterator[dict[str, Any]]:
        """The components of each record, in order."""
        for values in zip(*self.inputs.values(), strict=True):
            yield dict(zip(self.components, values, strict=True))

    @classmethod
    def collect(cls, stream: Iterable[Record | Rejection], components: Sequence[str], **meta: Any) -> Records:
        """Collect a reader's stream into accepted and rejected rows, each in the order of the stream."""
        accepted: list[dict[str, Any]] = []
        rejected: list[Rejection] = []
        split: dict[tuple[str, int], int] = {}
        last = None
        for item in stream:
            if last == (last := (item.source, item.row)):
                split[last] = split.get(last, 1) + 1
            if isinstance(item, Rejection):
                rejected.append(item)
            else:
                accepted.append(
                    {
                        "source": item.source,
                        "row": item.row,
                        "id": item.id,
                        **item.components,
                        **item.fields,
                    }
                )
        table = _table(accepted, [*REQUIRED, *components])
        meta["components"] = list(components)
        if split:
            meta["split"] = {"rows": len(split), "parts": sum(split.values())}
        return cls(table, rejection_table(rejected), len(accepted) + len(rejected), meta)

    @classmethod
    def concat(cls, parts: list[Records], **meta: Any) -> Records:
        """Several sources one after the other; all have the same components."""
        table = pd.concat([p.table for p in parts], ignore_index=True)
        rejected = pd.concat([p.rejected for p in parts], ignore_index=True)
        return cls(table, rejected, sum(p.read for p in parts), {"components": parts[0].components, **meta})

    def reject(self, gone: pd.Series, rejections: list[Rejection]) -> Records:
        """Move the rows where the mask ``gone`` is true from accepted to rejected.

        ``rejections`` holds one entry for each of them, in table order.
        """
        rejected = pd.concat([self.rejected, rejection_table(rejections)], ignore_index=True)
        return Records(self.table[~gone].reset_index(drop=True), rejected, self.read, dict(self.meta))

    def rejection(self, row: int, code: str, reason: str, hint: str = "", *, stage: str) -> Rejection:
        """Make the rejection of an accepted row, for `reject`; ``row`` is its position in the table."""
        at = self.table.iloc[row]
        text = input_text({name: at[name] for name in self.components})
        return Rejection(int(at["row"]), at["id"], text, code, reason, hint, stage, at["source"])

    def require(self, max_rejected: float = 1.0, where: str = "input") -> Records:
        """Return self; `RejectedError` if no row is left or too many were rejected.

        Parameters
        ----------
        max_rejected : float
            Largest fraction of the rows that may be rejected.
        where : str
            Name of the input, for the error.
        """
        if not len(self.table):
            problem = f"none of the {self.read} rows could be used"
            raise RejectedError(problem, where=where, hint=self._commonest_reason())
        fraction = len(self.rejected) / self.read  # less than 1 here
        if fraction > max_rejected:
            raise RejectedError(
                f"{len(self.rejected)} of {self.read} rows were rejected ({fraction:.1%}), "
                f"more than max_rejected {max_rejected:.1%}",
                where=where,
                hint=self._commonest_reason(),
            )
        return self

    def _commonest_reason(self) -> str:
        if self.rejected.empty:
            return "The file holds no records."
        by_code = self.counts()["by_code"]
        first = self.rejected[self.rejected["code"] == min(by_code, key=lambda c: (-by_code[c], c))].iloc[0]
        return f"Reasons: {codes_text(by_code)}; the first at row {first['row']}: {first['reason']}"

    def counts(self) -> dict[str, Any]:
        """Read, accepted, rejected, and rejections by code."""
        by_code = self.rejected["code"].value_counts().sort_index()
        return {
            "read": self.read,
            "accepted": len(self.table),
            "rejected": len(self.rejected),
            "by_code": {str(k): int(v) for k, v in by_code.items()},
        }

    def save(self, path: str | Path, rejected: str | Path | None = None) -> None:
        """Write ``path`` (Parquet) and the rejected rows, by default as ``rejected.tsv`` beside it."""
        path = Path(path)
        meta = {"read": self.read, **self.meta}
        shaped = [name for name in meta.get("components", ()) if _has_shapes(self.table[name])]
        write_parquet(_flattened(self.table, shaped), path, meta | ({"shaped": shaped} if shaped else {}))
        write_text_table(self.rejected, rejected or path.with_name("rejected.tsv"), "\t")

    @classmethod
    def load(cls, path: str | Path, rejected: str | Path | None = None) -> Records:
        """Read files that `save` wrote.

        Raises
        ------
        InputError
            If a file is missing or of another kind or version, or the two do not belong together.
        """
        path = Path(path)
        table, meta = read_parquet(path)
        _check_file(table, meta, str(path))
        own = path.with_name(f"{path.stem}-rejected.tsv")  # where a folder holds several records
        gone_path = rejected or (own if own.exists() else path.with_name("rejected.tsv"))
        if not Path(gone_path).exists():
            problem = "the rejected rows that belong to the records are missing: no such file"
            raise InputError(problem, where=str(gone_path),
                             hint=f"Copy the file from the folder that {path.name} came from.")  # fmt: skip
        gone, read = read_rejected(gone_path), meta.pop("read")
        if len(table) + len(gone) != read:
            raise InputError(f"not the rejected rows of {path.name}", where=str(gone_path),
                             found=f"{len(gone)} rows for {read} read and {len(table)} accepted",
                             hint="Parse again, each set of records into a folder of its own.")  # fmt: skip
        try:
            table = _reshaped(table, meta.pop("shaped", ()))
        except (KeyError, ValueError, TypeError) as error:
            raise InputError("arrays and their shapes do not fit together", where=str(path), found=error,
                             hint=MAKE_AGAIN) from error  # fmt: skip
        return cls(table, gone, read, meta)


def _check_file(table: pd.DataFrame, meta: dict[str, Any], where: str) -> None:
    """Raise `InputError` unless these are columns and header of records."""
    problem = mismatch(meta, META)
    if not problem and not set(meta.get("shaped", ())) <= set(meta["components"]):
        problem = "shaped: not components"
    if problem:
        raise InputError("not a file of records of this version", where=where, found=problem, hint=MAKE_AGAIN)
    check_columns(table, {"source": TEXT, "row": WHOLE, "id": TEXT}, where, MAKE_AGAIN)
    for name in meta["components"]:
        if name not in table:
            raise InputError(f"the column {name!r} is missing", where=where, hint=MAKE_AGAIN)
        bad = [i for i, value in enumerate(table[name].tolist()) if not _is_component(value)]
        if bad:
            row, problem = bad[0], f"the column {name!r} must hold text or numbers"
            found = table[name].iloc[row]
            raise InputError(problem, where=f"{where} record {row + 1}", found=found, hint=MAKE_AGAIN)


def _is_component(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, np.ndarray) and value.dtype.kind in "biuf")


def _has_shapes(values: pd.Series) -> bool:
    return any(isinstance(value, np.ndarray) and value.ndim > 1 for value in values)


def _flattened(table: pd.DataFrame, shaped: Iterable[str]) -> pd.DataFrame:
    """Arrays of several dimensions as flat ones beside their shapes, since Parquet has only lists."""
    table = table.copy(deep=False)
    for name in shaped:
        table[f"{name}.shape"] = [list(np.shape(value)) for value in table[name]]
        table[name] = [np.ravel(value) for value in table[name]]
    return table


def _reshaped(table: pd.DataFrame, shaped: Iterable[str]) -> pd.DataFrame:
    """The table that `_flattened` was given."""
    for name in shaped:
        shapes = table.pop(f"{name}.shape")
        table[name] = [np.reshape(value, shape) for value, shape in zip(table[name], shapes, strict=True)]
    return table


def input_text(components: Mapping[str, Any]) -> str:
    """Describe an input in one text: its only value, or ``name=value`` of each component."""
    texts = {name: value if isinstance(value, str) else f"array of {np.shape(value)}"
             for name, value in components.items()}  # fmt: skip
    return next(iter(texts.values())) if len(texts) == 1 else "; ".join(f"{n}={t}" for n, t in texts.items())


def rejection_table(rejections: Iterable[Rejection]) -> pd.DataFrame:
    """Make a table of rejections. Control characters are escaped, but ids stay as they are."""
    own = {"row": lambda value: value, "id": _encodable}
    rows = [{c: own.get(c, _printable)(getattr(r, c)) for c in REJECTION_COLUMNS} for r in rejections]
    return _table(rows, REJECTION_COLUMNS)


def read_rejected(path: str | Path) -> pd.DataFrame:
    """Read a ``rejected.tsv``, a `rejection_table` as TSV."""
    types = {c: "int64" if c == "row" else "str" for c in REJECTION_COLUMNS}
    try:
        with Reading(path):
            return read_written(path, "\t", types)[REJECTION_COLUMNS]
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(path)) from error
    except (ValueError, KeyError, OverflowError, OSError) as error:
        raise InputError("not a table of rejected rows", where=str(path), found=error) from error


def _encodable(name: str) -> str:
    return name.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()


def _printable(text: str, limit: int = 300) -> str:
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:limit])
    return shown.replace('"', "'") + ("…" if len(text) > limit else "")


def _table(rows: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    table = pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)
    texts = [c for c in columns if c != "row" and table[c].map(lambda value: isinstance(value, str)).all()]
    return table.astype(dict.fromkeys(texts, "str") | {"row": "int64"})
