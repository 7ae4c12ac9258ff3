"""A ranked library as a page needs it: figures of all rows, and the rows that are shown.

The table is read in batches: a page of ten million compounds takes no more memory than one of a thousand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riboswitch.data.library import DUPLICATE_OF
from riboswitch.data.task import FROM, TO
from riboswitch.errors import InputError
from riboswitch.io.cells import whole
from riboswitch.io.large.parquet_parts import parquet_batches
from riboswitch.io.parquet import NUMBER, NUMBER_OR_GAP, TEXT, TRUTH, WHOLE, check_columns
from riboswitch.io.table_writer import read_written

STRUCTURE = "smiles"
RANK_AGAIN = "riboswitch rank --compounds writes one."
BATCH = 50_000
LISTED = 500
"""So many compounds of a gene that defeats them are kept."""
SPREAD = 1500
"""So many structures are kept, evenly spread over the distinct compounds."""
NUMBERS = {"rank": WHOLE, "score": NUMBER, "class_probability": NUMBER_OR_GAP, "compromised": TRUTH}
TEXTS = ("id", STRUCTURE, "name", "known_class", "predicted_class", "join_class", "compromised_by",
         "compromise_basis", "compromise_locus", "outside_filter", "evidence", DUPLICATE_OF)  # fmt: skip
KINDS = NUMBERS | dict.fromkeys(TEXTS, TEXT)


class Kept(NamedTuple):
    """The short-list, as ``hits.csv`` names it: ranks with ids, and its columns."""

    pairs: list[tuple[int, str]]
    columns: list[str]


@dataclass
class DefeatedBy:
    """Distinct compounds that one gene defeats.

    Attributes
    ----------
    number : int
    first : list of dict
        The best `LISTED` of them.
    classes : set of str
        Their drug classes.
    """

    number: int = 0
    first: list[dict[str, Any]] = field(default_factory=list)
    classes: set[str] = field(default_factory=set)


@dataclass
class Defeated:
    """Distinct compounds that are defeated.

    Attributes
    ----------
    number : int
    by_class : Counter of str
    by_name, by_nature : int
        Joined by name and not by a predicted class; by the nature of the species.
    by_gene : dict of tuple to DefeatedBy
        By gene and locus.
    """

    number: int = 0
    by_class: Counter[str] = field(default_factory=Counter)
    by_name: int = 0
    by_nature: int = 0
    by_gene: dict[tuple[str, str], DefeatedBy] = field(default_factory=dict)

    def add(self, table: pd.DataFrame) -> None:
        """Count further distinct compounds that are defeated, in the order of their ranks."""
        basis = table["compromise_basis"]
        self.number += len(table)
        self.by_class.update(table["join_class"].replace("", "other"))
        self.by_name += int((~basis.str.startswith("predicted")).sum())
        self.by_nature += int(basis.str.contains("every strain").sum())
        for (gene, locus), rows in table.groupby(["compromised_by", "compromise_locus"], sort=False):
            group = self.by_gene.setdefault((str(gene), str(locus)), DefeatedBy())
            group.number += len(rows)
            group.first += rows.head(LISTED - len(group.first)).to_dict("records")
            group.classes |= {*rows["join_class"].replace("", "other")}


@dataclass
class Ranked:
    """What a page shows of a ranked library.

    Attributes
    ----------
    columns : list of str
    rows, distinct, outside, flagged : int
        Rows; compounds, each once; of them outside a filter; rows that are compromised, duplicates included.
    hits : DataFrame
        The short-list, best first, with all columns.
    defeated : Defeated
    spread : list of str
        Structures of `SPREAD` distinct compounds, evenly spread.
    class_columns : list of str
        Columns with the predicted class of every compound.
    ranks : dict of str to int
        Rank of each id that was asked for.
    """

    columns: list[str]
    rows: int = 0
    distinct: int = 0
    outside: int = 0
    flagged: int = 0
    hits: pd.DataFrame = field(default_factory=pd.DataFrame)
    defeated: Defeated = field(default_factory=Defeated)
    spread: list[str] = field(default_factory=list)
    class_columns: list[str] = field(default_factory=list)
    ranks: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, kept: Sequence[tuple[int, str]], asked: Collection[str] = ()) -> Ranked:
        """Read ``compounds.parquet``.

        Parameters
        ----------
        path : Path
        kept : sequence of tuple
            Rank and id of each hit.
        asked : collection of str
            Ids whose rank is needed.

        Raises
        ------
        InputError
            If the file is no ranked library, or its ranks are not in order.
        """
        made, last = cls([]), -np.inf
        hits: list[pd.DataFrame] = []
        ranks, asked = {rank for rank, _ in kept}, {*asked}
        for table in _tables(path):
            if not hits:  # the first has the columns and no row
                made._take_columns([*table], path)
            check_columns(table, KINDS | _of_tasks(table), str(path), RANK_AGAIN)
            last = _in_order(table["rank"], last, path)
            hits.append(table[table["rank"].isin(ranks)])
            made._count(table, asked)
        made.hits = pd.concat([each for each in hits if len(each)] or hits[:1], ignore_index=True)
        made.spread = _spread(path, made.distinct)
        return made

    def _take_columns(self, names: list[str], path: Path) -> None:
        if missing := sorted({*KINDS} - {*names}):
            raise InputError("not a ranked library", where=str(path), found=f"no column {missing[0]!r}",
                             hint=RANK_AGAIN)  # fmt: skip
        self.columns, self.class_columns = names, [name for name in names if name.endswith(".class")]

    def _count(self, table: pd.DataFrame, asked: Collection[str]) -> None:
        distinct = table[table[DUPLICATE_OF] == ""]
        self.rows += len(table)
        self.distinct += len(distinct)
        self.outside += int((distinct["outside_filter"] != "").sum())
        self.flagged += int(table["compromised"].sum())
        self.defeated.add(distinct[distinct["compromised"]])
        predicted = table["predicted_class"]
        self.class_columns = [c for c in self.class_columns if table[c].equals(predicted.rename(c))]
        found = table[table["id"].isin(asked)]
        self.ranks |= dict(zip(found["id"], found["rank"].tolist(), strict=True))


def _tables(path: Path, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
    """The rows of a Parquet file in batches; the first has none."""
    for table in parquet_batches(path, BATCH, columns):
        yield table.to_pandas(ignore_metadata=True)


def read_kept(path: Path) -> Kept:
    """Read ranks and ids of ``hits.csv``. All else about these rows is taken from the ranking."""
    try:
        hits = read_written(path, ",")
        pairs = list(zip(map(whole, hits["rank"]), hits["id"], strict=True))
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(path)) from error
    except (ValueError, KeyError) as error:
        raise InputError("not a short-list", where=str(path), found=error) from error
    return Kept(pairs, list(hits))


def check_kept(path: Path, kept: Kept, hits: pd.DataFrame) -> None:
    """Raise `InputError` unless each row of ``hits.csv`` is one of the ranking."""
    ranked = set(zip(hits["rank"], hits["id"], strict=True))
    for row, pair in enumerate(kept.pairs, 1):
        if pair not in ranked:
            raise InputError("the short-list is not of the ranking in compounds.parquet",
                             where=f"{path} row {row}", found=pair[1], hint="Rank again.")  # fmt: skip


def _of_tasks(table: pd.DataFrame) -> dict[str, str]:
    """Kinds of the columns of tasks that the report reads: predictions and what is known of training."""
    own = [name for name in table if "." in name]
    predicted = [name for name in own if name.endswith("_sd") and name.removesuffix("_sd") in table]
    kinds = dict.fromkeys([*predicted, *(name.removesuffix("_sd") for name in predicted)], NUMBER_OR_GAP)
    kinds |= {name: NUMBER_OR_GAP for name in own if name.endswith((FROM, TO))}
    kinds |= {name: TRUTH for name in own if name.endswith((".in_training", ".out_of_fold"))}
    return kinds | {name: NUMBER_OR_GAP for name in own if name.endswith(".similarity")}


def _in_order(ranks: pd.Series, last: float, path: Path) -> float:
    """The last of the ranks, which must increase from the one before them."""
    values = np.concatenate([[last], ranks.to_numpy(float)])
    if (np.diff(values) <= 0).any():
        raise InputError("the ranks are not in order", where=str(path), hint=RANK_AGAIN)
    return float(values[-1])


def evenly(number: int) -> list[int]:
    """Places of at most `SPREAD` of so many things, evenly spread."""
    step = max(number / SPREAD, 1.0)
    return [int(place * step) for place in range(min(number, SPREAD))]


def _spread(path: Path, distinct: int) -> list[str]:
    """Structures of at most `SPREAD` distinct compounds, evenly spread."""
    wanted = np.array(evenly(distinct), np.int64)
    found: list[str] = []
    before = 0
    for table in _tables(path, [STRUCTURE, DUPLICATE_OF]):
        structures = table[STRUCTURE][(table[DUPLICATE_OF] == "").to_numpy()]
        here = wanted[(wanted >= before) & (wanted < before + len(structures))] - before
        found += structures.iloc[here].tolist()
        before += len(structures)
    return found


def read_tested(path: Path, again: str) -> Iterator[pd.DataFrame]:
    """Rows of ``tested_compounds.parquet`` that were tested, in batches."""
    kinds = {"id": TEXT, "rank": WHOLE, "basis": TEXT, "value": NUMBER_OR_GAP}
    for table in _tables(path):
        check_columns(table, kinds, str(path), again)
        yield table[table["basis"] != "not tested"]
