"""Other reference genes beside NCBI's: records with a class, as ResFinder or a user's own genes give.

A gene whose protein NCBI has as well only adds its names and drugs to it. Any other becomes a reference: of
the curated family that has its name, or else of a family of its own with the usual cut-offs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from riboswitch.data.records import Records
from riboswitch.errors import InputError
from riboswitch.resistance.curated.families import COMPLETE, IDENTITY, PARTIAL, Families, Family
from riboswitch.resistance.curated.references import Known, Reference

CORE = 2
RECORD = "record:"
"""Begins the name of a family that only records have."""


def known_table(records: Records, target: str, none: str) -> pd.DataFrame:
    """The records whose ``target`` is not ``none``, with it as ``drug_class``.

    Raises
    ------
    InputError
        If there is no such target.
    """
    if target not in records.table:
        raise InputError("the references have no column of classes", found=target,
                         hint="Give the records that the model was trained on.")  # fmt: skip
    known = records.table[records.table[target] != none].reset_index(drop=True)
    return known.assign(drug_class=known[target])


def join(
    references: Iterable[Reference], families: Families, table: pd.DataFrame, none: str
) -> tuple[tuple[Reference, ...], Families]:
    """Add the records of a table to references and families.

    Parameters
    ----------
    references : iterable of Reference
        Those of NCBI; there may be none.
    families : Families
    table : DataFrame
        Records: ``id``, ``sequence``, ``drug_class``, and if known ``gene``, ``accession``, ``antibiotics``,
        ``phenotype_classes``.
    none : str
        The class of records that are no resistance gene.

    Returns
    -------
    tuple of Reference, Families
    """
    symbols = by_symbol(families)
    by_protein: dict[str, list[Reference]] = {}
    for reference in references:
        by_protein.setdefault(reference.sequence[1:], []).append(reference)
    added: dict[str, Family] = {}
    known_rows = table[table["drug_class"] != none]
    columns = {name: known_rows[name].tolist() for name in _READ if name in known_rows}
    for values in zip(*columns.values(), strict=True):
        row = dict(zip(columns, values, strict=True))
        known = _known(row)
        same = by_protein.get(row["sequence"][1:])
        if same is None:
            family = _curated(row, symbols) or _family(row)
            added.setdefault(family.name, family)
            by_protein[row["sequence"][1:]] = [_reference(row, family, known)]
        else:
            by_protein[row["sequence"][1:]] = [replace(r, known=(*r.known, known)) for r in same]
    joined = tuple(r for group in by_protein.values() for r in group)
    return joined, Families({**families.by_name, **added})


def by_symbol(families: Families) -> dict[str, Family]:
    """The family that a gene's symbol stands for: of several with one symbol that above all others.

    Those below it know more of a gene than its name tells: *mecA* is the family, and not its variant that
    defeats ceftaroline. A symbol of families of which none is above the others is left out.
    """
    alike: dict[str, list[Family]] = {}
    for family in families.by_name.values():
        if family.symbol != "-" and family.reportable and family.type == "AMR":
            alike.setdefault(family.symbol, []).append(family)
    found = {}
    for symbol, group in alike.items():
        for family in group:
            if all(families.below(other.name, family.name) for other in group):
                found[symbol] = family
    return found


_READ = ("id", "sequence", "drug_class", "gene", "cassette_gene", "accession", "antibiotics",
         "phenotype_classes", "pmid", "mechanism", "description")  # fmt: skip
"""Columns of records that are read here."""


def _name(row: Mapping[str, Any]) -> str:
    """The gene; that of a cassette if it is one of several."""
    return str(row.get("cassette_gene") or row.get("gene") or row["id"])


def _known(row: Mapping[str, Any]) -> Known:
    def words(name: str) -> tuple[str, ...]:
        text = row.get(name)
        return tuple(w.strip() for w in text.split(",") if w.strip()) if isinstance(text, str) else ()

    accession = row.get("accession") or row["id"]
    return Known(
        _name(row),
        accession,
        words("antibiotics"),
        words("phenotype_classes"),
        str(row.get("pmid") or ""),
    )


def _curated(row: Mapping[str, Any], symbols: Mapping[str, Family]) -> Family | None:
    """The curated family that a gene's name belongs to: ``bleO``, and ``blaTEM`` of ``blaTEM-1A``."""
    name = _name(row)
    for text in (name, re.sub(r"-?[0-9]+[A-Za-z]?$", "", name)):
        if text in symbols:
            return symbols[text]
    return None


def _family(row: Mapping[str, Any]) -> Family:
    symbol = _name(row)
    name = f"{RECORD}{symbol}"
    return Family(
        name, "", symbol, (IDENTITY, COMPLETE), (IDENTITY, PARTIAL), CORE, "AMR", "AMR",
        row["drug_class"], "", str(row.get("description") or ""),
    )  # fmt: skip


def _reference(row: Mapping[str, Any], family: Family, known: Known) -> Reference:
    return Reference(
        known.accession, 1, 1, family.name, family.name, str(row.get("mechanism") or ""), CORE, "",
        family.drug_class, family.description, row["sequence"], (known,), True,
    )  # fmt: skip
