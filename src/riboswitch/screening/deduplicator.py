"""Duplicates in a library: rows with the id or the compound of an earlier row."""

from __future__ import annotations

from riboswitch.data.records import Record, Rejection, input_text
from riboswitch.errors import shorten
from riboswitch.screening.digests import FirstRows, FirstSeen
from riboswitch.screening.library_writer import LibraryWriter


class Deduplicator:
    """Finds the first row with the id or the compound of a row; remembers all accepted rows.

    Parameters
    ----------
    duplicates : {"mark", "reject", "keep"}
        What to do with a row whose compound an earlier row has.
    named : bool
        Whether the ids are the user's, so that two may be equal.
    writer : LibraryWriter
        The rows of its finished parts are remembered from the start.
    """

    def __init__(self, duplicates: str, named: bool, writer: LibraryWriter):
        self.duplicates, self.named = duplicates, named
        self.ids, self.keys, self.rows = FirstSeen(), FirstSeen(), FirstRows()
        for table in writer.finished():
            for row, name, key in zip(*(table[c].to_pylist() for c in ("row", "id", "key")), strict=True):
                if duplicates != "keep":
                    self.keys.claim(key, len(self.rows))
                self._remember(row, name)

    def __call__(self, record: Record, key: str) -> Rejection | str:
        """Check one row.

        Returns
        -------
        str or Rejection
            The id of the first row with the same compound, empty if there is none; or the rejection of the
            row.
        """
        if self.named and (number := self.ids.get(record.id)) is not None:
            reason = f"the id {shorten(record.id)!r} stands in row {self.rows[number][0]} already"
            hint = "Ids must be unique. Without --id-column rows are numbered."
            return _rejection(record, "DUPLICATE_ID", reason, hint)
        number = None if self.duplicates == "keep" else self.keys.claim(key, len(self.rows))
        row, first = (0, "") if number is None else self.rows[number]
        if first and self.duplicates == "reject":
            reason = f"the same compound as {first} in row {row}"
            return _rejection(record, "DUPLICATE", reason, "Its score is that of the first.")
        self._remember(record.row, record.id)
        return first

    def _remember(self, row: int, name: str) -> None:
        if self.named:
            self.ids.claim(name, len(self.rows))
        self.rows.append(row, name)


def _rejection(record: Record, code: str, reason: str, hint: str) -> Rejection:
    return Rejection(record.row, record.id, input_text(record.components), code, reason, hint, "prepare",
                     record.source)  # fmt: skip
