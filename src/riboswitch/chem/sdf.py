"""Records of an SD file. The file is split at the ``$$$$`` lines here; RDKit reads each record.

RDKit's own reader may skip a record after a broken one. Here a broken record costs only itself, so the count
of records stays right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rdkit import Chem, rdBase

from riboswitch.chem.smiles import rdkit_messages
from riboswitch.data.records import Rejection
from riboswitch.errors import InputError, shorten
from riboswitch.io.opening import Lines, printable

MAX_LINES = 100_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file.

    Attributes
    ----------
    number : int
        From 1.
    values : dict
        The columns.
    structure : str, optional
        SMILES, for formats with a fixed position for the structure.
    """

    number: int
    values: dict[str, Any]
    structure: str | None = None


def molecules(lines: Lines) -> Iterator[Row | Rejection]:
    """Read structure and properties of every record; the title line becomes the column ``title``."""
    for number, record in enumerate(records(lines), 1):
        problem = lines.problem(record)
        if problem:
            title = printable(record.partition("\n")[0].strip())
            yield Rejection(number, f"row-{number}", shorten(title), *problem)
        else:
            yield _molecule(record, number)


def records(lines: Lines) -> Iterator[str]:
    """Split the lines into the texts of the records; the contents are not checked.

    Raises
    ------
    InputError
        If no record ends within 100,000 lines.
    """
    record: list[str] = []
    for line in lines:
        if line.rstrip() == "$$$$":
            yield "".join(record)
            record = []
        elif len(record) < MAX_LINES:
            record.append(line)
        else:
            hint = f"No record end ($$$$) within {MAX_LINES} lines: is this an SD file?"
            raise InputError("not an SD file", where=lines.where, hint=hint)
    if any(line.strip() for line in record):
        yield "".join(record)


def _molecule(record: str, number: int) -> Row | Rejection:
    title = record.partition("\n")[0].strip()

    def rejection(code: str, reason: str, hint: str = "") -> Rejection:
        return Rejection(number, f"row-{number}", shorten(title), code, reason, hint)

    mol = _read(record)
    if mol is None:
        reason = _reason(record)
        code = "BAD_VALENCE" if "valence" in reason else "BAD_RECORD"
        return rejection(code, reason, "The row counts the records of the file.")
    if not mol.GetNumAtoms():
        return rejection("NO_ATOMS", "a structure without atoms")
    if any(atom.HasQuery() or not atom.GetAtomicNum() for atom in mol.GetAtoms()):
        return rejection("QUERY_ATOMS", "an R group, an atom list or another query", "Give one molecule.")
    values = {name: mol.GetProp(name).strip() or None for name in mol.GetPropNames()}
    return Row(number, {"title": title or None} | values, Chem.MolToSmiles(mol))


def _read(record: str) -> Chem.Mol | None:
    supplier = Chem.SDMolSupplier()
    with rdBase.BlockLogs():
        supplier.SetData(record)
        return next(iter(supplier), None)


def _reason(record: str) -> str:
    """RDKit's message about a record that it cannot read."""
    supplier = Chem.SDMolSupplier()
    with rdkit_messages() as messages:
        supplier.SetData(record)
        next(iter(supplier), None)
    # RDKit writes many lines; those with "moving to" are about the next record.
    errors = [m.removeprefix("ERROR: ") for m in messages if m.startswith("ERROR: ") and "moving to" not in m]
    return shorten(errors[-1].strip(), 150) if errors else "not a molecule record"
