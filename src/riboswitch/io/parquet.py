"""Parquet tables with a JSON header."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riboswitch.errors import InputError
from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.disk_faults import Reading

META_KEY = b"riboswitch"
"""Key of the JSON header in an Arrow schema."""


def write_parquet(table: pd.DataFrame, path: str | Path, meta: dict[str, Any] | None = None) -> None:
    """Write a table with a JSON header. Equal content gives equal bytes."""
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    header = json.dumps(meta or {}, sort_keys=True).encode()
    arrow = arrow.replace_schema_metadata({META_KEY: header})
    with atomic_path(path) as temporary:
        pq.write_table(arrow, temporary, compression="zstd", write_page_checksum=True)


def read_parquet(path: str | Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a table and its JSON header. The header of a file that another program wrote is empty.

    Raises
    ------
    InputError
        If the file is missing, damaged, or not Parquet.
    """
    try:
        with Reading(path):
            arrow = pq.read_table(path, page_checksum_verification=True)
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(path)) from error
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError("not a readable Parquet file", where=str(path), found=error) from error
    return arrow.to_pandas(), read_meta(arrow.schema)


def read_meta(schema: pa.Schema) -> dict[str, Any]:
    """The JSON header of an Arrow schema, or an empty one."""
    header: dict[str, Any] = json.loads((schema.metadata or {}).get(META_KEY, b"{}"))
    return header
