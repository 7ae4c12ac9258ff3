"""Reads molecules from files or lists. Every row becomes a standardised record or a rejection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from rdkit import Chem, rdBase

from riboswitch.chem.ctfile.mol_block import Options as SdfOptions
from riboswitch.chem.sdf import Row
from riboswitch.chem.standardize import Standardized, as_given, canonical
from riboswitch.chem.standardize import standardize as standard_form
from riboswitch.chem.stereo_groups import has_groups, mixtures
from riboswitch.config.found_columns import Found, Stream
from riboswitch.config.settings import one_of
from riboswitch.data.records import Record, Rejection
from riboswitch.errors import Problem, UsageError, shorten
from riboswitch.io.cells import plain
from riboswitch.io.delimited import require_column
from riboswitch.io.formats import source_name
from riboswitch.io.opening import location, printable
from riboswitch.modalities.defaults import label_lengths as label_lengths
from riboswitch.modalities.molecule.files.columns import INPUT_COLUMNS as NAMES
from riboswitch.modalities.molecule.files.columns import columns_of
from riboswitch.modalities.molecule.files.tables import Table, open_table
from riboswitch.modalities.molecule.kin import kin_hint as hint_of
from riboswitch.modalities.molecule.kin import kin_keys

RESERVED = ("source", "row", "id", "molecule", "raw_smiles", "changes")
"""Column names of records; a column of the file with such a name gets the prefix ``input_``."""

_RESERVED = frozenset(RESERVED)

FILE_OPTIONS = (
    "format", "skip_lines", "input_column", "id_column", "repeated_ids", "columns", "chiral_flag"
)  # fmt: skip
INPUT_COLUMNS = NAMES
CARRIED = {"raw_smiles": "smiles"}
REPEATED = ("reject", "keep")


def read(
    path: str | Path,
    *,
    format: str | None = None,
    skip_lines: int = 0,
    input_column: str | None = None,
    id_column: str | None = None,
    repeated_ids: str = "reject",
    columns: Sequence[str] | None = None,
    chiral_flag: str = "stated",
    max_atoms: int = 300,
    standardize: bool | str = True,
) -> Stream[Record | Rejection]:
    """Stream the molecules of a file.

    Parameters
    ----------
    path : str or Path
        A file, plain or compressed with gzip or zstd, or ``-`` for standard input.
    format : {"csv", "tsv", "smi", "sdf", "parquet"}, optional
        Format of the file; by default its suffix says it.
    skip_lines : int
        Lines above the header (in a SMILES file above the first row) that are no rows, such as a title.
    input_column : str, optional
        Column with the SMILES; by default it is found by its name. It is ignored for SMILES and SD files,
        where the structure has a fixed place.
    id_column : str, optional
        Column with ids (``name`` in a SMILES file, ``title`` in an SD file); by default it is found by its
        name. If there is none, ids are row-1, row-2, ...
    repeated_ids : {"reject", "keep"}
        Rows without an id, or with that of an earlier row, are rejected; or kept, and one without an id is
        called row-1, row-2, ... A column that was found and not named never rejects a row.
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
        If the file cannot be read, or has no such column, or its columns look swapped.
    """
    found = Found()
    reader = RowReader(
        source_name(path), input_column, id_column, columns, max_atoms, standardize, repeated_ids
    )
    sdf = SdfOptions(chiral_flag, max_atoms)
    return Stream(_records(path, format, sdf, skip_lines, reader, found), found)


def _records(
    path: str | Path, format: str | None, sdf: SdfOptions, skip_lines: int, reader: RowReader, found: Found
) -> Iterator[Record | Rejection]:
    with open_table(path, format, sdf, skip_lines) as table:
        rows = reader.take(table, location(path), found)
        for row in rows:
            yield replace(row, source=reader.source) if isinstance(row, Rejection) else reader.record(row)


def read_list(
    smiles: Iterable[str],
    ids: Sequence[str] | None = None,
    *,
    max_atoms: int = 300,
    standardize: bool | str = True,
    repeated_ids: str = "reject",
    source: str = "list",
) -> Iterator[Record | Rejection]:
    """Stream the molecules of a list of SMILES, by the same rules as `read`."""
    smiles = list(smiles)
    if ids is not None and len(ids) != len(smiles):
        raise UsageError(f"{len(ids)} ids for {len(smiles)} SMILES")
    id_column = "id" if ids is not None else None
    reader = RowReader(source, "smiles", id_column, [], max_atoms, standardize, repeated_ids)
    for i, text in enumerate(smiles):
        yield reader.record(Row(i + 1, {"smiles": text, "id": ids[i] if ids is not None else None}))


SAME = ("same InChIKey", "tautomers or other drawings of one compound")


def identity(components: Mapping[str, Any]) -> str:
    """Return the InChIKey of a molecule, which is equal for duplicates."""
    return key_of(components["molecule"])


def kin(components: Mapping[str, Any]) -> frozenset[str]:
    """Return keys that a molecule shares with its salts, tautomers and stereoisomers."""
    return kin_keys(components["molecule"], key_of)


def kin_hint(components: Mapping[str, Any]) -> str:
    """Return the heavy atoms of the molecule without its salts."""
    return hint_of(components["molecule"])


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


@lru_cache(maxsize=2**16)  # rows are asked for their key several times: duplicates, kin
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
    input_column: str | None
    id_column: str | None
    columns: Sequence[str] | None
    max_atoms: int
    standardize: bool | str
    repeated_ids: str = "reject"
    seen: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.standardize not in FORMS:
            hint = f"Choose one of {[*FORMS]}."
            raise UsageError("no such way to standardise", found=self.standardize, hint=hint)
        one_of("way with repeated ids", self.repeated_ids, REPEATED)

    def take(self, table: Table, where: str, found: Found) -> Iterator[Row | Rejection]:
        """Take a table: settle which columns are read, and return its rows.

        Raises
        ------
        InputError
            If the table lacks a column that is needed.
        """
        taken = columns_of(table, self.input_column, self.id_column, where)
        for name in self.columns or ():
            if table.columns is not None:
                require_column(name, table.columns, where)
        found.columns, found.options = taken.found.columns, taken.found.options
        self.input_column, self.id_column = taken.input_column, taken.id_column
        self.repeated_ids = found.options.get("repeated_ids", self.repeated_ids)
        return taken.rows

    def record(self, row: Row) -> Record | Rejection:
        """Standardise one row."""
        return self.molecule(row)[0]

    def molecule(self, row: Row) -> tuple[Record | Rejection, Chem.Mol | None]:
        """Standardise one row; also returns its molecule, so it need not be parsed again.

        The molecule of a record has the same fields as if `MolFromSmiles` had parsed its SMILES, but its
        atoms may be in the order of the given structure. Release it before the next row: keeping many
        molecules slows parsing (see `rdkit_pickle.compact`).
        """
        values = row.values
        raw = row.structure if row.structure is not None else values[str(self.input_column)]
        text, problem = _text(raw, "BAD_SMILES")
        name, strict = f"row-{row.number}", self.repeated_ids == "reject"
        if self.id_column is not None:
            name, bad_name = _text(values.get(self.id_column), "BAD_ID")
            problem = (strict and (bad_name or self._name_problem(name))) or problem
        result = problem or self._unreadable(values) or self._standard(text)
        mol = None if isinstance(result, Problem) else result.mol or Chem.MolFromSmiles(result.smiles)
        if mol is None and not isinstance(result, Problem):
            result = Problem("BAD_SMILES", "RDKit cannot read the standard form again", "Leave the row out.")
        name = name if name.strip() else f"row-{row.number}"
        if isinstance(result, Problem):
            return Rejection(row.number, name, shorten(text, 200), result.code, result.reason,
                             result.hint, source=self.source), None  # fmt: skip
        if strict and self.id_column is not None:
            self.seen[name] = row.number
        fields = self._fields(values)
        fields["raw_smiles"], fields["changes"] = text, "; ".join([*row.notes, *result.changes])
        record = Record(row.number, name, {"molecule": result.smiles}, fields, self.source)
        return record, mol

    def _unreadable(self, values: Mapping[str, Any]) -> Problem | None:
        """The problem of a column that is kept and is not text, as bytes of a Parquet file may not be."""
        if bytes in map(type, values.values()):
            for name in self._kept(values):
                if isinstance(values.get(name), bytes):
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

    def _kept(self, values: Mapping[str, Any]) -> list[str]:
        """Names of the columns that are kept; that of the ids only if an id may stand in several rows."""
        named = self.id_column if self.repeated_ids == "reject" else None
        if self.columns is None:
            return [name for name in values if name not in (named, self.input_column)]
        return [name for name in self.columns if name != named]

    def _fields(self, values: Mapping[str, Any]) -> dict[str, Any]:
        names = self._kept(values)
        if _RESERVED.isdisjoint(names):
            return {name: values.get(name) for name in names}
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
