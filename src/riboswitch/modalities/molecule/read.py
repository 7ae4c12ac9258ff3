"""Reads molecules from files or lists. Every row becomes a standardised record or a rejection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rdkit import Chem, rdBase

from riboswitch.chem.ctfile.mol_block import Options as SdfOptions
from riboswitch.chem.sdf import Row
from riboswitch.chem.smiles import parse
from riboswitch.chem.standardize import Standardized, as_given, canonical
from riboswitch.chem.standardize import standardize as standard_form
from riboswitch.chem.stereo_groups import has_groups, mixtures
from riboswitch.data.records import Record, Rejection
from riboswitch.errors import Problem, UsageError, shorten
from riboswitch.io.cells import plain
from riboswitch.io.delimited import require_column
from riboswitch.io.formats import source_name
from riboswitch.io.opening import printable
from riboswitch.modalities.molecule.tables import Table, open_table

RESERVED = ("source", "row", "id", "molecule", "raw_smiles", "changes")
"""Column names of records; a column of the file with such a name gets the prefix ``input_``."""

_RESERVED = frozenset(RESERVED)

FILE_OPTIONS = ("format", "id_column", "input_column", "columns", "chiral_flag")
INPUT_COLUMNS = ("input", "smiles")


def read(
    path: str | Path,
    *,
    format: str | None = None,
    input_column: str = "smiles",
    id_column: str | None = None,
    columns: Sequence[str] | None = None,
    chiral_flag: str = "stated",
    max_atoms: int = 300,
    standardize: bool | str = True,
) -> Iterator[Record | Rejection]:
    """Stream the molecules of a file.

    Parameters
    ----------
    path : str or Path
        A file, plain or compressed with gzip or zstd, or ``-`` for standard input.
    format : {"csv", "tsv", "smi", "sdf", "parquet"}, optional
        Format of the file; by default its suffix says it.
    input_column : str
        Column with the SMILES. It is ignored for SMILES and SD files, where the structure has a fixed place.
    id_column : str, optional
        Column with unique ids (``name`` in a SMILES file, ``title`` in an SD file); without it they are
        row-1, row-2, ...
    columns : sequence of str, optional
        Columns to keep as fields; all by default.
    chiral_flag : {"stated", "absolute", "racemate"}
        What a chiral flag of 0 means in an SD file. stated: a racemate, as the format says, except from
        programs that do not set the flag (RDKit); absolute: the enantiomer that is drawn; racemate: a
        racemate, whatever the program.
    max_atoms : int
        Largest number of heavy atoms of a molecule.
    standardize : {True, False, "none"}
        True: molecules are standardised; False: they are only written as canonical SMILES; none: they are
        checked and kept as they are written, for models that were trained on such SMILES.

    Yields
    ------
    Record or Rejection
        In file order, one for each row. The fields of a record are the kept columns (text as in the file,
        None for an empty cell), ``raw_smiles`` (the structure as given) and ``changes`` (the changes made in
        reading and standardising).

    Raises
    ------
    InputError
        If the file cannot be read, or has no such column.
    """
    source = source_name(path)
    with open_table(path, format, SdfOptions(chiral_flag, max_atoms)) as table:
        reader = RowReader(source, input_column, id_column, columns, max_atoms, standardize)
        reader.check(table, str(path))
        for row in table.rows:
            if isinstance(row, Rejection):
                yield replace(row, source=source)
            else:
                yield reader.record(row)


def read_list(
    smiles: Iterable[str],
    ids: Sequence[str] | None = None,
    *,
    max_atoms: int = 300,
    standardize: bool | str = True,
    source: str = "list",
) -> Iterator[Record | Rejection]:
    """Stream the molecules of a list of SMILES, by the same rules as `read`."""
    smiles = list(smiles)
    if ids is not None and len(ids) != len(smiles):
        raise UsageError(f"{len(ids)} ids for {len(smiles)} SMILES")
    reader = RowReader(source, "smiles", "id" if ids is not None else None, [], max_atoms, standardize)
    for i, text in enumerate(smiles):
        yield reader.record(Row(i + 1, {"smiles": text, "id": ids[i] if ids is not None else None}))


SAME = ("same InChIKey", "tautomers or other drawings of one compound")


def identity(components: Mapping[str, Any]) -> str:
    """Return the InChIKey of a molecule, which is equal for duplicates."""
    return key_of(components["molecule"])


def label_lengths(components: Mapping[str, Any]) -> tuple[int, ...]:
    """Return nothing: a molecule has no positions to label."""
    return ()


def key_of(smiles: str, by: str = "inchikey") -> str:
    """Return a key that is equal for equal molecules.

    Parameters
    ----------
    smiles : str
    by : {"inchikey", "smiles"}
        The standard InChIKey ignores the position of mobile hydrogens, so most tautomers of one compound have
        the same key. The canonical SMILES takes a third of the time. Both distinguish stereoisomers and
        isotopes. The key of a racemate or of relative stereo is made of the keys of its forms: joined by
        ``&`` if they are mixed, by ``|`` if it is unknown which is meant.

    Returns
    -------
    str
        ``smiles`` itself if InChI has no key for it, or RDKit cannot read it.
    """
    if by not in KEYS:
        raise UsageError("no such key of a molecule", found=by, hint=f"Choose one of {[*KEYS]}.")
    if has_groups(smiles):
        mixed = ["&".join(sorted({_key(form, by) for form in forms})) for forms in mixtures(smiles)]
        return "|".join(sorted(set(mixed)))
    return _key(smiles, by)


def _key(smiles: str, by: str) -> str:
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles)
        return (mol is not None and KEYS[by](mol)) or smiles


KEYS: dict[str, Callable[[Chem.Mol], str]] = {"inchikey": Chem.MolToInchiKey, "smiles": Chem.MolToSmiles}

FORMS: dict[bool | str, Callable[..., Standardized | Problem]] = {
    True: standard_form,
    False: canonical,
    "none": as_given,
}


@dataclass
class RowReader:
    """Turns rows into records or rejections. See `read` for the options."""

    source: str
    input_column: str
    id_column: str | None
    columns: Sequence[str] | None
    max_atoms: int
    standardize: bool | str
    seen: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.standardize not in FORMS:
            hint = f"Choose one of {[*FORMS]}."
            raise UsageError("no such way to standardise", found=self.standardize, hint=hint)

    def check(self, table: Table, where: str) -> None:
        """Raise `InputError` if the table lacks a column that is needed."""
        if table.columns is None:
            return
        wanted = [*(self.columns or ()), *([self.id_column] if self.id_column else [])]
        if not table.structured:
            wanted.insert(0, self.input_column)
        for name in wanted:
            require_column(name, table.columns, where, _header_hint(table.columns))

    def record(self, row: Row) -> Record | Rejection:
        """Standardise one row."""
        return self.molecule(row)[0]

    def molecule(self, row: Row) -> tuple[Record | Rejection, Chem.Mol | None]:
        """Standardise one row; also returns its molecule, so it need not be parsed again.

        The molecule of a record has the same fields as if `MolFromSmiles` had parsed its SMILES, but its
        atoms may be in the order of the given structure. Release it before the next row: keeping many
        molecules slows parsing (see `rdkit_pickle.compact`).
        """
        values = dict(row.values)
        raw = row.structure if row.structure is not None else values.pop(self.input_column)
        text, problem = _text(raw, "BAD_SMILES")
        name = f"row-{row.number}"
        if self.id_column is not None:
            name, bad_name = _text(values.pop(self.id_column, None), "BAD_ID")
            problem = bad_name or self._name_problem(name) or problem
        result = problem or self._unreadable(values) or self._standard(text)
        if isinstance(result, Problem):
            name = name if name.strip() else f"row-{row.number}"
            return Rejection(row.number, name, shorten(text, 200), result.code, result.reason,
                             result.hint, source=self.source), None  # fmt: skip
        if self.id_column is not None:
            self.seen[name] = row.number
        fields = self._fields(values)
        fields["raw_smiles"], fields["changes"] = text, "; ".join([*row.notes, *result.changes])
        record = Record(row.number, name, {"molecule": result.smiles}, fields, self.source)
        return record, result.mol or Chem.MolFromSmiles(result.smiles)

    def _unreadable(self, values: Mapping[str, Any]) -> Problem | None:
        """The problem of a column that is kept and is not text, as bytes of a Parquet file may not be."""
        if bytes in map(type, values.values()):
            for name, value in values.items():
                if isinstance(value, bytes) and (self.columns is None or name in self.columns):
                    return _not_utf8(f"column {name!r}", ". --columns chooses what is kept")
        return None

    def _name_problem(self, name: str) -> Problem | None:
        if not name.strip():
            hint = "Fill it. Without --id-column rows are numbered."
            return Problem("MISSING_ID", f"no id in column {self.id_column!r}", hint)
        if name in self.seen:
            reason = f"the id {shorten(name)!r} stands in row {self.seen[name]} already"
            return Problem(
                "DUPLICATE_ID", reason, "Ids must be unique. Without --id-column rows are numbered."
            )
        return None

    def _standard(self, text: str) -> Standardized | Problem:
        return FORMS[self.standardize](text, max_atoms=self.max_atoms)

    def _fields(self, values: dict[str, Any]) -> dict[str, Any]:
        names = values if self.columns is None else [c for c in self.columns if c != self.id_column]
        if _RESERVED.isdisjoint(names):
            return dict(values) if self.columns is None else {c: values.get(c) for c in names}
        fields: dict[str, Any] = {}
        for name in names:
            free_name = name
            while free_name in RESERVED or (free_name != name and free_name in values):
                free_name = f"input_{free_name}"
            fields[free_name] = values.get(name)
        return fields


def _text(value: Any, code: str) -> tuple[str, Problem | None]:
    """The text of a structure or an id, as it stands, and why it is none."""
    if value.__class__ is str:
        return value, None
    try:
        return plain(value), None
    except UnicodeDecodeError:
        shown = printable(value.decode("utf-8", "surrogateescape"))
        return shown, _not_utf8("the structure" if code == "BAD_SMILES" else "the id")
    except ValueError as error:
        hint = "Write the column as text." if code == "BAD_ID" else "Give SMILES as text."
        return str(value), Problem(code, shorten(f"the value is {error}", 120), hint)


def _not_utf8(what: str, otherwise: str = "") -> Problem:
    return Problem("BAD_ENCODING", f"{what} is not UTF-8 text", f"Write it as text in UTF-8{otherwise}.")


def _header_hint(columns: list[str]) -> str:
    """A hint for a table without header. Only a table of one column is also a list of SMILES."""
    with rdBase.BlockLogs():
        if not any(len(c) > 4 and not isinstance(parse(c), Problem) for c in columns):
            return ""
    as_list = " --format smi reads it without one." if len(columns) == 1 else ""
    return f"The first line looks like data: give the file a header line.{as_list}"
