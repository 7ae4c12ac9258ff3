"""Drugs by structure: what a compound is whose name says nothing.

`structures.tsv` lists approved antibacterial drugs of ChEMBL with the first block of their InChIKey, which
stands for formula and bonds. It is the same for salts, stereoisomers and most tautomers. A drug that is not
listed is not recognised.
"""

from __future__ import annotations

import re
from functools import cache

import pandas as pd

from riboswitch.resistance.drugs.names import TABLES, DrugBook, rows

COLUMNS = ["drug", "skeleton", "source"]
RECOGNISED = "recognised_as"
"""Column of the drug that a compound is by its structure; empty if its name says what it is."""
_INCHIKEY = re.compile(r"^([A-Z]{14})-[A-Z]{10}-[A-Z]")


@cache
def shipped_structures() -> dict[str, str]:
    """Drugs by the first block of their InChIKey."""
    return {row["skeleton"]: row["drug"] for _, row in rows(TABLES / "structures.tsv", COLUMNS)}


def recognised(names: pd.Series, keys: pd.Series, known: pd.Series, book: DrugBook) -> pd.Series:
    """The drug that each compound is by its structure, where its name does not say it.

    Parameters
    ----------
    names, keys : Series of str
        Names and identities of the compounds. Identities that are no InChIKeys recognise nothing.
    known : Series of bool
        Whether the name gives a drug class.
    book : DrugBook

    Returns
    -------
    Series of str
        Empty where the name gives a class or a drug, or the structure is of no listed drug.
    """
    structures, found = shipped_structures(), []
    for name, key, has_class in zip(names, keys, known, strict=True):
        match = None if has_class else _INCHIKEY.match(key)
        drug = structures.get(match[1], "") if match else ""
        found.append("" if drug and name and book.read(name) is not None else drug)
    return pd.Series(found, names.index, dtype=object)


def drug_names(compounds: pd.DataFrame) -> pd.Series:
    """The name by which each compound is joined: that of its structure where its own says nothing."""
    own = compounds["name"].fillna("").astype(str)
    if RECOGNISED not in compounds:
        return own
    return own.where(compounds[RECOGNISED] == "", compounds[RECOGNISED])
