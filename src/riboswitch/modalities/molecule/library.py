"""Libraries of molecules: one process reads the rows of a file, others parse and encode them.

`rows` is fast and keeps the order of the file. `BatchReader` parses and encodes each row by itself, so rows
can be distributed over processes. It does not check that ids are unique, since no process has all rows.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast

from rdkit import Chem, rdBase

from riboswitch.chem.ctfile.mol_block import Options as SdfOptions
from riboswitch.chem.rdkit_pickle import compact
from riboswitch.chem.sdf import Row
from riboswitch.chem.stereo_groups import has_groups
from riboswitch.config.found_columns import Found, Stream
from riboswitch.config.settings import one_of
from riboswitch.data.records import Record, Rejection
from riboswitch.io.formats import source_name
from riboswitch.io.opening import location
from riboswitch.modalities.molecule import read
from riboswitch.modalities.molecule.encode import encode_mols
from riboswitch.modalities.molecule.files.tables import open_table
from riboswitch.modalities.molecule.sample import count, sample_rows
from riboswitch.modalities.optional_parts import RowBatch
from riboswitch.modalities.parts import Inputs

__all__ = ["KEYS", "BatchReader", "count", "keys", "rows", "sample_rows"]

KEYS = tuple(read.KEYS)


def keys(inputs: Inputs, by: str) -> list[str]:
    """Return one key a molecule, see `read.key_of`."""
    return [read.key_of(smiles, by) for smiles in inputs["molecule"]]


def rows(path: str | Path, reading: Mapping[str, Any]) -> Stream[Row | Rejection]:
    """Stream the rows of a file, not parsed; ``reading`` are options of `read.read`."""
    found = Found()
    made = _rows(path, reading, found)
    next(made)  # opens the file
    return Stream(cast("Iterator[Row | Rejection]", made), found)


def _rows(path: str | Path, reading: Mapping[str, Any], found: Found) -> Iterator[Row | Rejection | None]:
    """None once the file is open and its columns are found, then the rows."""
    options = _options(reading)
    sdf = SdfOptions(options["chiral_flag"], options["max_atoms"])
    with open_table(path, options["format"], sdf, options["skip_lines"]) as table:
        taken = _reader(path, reading).take(table, location(path), found)
        yield None
        yield from taken


class BatchReader:
    """Turns rows into records, keys and arrays.

    Parameters
    ----------
    path : path
        The file of the rows.
    reading : mapping
        Options of `read.read`.
    encoder : mapping, optional
        Options of `encode.encode`.
    key : {"inchikey", "smiles", "none"}
        Kind of key, see `read.key_of`; with ``none`` keys are empty.
    """

    def __init__(
        self, path: str | Path, reading: Mapping[str, Any], encoder: Mapping[str, Any] | None, key: str
    ):
        one_of("key", key, (*KEYS, "none"))
        self.reader, self.encoder, self.key = _reader(path, reading), dict(encoder or {}), key

    def __call__(self, rows: Sequence[Row | Rejection]) -> RowBatch:
        """Parse and encode some rows."""
        items: list[Record | Rejection] = []
        ids: list[str] = []
        keys: list[str] = []
        packed: list[bytes] = []
        for row in rows:
            item, mol = self._molecule(row)
            items.append(item)
            if isinstance(item, Record) and mol is not None:
                ids.append(item.id)
                keys.append(self._key(item.components["molecule"], mol))
                packed.append(compact(mol))
        return RowBatch(items, keys, encode_mols(packed, ids, self.encoder))

    def _molecule(self, row: Row | Rejection) -> tuple[Record | Rejection, Chem.Mol | None]:
        if isinstance(row, Rejection):
            return replace(row, source=self.reader.source), None
        self.reader.seen.clear()
        return self.reader.molecule(row)

    def _key(self, smiles: str, mol: Chem.Mol) -> str:
        if self.key == "none":
            return ""
        if has_groups(smiles):
            return read.key_of(smiles, self.key)
        if self.key == "smiles" and self.reader.standardize != "none":
            return smiles  # it is already canonical
        with rdBase.BlockLogs():
            return read.KEYS[self.key](mol) or smiles


def _reader(path: str | Path, reading: Mapping[str, Any]) -> read.RowReader:
    options = _options(reading)
    known = {field.name for field in fields(read.RowReader)}
    return read.RowReader(source_name(path), **{n: options[n] for n in options if n in known})


def _options(reading: Mapping[str, Any]) -> dict[str, Any]:
    """The options of `read.read`, with their defaults."""
    parameters = inspect.signature(read.read).parameters.items()
    return {n: reading.get(n, p.default) for n, p in parameters if p.kind is p.KEYWORD_ONLY}
