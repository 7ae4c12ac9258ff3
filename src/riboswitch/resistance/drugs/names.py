"""Drugs by name: spellings, salts, esters and combinations, and the groups that a drug belongs to.

`drugs.tsv` lists drugs, inhibitors of beta-lactamases and names of combinations. `drug_groups.tsv` lists
groups of drugs, from the narrowest to those of a whole drug class. A drug that is not listed belongs to the
group of its drug class only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from riboswitch.errors import InputError
from riboswitch.io.delimited import read_small_table
from riboswitch.resistance.drug_classes import CATIONS

TABLES = Path(__file__).parent
"""Where the tables lie that are shipped."""

DRUG_COLUMNS = ["drug", "kind", "group", "spellings", "source"]
GROUP_COLUMNS = [
    "group", "within", "drug_class", "database_class", "phenotype_class", "alike", "resistance_by", "source",
]  # fmt: skip

_BETWEEN = re.compile(r"\s*(?:/|\+|;|,|&|\band\b|\bwith\b|\s-\s)\s*")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-") | {"_": " "})


@dataclass(frozen=True, slots=True)
class Group:
    """A group of drugs.

    Attributes
    ----------
    name : str
    within : str
        The wider group; empty for the widest.
    drug_class : str
        One of the classes of `riboswitch.resistance.drug_classes.VOCABULARY`; empty if it has none.
    database_classes, phenotype_classes : tuple of str
        AMRFinderPlus's and ResFinder's words for the widest groups.
    alike : bool
        Whether a gene that defeats one drug of it most often defeats the others.
    resistance_by : str
        How resistance is seen: ``gene``, ``mutation`` or ``both``.
    """

    name: str
    within: str
    drug_class: str
    database_classes: tuple[str, ...]
    phenotype_classes: tuple[str, ...]
    alike: bool
    resistance_by: str


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug, and its groups from the narrowest to the widest."""

    name: str
    groups: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """All that a rule may call it, the closest word first."""
        return (self.name, *self.groups)


@dataclass(frozen=True, slots=True)
class Named:
    """What a name says that a compound is.

    Attributes
    ----------
    drugs : tuple of Drug
        More than one in a combination.
    inhibitors : frozenset of str
        Inhibitors of beta-lactamases that are given beside.
    """

    drugs: tuple[Drug, ...]
    inhibitors: frozenset[str] = frozenset()

    @property
    def key(self) -> tuple[frozenset[str], frozenset[str]]:
        """Equal for equal combinations."""
        return frozenset(d.name for d in self.drugs), self.inhibitors


