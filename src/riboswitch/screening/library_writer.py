"""Writing a library: a part is written when it is full, with a state to resume from.

``part-00000.parquet`` and ``.arrow`` are the part. ``rejected-00000.tsv`` holds the rows that were rejected
since the part before. ``part-00000.json``, written last, is the state: the counts so far, the source and
settings of the library, and the digests of the part's files. A run that was killed resumes after the last
part whose state and files are as they were written. States and the rejected rows of single parts are removed
when the library is complete.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riboswitch.data import arrow_file
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.library import DUPLICATE_OF, HEADER, REJECTED
from riboswitch.data.library_part import part_path, save_table
from riboswitch.data.records import REJECTION_COLUMNS, Record, Rejection, rejection_table
from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.sealed import FileDigest, file_digest, is_intact, read_sealed, write_sealed
from riboswitch.io.table_writer import text_rows


@dataclass
class Ledger:
    """Counts of the rows: read, accepted, and rejected by code."""

    read: int = 0
    accepted: int = 0
    by_code: Counter[str] = field(default_factory=Counter)

    @property
    def counts(self) -> dict[str, Any]:
        """Read, accepted, rejected, and rejections by code."""
        rejected = sum(self.by_code.values())
        if self.read != self.accepted + rejected:
            raise AssertionError(f"{self.read} rows read, but {self.accepted} accepted, {rejected} rejected")
        return {"read": self.read, "accepted": self.accepted, "rejected": rejected,
                "by_code": dict(sorted(self.by_code.items()))}  # fmt: skip


@dataclass
class LibraryWriter:
    """Writes rows, in order, to the folder of a library.

    Parameters
    ----------
    folder : Path
    size : int
        Accepted rows a part.
    made_of : mapping
        Everything that the bytes depend on, as JSON values. Parts with other values are replaced. None: all
        parts are replaced.
    may_write : callable
        Called before a part is written; raises if another run has taken over the folder.
    """

    folder: Path
    size: int
    made_of: Mapping[str, Any] | None
    may_write: Callable[[], None] = lambda: None
    rows: list[int] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    files: dict[str, FileDigest] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lines: list[tuple[Record, str, str]] = []
        self._arrays: list[RaggedArrays] = []
        self._rejected: list[Rejection] = []

    @property
    def room(self) -> int:
        """Number of accepted rows until the part is full."""
        return self.size - len(self._lines)

    def resume(self) -> None:
        """Find the finished parts and remove all other files of the library."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for number in range(len([*self.folder.glob("part-*.json")])):
            saved = self._state(number)
            if self.made_of is None or saved is None or saved.get("made_of") != self.made_of:
                break
            self.rows.append(saved["rows"])
            self.files |= {name: saved["files"][name] for name in map(_name, self._files(number)[:2])}
            self.ledger = Ledger(saved["read"], saved["accepted"], Counter(saved["by_code"]))
        kept = {path for number in range(len(self.rows)) for path in self._files(number)}
        for pattern in (HEADER, "part-*", "rejected*", ".*.partial"):
            for path in self.folder.glob(pattern):
                if path not in kept:
                    path.unlink()

    def _state(self, number: int) -> dict[str, Any] | None:
        """The state of a part; None if it, or a file of the part, is not as it was written."""
        *files, state = self._files(number)
        if not state.exists():
            return None
        saved: dict[str, Any]
        saved, whole = read_sealed(state)
        listed = saved.get("files", {}) if whole else {}
        return saved if all(is_intact(path, listed.get(path.name)) for path in files) else None

    def finished(self) -> Iterator[pd.DataFrame]:
        """Read the rows, ids and keys of each finished part."""
        for number in range(len(self.rows)):
            yield pq.read_table(part_path(self.folder, number, "parquet"), columns=["row", "id", "key"])

    def add(self, lines: Sequence[tuple[Record, str, str]], arrays: RaggedArrays) -> None:
        """Add at most `room` accepted rows: record, key, and id of the first row with the same compound."""
        self.ledger.read += len(lines)
        self.ledger.accepted += len(lines)
        self._lines += lines
        self._arrays.append(arrays)

    def reject(self, rejection: Rejection) -> None:
        """Add a rejected row."""
        self.ledger.read += 1
        self.ledger.by_code[rejection.code] += 1
        self._rejected.append(rejection)

    def flush(self) -> None:
        """Write the current part, if it has rows; its state is written last."""
        if not self._lines:
            return
        self.may_write()
        number = len(self.rows)
        table, arrays, rejected, state = self._files(number)
        save_table(_columns(self._lines), table)
        arrow_file.save(arrow_file.concatenated(self._arrays), arrays)
        _save_rejected(self._rejected, rejected)
        self.rows.append(len(self._lines))
        digests = {path.name: file_digest(path) for path in (table, arrays, rejected)}
        self.files |= {path.name: digests[path.name] for path in (table, arrays)}
        write_sealed({**self.ledger.counts, "rows": self.rows[-1], "made_of": self.made_of, "files": digests},
                     state)  # fmt: skip
        self._lines, self._arrays, self._rejected = [], [], []

    def close(self) -> None:
        """Write the rejected rows of all parts, and those after the last part, into one table."""
        path = self.folder / REJECTED
        with atomic_path(path) as temporary, open(temporary, "wb") as whole:
            whole.write(text_rows(pd.DataFrame(columns=REJECTION_COLUMNS), "\t").encode())
            for number in range(len(self.rows)):
                whole.write(self._files(number)[2].read_bytes())
            whole.write(_rejected_lines(self._rejected).encode())
        self.files[REJECTED] = file_digest(path)

    def remove_states(self) -> None:
        """Remove the files that are only needed to resume."""
        for path in self.states():
            path.unlink()

    def states(self) -> list[Path]:
        """The files that are only needed to resume."""
        return [*self.folder.glob("part-*.json"), *self.folder.glob("rejected-*.tsv")]

    def _files(self, number: int) -> tuple[Path, Path, Path, Path]:
        table, arrays, state = (part_path(self.folder, number, s) for s in ("parquet", "arrow", "json"))
        return table, arrays, self.folder / f"rejected-{number:05d}.tsv", state


def _name(path: Path) -> str:
    return path.name


def _columns(lines: Sequence[tuple[Record, str, str]]) -> dict[str, pa.Array]:
    """The table of a part. A user's column with the name of a column of the library gets a prefix."""
    records = [record for record, _, _ in lines]
    columns = {
        "row": pa.array([r.row for r in records], pa.int64()),
        "id": pa.array([r.id for r in records], pa.string()),
        **{c: pa.array([r.components[c] for r in records]) for c in records[0].components},
        "key": pa.array([key for _, key, _ in lines], pa.string()),
        DUPLICATE_OF: pa.array([first for _, _, first in lines], pa.string()),
    }
    reserved = set(columns)
    names = dict.fromkeys(name for record in records for name in record.fields)
    for name in names:
        free_name = f"input_{name}" if name in reserved else name
        columns[free_name] = pa.array([r.fields.get(name) for r in records])
    return columns


def _rejected_lines(rejections: Sequence[Rejection]) -> str:
    return text_rows(rejection_table(rejections), "\t", header=False)


def _save_rejected(rejections: Sequence[Rejection], path: Path) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(_rejected_lines(rejections), "utf-8")
