"""Which rows of a library were there before: by id, and by compound."""

from __future__ import annotations

from riboswitch.data.records import Record, Rejection, input_text
from riboswitch.errors import shorten
from riboswitch.screening.digests import FirstRows, FirstSeen
from riboswitch.screening.parts import Parts


class Deduplicator:
    """Knows all accepted rows: says which ids and which compounds were there before.

    Parameters
    ----------
    duplicates : {"mark", "reject", "keep"}
    named : bool
        Whether ids are the user's, and so may be given twice.
    parts : Parts
        Those that were finished earlier are remembered.
    """

    def __init__(self, duplicates: str, named: bool, parts: Parts):
        self.duplicates, self.named = duplicates, named
        self.ids, self.keys, self.rows = FirstSeen(), FirstSeen(), FirstRows()
        for table in parts.finished():
            for row, name, key in zip(*(table[c].to_pylist() for c in ("row", "id", "key")), strict=True):
                if duplicates != "keep":
                    self.keys.claim(key, len(self.rows))
                self._remember(row, name)

    def __call__(self, record: Record, key: str) -> Rejection | str:
        """The id of the first row that is the same (or nothing); or why this one is rejected."""
        if self.named and (number := self.ids.get(record.id)) is not None:
            reason = f"the id {shorten(record.id)!r} stands in row {self.rows[number][0]} already"
            hint = "Ids must be unique; without id_column rows are numbered."
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
