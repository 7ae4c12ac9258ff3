"""The drug class of an antibacterial, from its name.

International non-proprietary names (INN) have stems that WHO gives to chemical and pharmacological families,
and ResFinder names the drugs that its genes defeat. A TSV file lists both, with the columns

| column            | meaning                                                                              |
|-------------------|--------------------------------------------------------------------------------------|
| `drug_class`      | one of ResFinder's 17 classes (`VOCABULARY`); ``-`` in a ``not`` row                  |
| `phenotype_class` | the finer word of ResFinder's ``phenotypes.txt``                                      |
| `kind`            | ``name`` (the name begins with these words), ``stem-suffix``, ``stem-prefix``, ``not`` |
| `pattern`         | in lower case                                                                        |
| `basis`           | where the rule is from                                                               |

The pattern of a ``not`` row is a name, too: the drug has none of the classes, whatever its stem. Stems count
only in the first word, so that salts (``… SULFATE``) have no effect.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from riboswitch.data.records import Records
from riboswitch.errors import InputError, UsageError
from riboswitch.io.delimited import read_small_table

VOCABULARY = (
    "aminoglycoside", "beta-lactam", "colistin", "fosfomycin", "fusidicacid", "glycopeptide", "macrolide",
    "misc", "nitroimidazole", "oxazolidinone", "phenicol", "pseudomonicacid", "quinolone", "rifampicin",
    "sulphonamide", "tetracycline", "trimethoprim",
)  # fmt: skip
"""The classes: the names of ResFinder's files, one file for each."""

KINDS = ("name", "stem-suffix", "stem-prefix", "not")
COLUMNS = ["drug_class", "phenotype_class", "kind", "pattern", "basis"]

CATIONS = {
    "sodium",
    "disodium",
    "potassium",
    "calcium",
    "magnesium",
    "zinc",
    "silver",
    "benzathine",
    "procaine",
}
"""Words that may come before the drug's own name, as in ``sodium fusidate``."""

_PARTS = re.compile(r"\s*(?:/|\+|;|\band\b|\bwith\b)\s*")


@dataclass(frozen=True, slots=True)
class DrugClass:
    """The class of a drug, the finer class, and the pattern that gave it with its source."""

    drug_class: str
    phenotype_class: str
    pattern: str
    basis: str


@dataclass(frozen=True)
class DrugClasses:
    """The table of patterns by kind."""

    names: dict[str, DrugClass | None]
    prefixes: dict[str, DrugClass]
    suffixes: dict[str, DrugClass]

    @classmethod
    def load(cls, path: str | Path) -> DrugClasses:
        """Read the table.

        Raises
        ------
        InputError
            If the file is missing, or a row has an unknown class or kind, or repeats a pattern.
        """
        tables: dict[str, dict] = {"name": {}, "stem-prefix": {}, "stem-suffix": {}}
        for where, row in _rows(path):
            entry = DrugClass(row["drug_class"], row["phenotype_class"], row["pattern"], row["basis"])
            table = tables["name" if row["kind"] == "not" else row["kind"]]
            if entry.pattern in table:
                raise InputError("the pattern stands twice", where=where, found=entry.pattern)
            table[entry.pattern] = None if row["kind"] == "not" else entry
        return cls(tables["name"], tables["stem-prefix"], tables["stem-suffix"])

    def drug_class(self, name: str) -> DrugClass | None:
        """The class of a drug; None if its name gives none.

        Parameters
        ----------
        name : str
            As ``"Tetracycline hydrochloride"``. A combination (``"sulfamethoxazole/trimethoprim"``) has a
            class only if all parts with a class have the same.
        """
        parts = [self._single(part) for part in _PARTS.split(name.lower().strip())]
        found = [part for part in parts if part]
        return found[0] if len({part.drug_class for part in found}) == 1 else None

    def _single(self, name: str) -> DrugClass | None:
        words = name.partition(",")[0].split()
        while len(words) > 1 and words[0] in CATIONS:
            words = words[1:]
        for count in range(len(words), 0, -1):
            key = " ".join(words[:count])
            if key in self.names:
                return self.names[key]
        if not words:
            return None
        stems = [s for s in self.suffixes if words[0].endswith(s)]
        stems += [s for s in self.prefixes if words[0].startswith(s)]
        if not stems:
            return None
        longest = max(stems, key=len)
        return self.suffixes.get(longest) or self.prefixes[longest]


def _rows(path: str | Path) -> list[tuple[str, dict[str, str]]]:
    columns, lines = read_small_table(path, "\t")
    if columns != COLUMNS:
        raise InputError(
            "not a table of drug classes", where=str(path), found=columns, hint=f"Columns: {COLUMNS}."
        )
    rows = [(f"{path} row {line.number}", dict(zip(columns, line.cells, strict=True))) for line in lines]
    for where, row in rows:
        _check(where, row)
    return rows


def _check(where: str, row: dict[str, str]) -> None:
    if not row["pattern"]:
        raise InputError("the pattern is empty", where=where)
    if row["kind"] not in KINDS:
        raise InputError("no such kind of pattern", where=where, found=row["kind"], hint=f"One of {KINDS}.")
    if row["pattern"] != row["pattern"].lower():
        raise InputError("patterns are written in lower case", where=where, found=row["pattern"])
    if (row["kind"] == "not") != (row["drug_class"] == "-"):
        raise InputError("a 'not' row, and no other, has '-' for its class", where=where)
    if row["kind"] != "not" and row["drug_class"] not in VOCABULARY:
        raise InputError(
            "no such drug class", where=where, found=row["drug_class"], hint=f"One of {VOCABULARY}."
        )


def label_by_name(
    records: Records, targets: Sequence[str], table: str | Path, name_column: str, otherwise: str = "none"
) -> None:
    """Label compounds with the drug class of their name, in place. The label is knowledge, not measurement.

    Parameters
    ----------
    records : Records
    targets : sequence of str
        The column of the label: one.
    table : path
        Table of drug classes.
    name_column : str
        Column of the names.
    otherwise : str
        Label of names without a class.

    Raises
    ------
    UsageError
        If there is no such column, or not one target.
    """
    if len(targets) != 1 or name_column not in records.table:
        columns = f"Columns: {', '.join(records.table.columns)}."
        raise UsageError("no such column of names", found=name_column, hint=columns)
    knowledge = DrugClasses.load(table)
    names = records.table[name_column].fillna("").astype(str)
    classes = [knowledge.drug_class(name) if name else None for name in names]
    records.table[targets[0]] = [c.drug_class if c else otherwise for c in classes]
