"""Building blocks and reactions as SMARTS: each block gives a synthon to each reactant that it fits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rdkit import Chem, rdBase

from riboswitch.data.records import Rejection
from riboswitch.errors import InputError, Problem, shorten
from riboswitch.io.delimited import DELIMITERS, read_small_table, require_column
from riboswitch.modalities.molecule.read import read
from riboswitch.spaces.synthons.half_reaction import HalfReaction, half_reactions
from riboswitch.spaces.synthons.synthon import read_synthon
from riboswitch.spaces.synthons.synthon_file import SynthonRow

ID, SMARTS = "reaction_id", "smarts"


def read_reactions(path: str | Path) -> dict[str, list[HalfReaction]]:
    """Read a table of reactions (.csv, .tsv) with the columns ``reaction_id`` and ``smarts``.

    Raises
    ------
    InputError
        If it cannot be read, or for the first row that is no reaction.
    """
    where = str(path)
    columns, rows = read_small_table(path, DELIMITERS["tsv" if where.endswith(".tsv") else "csv"])
    for name in (ID, SMARTS):
        require_column(name, columns, where)
    found: dict[str, list[HalfReaction]] = {}
    for row in rows:
        cells = dict(zip(columns, row.cells, strict=True))
        name, place = cells[ID].strip(), f"{where} row {row.number}"
        if not name or name in found:
            raise InputError("a reaction needs an id of its own", where=place, found=name)
        found[name] = half_reactions(cells[SMARTS].strip(), place)
    if not found:
        raise InputError("there are no reactions in it", where=where)
    return found


def read_reagents(path: str | Path, reactions: str | Path) -> Iterator[SynthonRow | Rejection]:
    """Read building blocks, and give their synthons for each reaction, or why there are none.

    A block that fits a reactant in several ways gives several synthons, whose ids end in ~2, ~3 and so on.
    Codes of its own: ``FITS_NO_REACTION``.
    """
    known = read_reactions(reactions)
    for item in read(path):
        if isinstance(item, Rejection):
            yield item
            continue
        smiles = item.components["molecule"]
        with rdBase.BlockLogs():
            mol = Chem.MolFromSmiles(smiles)
        made = list(_synthons(item.row, item.id, mol, known, item.source))
        if not made:
            problem = Problem("FITS_NO_REACTION", "the building block holds what no reactant needs")
            yield Rejection(item.row, item.id, shorten(smiles, 200), *problem, source=item.source)
        yield from made


def _synthons(
    row: int, name: str, mol: Chem.Mol, known: dict[str, list[HalfReaction]], source: str
) -> Iterator[SynthonRow | Rejection]:
    for reaction, halves in known.items():
        for number, half in enumerate(halves, 1):
            for which, text in enumerate(half.synthons(mol), 1):
                own = name if which == 1 else f"{name}~{which}"
                made = read_synthon(text)
                if isinstance(made, Problem):
                    yield Rejection(row, own, shorten(text, 200), *made, source=source)
                else:
                    yield SynthonRow(row, own, reaction, number, made, text)
