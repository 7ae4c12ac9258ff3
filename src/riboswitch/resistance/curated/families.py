"""The tree of gene families, with the curated cut-offs of each.

NCBI's Reference Gene Hierarchy (fam.tsv of AMRFinderPlus; Feldgarden et al. 2021, Sci Rep 11:12728).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from riboswitch.errors import InputError

IDENTITY, COMPLETE, PARTIAL = 90.0, 90.0, 50.0
"""Cut-offs, in percent, of families that have none of their own."""

COLUMNS = (
    "node_id", "parent_node_id", "gene_symbol", "hmm_id", "hmm_tc1", "hmm_tc2", "blastrule_complete_ident",
    "blastrule_complete_br_coverage", "blastrule_partial_ident", "blastrule_partial_br_coverage",
    "reportable", "type", "subtype", "class", "subclass", "family_name",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Family:
    """One node of the tree.

    Attributes
    ----------
    name, parent : str
        Identifiers of the node and of its parent (empty at the root).
    symbol : str
        Gene symbol, ``-`` if the family has none.
    complete, partial : tuple of float
        Least identity and coverage of the reference, in percent, of a complete and of a partial gene.
    reportable : int
        0: not reported; 1: reported, outside the core; 2: core.
    type, subtype, drug_class, subclass, description : str
        As in the database: ``AMR``, ``BETA-LACTAM``, ``CARBAPENEM``, ...
    hmm, hmm_cutoffs : str, tuple of float
        Accession of the family's hidden Markov model, and its trusted cut-offs in bits: of a protein, and of
        its best domain.
    """

    name: str
    parent: str
    symbol: str
    complete: tuple[float, float]
    partial: tuple[float, float]
    reportable: int
    type: str
    subtype: str
    drug_class: str
    subclass: str
    description: str
    hmm: str = ""
    hmm_cutoffs: tuple[float, float] = (0.0, 0.0)

    def fits(self, identity: float, coverage: float) -> bool:
        """Whether an alignment reaches one of the cut-offs (all in percent)."""
        return any(identity >= i and coverage >= c for i, c in (self.complete, self.partial))


@dataclass(frozen=True)
class Families:
    """All families by name."""

    by_name: Mapping[str, Family]

    @classmethod
    def load(cls, path: Path) -> Families:
        """Read fam.tsv.

        Raises
        ------
        InputError
            If a column is missing, or a family's parent is not in the file.
        """
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(_without_hash(file), delimiter="\t", quoting=csv.QUOTE_NONE))
        missing = [c for c in COLUMNS if not rows or c not in rows[0]]
        if missing:
            raise InputError("not a table of gene families", where=str(path), found=f"no column {missing[0]}")
        families = {row["node_id"]: _family(row) for row in rows}
        for family in families.values():
            if family.parent and family.parent not in families:
                raise InputError("a family has an unknown parent", where=str(path), found=family.parent)
        return cls(families)

    def line(self, name: str) -> Iterator[Family]:
        """A family, its parent, and so on to the root."""
        family = self.by_name.get(name)
        while family is not None:
            yield family
            family = self.by_name.get(family.parent)

    def least_identity(self, name: str) -> float:
        """The lowest identity, in percent, at which a gene can belong to a family or to one above it."""
        reported = [f for f in self.line(name) if f.reportable]
        return min((min(f.complete[0], f.partial[0]) for f in reported), default=IDENTITY)

    def below(self, name: str, other: str) -> bool:
        """Whether a family is another one or below it."""
        return any(family.name == other for family in self.line(name))

    def fitting(self, name: str, identity: float, coverage: float) -> Family | None:
        """The lowest family of the line whose cut-offs an alignment reaches."""
        return next((f for f in self.line(name) if f.fits(identity, coverage)), None)


def _without_hash(lines: Iterator[str]) -> Iterator[str]:
    yield from (line.removeprefix("#") if number == 0 else line for number, line in enumerate(lines))


def _family(row: Mapping[str, str]) -> Family:
    def cut_off(kind: str, coverage: float) -> tuple[float, float]:
        identity = float(row[f"blastrule_{kind}_ident"]) or IDENTITY
        return identity, float(row[f"blastrule_{kind}_br_coverage"]) or coverage

    return Family(
        row["node_id"], row["parent_node_id"], row["gene_symbol"], cut_off("complete", COMPLETE),
        cut_off("partial", PARTIAL), int(row["reportable"]), row["type"], row["subtype"], row["class"],
        row["subclass"], row["family_name"], row["hmm_id"].strip("-"),
        (float(row["hmm_tc1"]), float(row["hmm_tc2"])),
    )  # fmt: skip
