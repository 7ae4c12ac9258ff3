"""The inputs of one side: read by its own modality, each distinct one once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from riboswitch.config.found_columns import found_by
from riboswitch.config.settings import parameters_of
from riboswitch.data.records import Record, Rejection
from riboswitch.errors import InputError, Problem, shorten
from riboswitch.io.cells import is_missing, plain
from riboswitch.modalities.pair.sides import Side, known_of_side

MOST_KEPT = 2**17  # read inputs that are kept in case they come again
NO_ID = Problem("MISSING_INPUT", "the cell is empty", "Fill it, or leave the row out.")


class SideInputs:
    """Reads the inputs of a side.

    Parameters
    ----------
    side : Side
    options : mapping
        Options of the side's reader that are not of one file.
    file : Path, optional
        File with its inputs; what is read is then their ids.
    layout : mapping, optional
        Options of the side's reader that describe this file.

    Attributes
    ----------
    learned : dict
        What the reader found out about the file, once it was read: options for other files.

    Raises
    ------
    UsageError
        If the reader has no such option, or the option is of the other kind.
    """

    def __init__(
        self,
        side: Side,
        options: Mapping[str, Any],
        file: Path | None = None,
        layout: Mapping[str, Any] | None = None,
    ):
        self.side, self.options, self.file, self.layout = side, dict(options), file, dict(layout or {})
        reader = side.modality.reader
        of_file = set(reader.FILE_OPTIONS)
        known_of_side(options, [n for n in parameters_of(reader.read) if n not in of_file], side, "reading")
        known_of_side(self.layout, list(reader.FILE_OPTIONS), side, "layout")
        for _ in reader.read_list([], None, **self.options):  # the reader checks values when it starts
            pass
        self.learned: dict[str, Any] = {}
        self._known: dict[str, Record | Rejection] = {}
        self._of_file: dict[str, Record | Rejection] | None = None

    @property
    def by_id(self) -> bool:
        """Whether values are ids in a file."""
        return self.file is not None

    def __call__(self, value: Any) -> Record | Rejection | Problem:
        """Read a value, or find it in the file."""
        if self.file is not None:
            return self._found(str(value))
        try:
            text = plain(value) if value is None or isinstance(value, str) or _is_scalar(value) else None
        except ValueError:
            text = str(value)
        if text is None:
            return self._read(value)  # an array
        if text not in self._known:
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            self._known[text] = self._read(text)
        return self._known[text]

    def _read(self, value: Any) -> Record | Rejection:
        return next(iter(self.side.modality.reader.read_list([value], None, **self.options)))

    def _found(self, name: str) -> Record | Rejection | Problem:
        if not name.strip():
            return NO_ID
        if self._of_file is None:
            self._of_file = self.whole_file()
        if name not in self._of_file:
            reason = f"no {self.side.modality.name} in its file is called {shorten(name)!r}"
            return Problem("NO_SUCH_INPUT", reason, "Add it to the file, or leave the row out.")
        return self._of_file[name]

    def whole_file(self) -> dict[str, Record | Rejection]:
        """Read the items of the file by id; of equal ids the first that is a record."""
        found: dict[str, Record | Rejection] = {}
        stream = self.side.modality.reader.read(str(self.file), **self.options, **self.layout)
        for item in stream:
            if item.id not in found or (isinstance(found[item.id], Rejection) and isinstance(item, Record)):
                found[item.id] = item
        if not any(isinstance(item, Record) for item in found.values()):
            first = next((i.reason for i in found.values() if isinstance(i, Rejection)), "no rows")
            raise InputError(f"the file of the {self.side.name} side has no {self.side.modality.name}",
                             where=str(self.file), found=first)  # fmt: skip
        self.learned = dict(found_by(stream).learned)
        return found


def _is_scalar(value: Any) -> bool:
    return isinstance(value, int | float | bool | bytes) or is_missing(value)