@dataclass(frozen=True)
class DrugBook:
    """All drugs and groups.

    Attributes
    ----------
    groups : dict of str to Group
    spellings : dict of str to Drug, str or tuple
        By spelling: a drug, the name of an inhibitor, or the parts of a combination.
    """

    groups: dict[str, Group]
    spellings: dict[str, Drug | str | tuple[str, ...]]

    @classmethod
    def load(cls, folder: str | Path = TABLES) -> DrugBook:
        """Read `drugs.tsv` and `drug_groups.tsv` of a folder.

        Raises
        ------
        InputError
            If a table is missing, a drug is of an unknown group, or a spelling stands twice.
        """
        table = rows(Path(folder) / "drug_groups.tsv", GROUP_COLUMNS)
        book = cls({row["group"]: _group(row) for _, row in table}, {})
        for where, row in rows(Path(folder) / "drugs.tsv", DRUG_COLUMNS):
            book._add(row, where)
        return book

    def _add(self, row: dict[str, str], where: str) -> None:
        meaning: Drug | str | tuple[str, ...] = row["drug"]
        if row["kind"] == "drug":
            if row["group"] not in self.groups:
                raise InputError("no such group of drugs", where=where, found=row["group"])
            if row["drug"] in self.groups:
                raise InputError("a drug has the name of a group", where=where, found=row["drug"])
            meaning = Drug(row["drug"], self.lineage(row["group"]))
        elif row["kind"] == "combination":
            meaning = tuple(split(row["group"], ";"))
        elif row["kind"] != "inhibitor":
            hint = "One of drug, inhibitor, combination."
            raise InputError("no such kind of drug", where=where, found=row["kind"], hint=hint)
        for spelling in [row["drug"], *split(row["spellings"], ";")]:
            key = plain(spelling)
            if self.spellings.setdefault(key, meaning) != meaning:
                raise InputError("the spelling stands twice", where=where, found=spelling)

    def lineage(self, group: str) -> tuple[str, ...]:
        """A group, and the wider groups that hold it."""
        found = []
        while group:
            found.append(group)
            group = self.groups[group].within
        return tuple(found)

    @cached_property
    def drugs(self) -> dict[str, Drug]:
        """The listed drugs by name."""
        return {d.name: d for d in self.spellings.values() if isinstance(d, Drug)}

    def roots(self, drug_class: str, phenotype_class: str = "") -> tuple[str, ...]:
        """The widest groups of a drug class; only those of a finer class, if one is given and known."""
        of_class = [g for g in self.groups.values() if g.drug_class == drug_class and not g.within]
        finer = [g for g in of_class if phenotype_class in g.phenotype_classes]
        return tuple(g.name for g in finer or of_class)

    def read(self, name: str) -> Named | None:
        """What a name says; None if it names no drug of the tables.

        Parameters
        ----------
        name : str
            As ``"Rifampin"``, ``"PENICILLIN G POTASSIUM"`` or ``"amoxicillin / clavulanate"``. Salts, esters
            and what stands in brackets have no effect.
        """
        parts = [meaning for text in _BETWEEN.split(plain(name)) for meaning in self._parts(text)]
        drugs = dict.fromkeys(p for p in parts if isinstance(p, Drug))
        inhibitors = frozenset(p for p in parts if isinstance(p, str))
        return Named(tuple(drugs), inhibitors) if drugs or inhibitors else None

    def drugs_of(self, name: str) -> tuple[Drug, ...]:
        """The drugs that a name says; none if it says none."""
        found = self.read(name)
        return found.drugs if found else ()

    def _parts(self, text: str) -> Iterator[Drug | str]:
        found = self._find(text)
        if found is None and "-" in text:
            pieces = [self._find(piece) for piece in text.split("-")]
            if all(isinstance(piece, Drug | str) for piece in pieces):
                yield from (piece for piece in pieces if isinstance(piece, Drug | str))
        elif isinstance(found, tuple):
            for part in found:
                yield from self._parts(plain(part))
        elif found is not None:
            yield found

    def _find(self, text: str) -> Drug | str | tuple[str, ...] | None:
        """What the longest known run of first words means."""
        words = text.split()
        for first in range(len(words)):
            for end in range(len(words), first, -1):
                if (meaning := self.spellings.get(" ".join(words[first:end]))) is not None:
                    return meaning
            if words[first] not in CATIONS:
                return None
        return None


def plain(name: str) -> str:
    """A name in lower case, without brackets, in one of two older spellings only."""
    text = _BRACKETS.sub(" ", name.translate(_DASHES).lower()).replace("sulph", "sulf").replace("ceph", "cef")
    return " ".join(text.replace("\u00ae", "").split()).strip("-. ")


def split(text: str, mark: str) -> list[str]:
    """The parts of a cell, without blanks."""
    return [part.strip() for part in text.split(mark) if part.strip()]


def rows(path: Path, columns: list[str]) -> list[tuple[str, dict[str, str]]]:
    """Rows of a table with these columns, each with where it stands."""
    found, lines = read_small_table(path, "\t")
    if found != columns:
        hint = f"Columns: {', '.join(columns)}."
        raise InputError("not the table that is needed", where=str(path), found=found, hint=hint)
    return [(f"{path} row {x.number}", dict(zip(columns, x.cells, strict=True))) for x in lines]


def _group(row: dict[str, str]) -> Group:
    blank = {key: "" if value == "-" else value for key, value in row.items()}
    return Group(
        name=row["group"],
        within=blank["within"],
        drug_class=blank["drug_class"],
        database_classes=tuple(split(row["database_class"], ";")),
        phenotype_classes=tuple(split(row["phenotype_class"], ";")),
        alike=row["alike"] == "yes",
        resistance_by=row["resistance_by"],
    )
