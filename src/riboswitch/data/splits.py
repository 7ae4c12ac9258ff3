"""Splits: which rows are for training, validation and test, in several repeats. Groups stay whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.config.schemas import NAME, Schema, mismatch
from riboswitch.config.schemas import TEXT as TEXT_VALUE
from riboswitch.errors import InputError, LeakError
from riboswitch.io.parquet import TEXT, check_columns, read_parquet, write_parquet

PARTS = ("train", "valid", "test")
MAKE_AGAIN = "Make the split again from the same records."
META: Schema = {"type": "object", "properties": {"digest": NAME, "name": TEXT_VALUE}}
LEFT_OUT = "left_out"  # the part of a row whose groups stand on different sides


@dataclass
class Split:
    """A named and hashed assignment of rows to parts.

    Attributes
    ----------
    table : DataFrame
        Columns ``id``, ``group``, and for each repeat ``part_0``, ``part_1``, ... with train, valid or test.
        If several groupings are kept apart at once, each has a column ``group_NAME``; ``group`` joins the
        labels of a row, and a part can be left_out.
    meta : dict
        ``name``, ``method`` and its settings; the options of the ``grouping`` (of several: ``groupings`` by
        name), ``notes`` on unusual groups, what was found about ``relatives``, and with several groupings
        the number of rows ``left_out`` of each repeat.
    """

    table: pd.DataFrame
    meta: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.check()

    @property
    def repeats(self) -> int:
        return sum(c.startswith("part_") for c in self.table)

    @property
    def groupings(self) -> list[str]:
        """Columns whose groups stay on one side: ``group`` alone, or one for each of several groupings."""
        return [c for c in self.table if c.startswith("group_")] or ["group"]

    @property
    def digest(self) -> str:
        """SHA-256 of ids, groups and parts: splits with the same digest are the same."""
        text = self.table.to_csv(index=False, lineterminator="\n")
        return hashlib.sha256(text.encode()).hexdigest()

    def check(self) -> None:
        """Raise `LeakError` if a group of any grouping stands on two sides of a repeat."""
        for column in self.groupings:
            of = "" if column == "group" else f" of {column.removeprefix('group_')}"
            for repeat in range(self.repeats):
                torn = self._torn(self.table[column], repeat)
                if len(torn):
                    raise LeakError(
                        f"{len(torn)} groups{of} stand on more than one side of repeat {repeat}",
                        found=torn.index[0],
                        hint="Relatives on both sides make any model look good; assign whole groups.",
                    )

    def refuse_relatives(self, families: Sequence[str]) -> None:
        """Raise `LeakError` if a family stands on two sides; the message names two of its rows.

        Parameters
        ----------
        families : sequence of str
            One label a row: the rows' families, which the split should not have torn apart.
        """
        for repeat in range(self.repeats):
            torn = self._torn(families, repeat)
            if len(torn):
                # Members of the smallest family are most likely alike themselves, not by a chain of others.
                family = pd.Series(list(families)).value_counts()[torn.index].idxmin()
                chosen = np.array([f == family for f in families]) & (
                    self.table[f"part_{repeat}"] != LEFT_OUT
                )
                member = self.table[chosen].drop_duplicates(f"part_{repeat}")
                pair = [f"{row['id']} ({row[f'part_{repeat}']})" for _, row in member.head(2).iterrows()]
                raise LeakError(
                    f"{len(torn)} families stand on more than one side of repeat {repeat}",
                    found=" and ".join(pair),
                    hint="Relatives on both sides make any model look good: divide by family. "
                    "With --relatives report they are counted.",
                )

    def without_relatives(self, families: Sequence[str]) -> Split:
        """The same split without training and validation rows that have a relative among the test rows.

        Training rows with a relative among the validation rows are left out, too. ``meta["left_out"]`` counts
        the rows of each repeat.

        Parameters
        ----------
        families : sequence of str
            One label a row.
        """
        table, family, counts = self.table.copy(), pd.Series(list(families)).to_numpy(), []
        for repeat in range(self.repeats):
            part = table[f"part_{repeat}"].to_numpy(dtype=object).copy()
            for tested, others in (("test", ("train", "valid")), ("valid", ("train",))):
                known = set(family[part == tested])
                part[np.isin(part, others) & np.array([f in known for f in family], bool)] = LEFT_OUT
            table[f"part_{repeat}"] = part.tolist()
            counts.append(int((part == LEFT_OUT).sum()))
        return Split(table, {**self.meta, "left_out": counts})

    def relatives_in_training(self, families: Sequence[str]) -> dict[str, list[int]]:
        """For each repeat: the number of test rows, and of those with a relative among the training rows."""
        family, found, tested = pd.Series(list(families)), [], []
        for repeat in range(self.repeats):
            test, train = self.rows("test", repeat), self.rows("train", repeat)
            tested.append(len(test))
            found.append(int(family.iloc[test].isin(family.iloc[train]).sum()))
        return {"test_rows": tested, "with_relative_in_training": found}

    def _torn(self, groups: Sequence[str], repeat: int) -> pd.Series:
        """The groups with rows on several sides, and the number of sides of each."""
        part = self.table[f"part_{repeat}"]
        used = part.mask(part == LEFT_OUT)  # nunique does not count missing values
        sides = used.groupby(pd.Series(list(groups), part.index)).nunique()
        return sides[sides > 1]

    def rows(self, part: str, repeat: int) -> np.ndarray:
        """Positions of the rows of one part, shape (rows,)."""
        return np.flatnonzero(self.table[f"part_{repeat}"] == part)

    def require_ids(self, ids: Sequence[str], where: str = "split") -> None:
        """Raise `InputError` unless the split has exactly these rows in this order."""
        if list(ids) != self.table["id"].tolist():
            raise InputError("the split was made for other rows than these", where=where,
                             hint=MAKE_AGAIN)  # fmt: skip

    def require_repeat(self, repeat: int) -> None:
        """Raise `InputError` unless the split has a repeat of this number."""
        if not 0 <= repeat < self.repeats:
            raise InputError("the split has no such repeat", found=repeat, hint=f"It has {self.repeats}.")

    def weights(self, power: float = 0.5) -> np.ndarray:
        """Weight of every row so that a group of size s counts as s ** (1 - power); mean 1."""
        size = self.table.groupby("group")["id"].transform("size").to_numpy(np.float64)
        weight = size**-power
        return weight / weight.mean()

    def save(self, path: str | Path) -> None:
        """Write Parquet with name and digest in its header."""
        write_parquet(self.table, path, {**self.meta, "digest": self.digest})

    @classmethod
    def load(cls, path: str | Path) -> Split:
        """Read a split and check it; `InputError` if it is none, or was changed after it was made."""
        table, meta = read_parquet(path)
        _check_file(table, meta, str(path))
        stated = meta.pop("digest", None)
        split = cls(table, meta)
        if stated not in (None, split.digest) or (meta and stated is None):
            raise InputError("the split was changed after it was made", where=str(path), found=stated,
                             hint=MAKE_AGAIN)  # fmt: skip
        return split


def _check_file(table: pd.DataFrame, meta: dict[str, Any], where: str) -> None:
    """Raise `InputError` unless these are columns and header of a split."""
    if not {"id", "group", "part_0"} <= set(table):
        raise InputError("not a split: it needs the columns id, group, part_0", where=where)
    groups = [name for name in table if name.startswith("group_")]
    parts = [f"part_{i}" for i in range(sum(name.startswith("part_") for name in table))]
    check_columns(table, dict.fromkeys(("id", "group", *groups, *parts), TEXT), where, MAKE_AGAIN)
    for name in parts:
        foreign = table[name][~table[name].isin((*PARTS, LEFT_OUT))]
        if len(foreign):
            raise InputError(
                f"{name} has a part that there is not",
                where=f"{where} row {foreign.index[0] + 1}",
                found=foreign.iloc[0],
                hint=f"Parts are {', '.join((*PARTS, LEFT_OUT))}.",
            )
    if problem := mismatch(meta, META):
        raise InputError("not the header of a split", where=where, found=problem, hint=MAKE_AGAIN)


def without_test(ids: Sequence[str], groups: Sequence[str], valid: float, seed: int, name: str) -> Split:
    """A split of one repeat that tests nothing: a fraction of the groups, at least one, is for validation."""
    codes, names = pd.factorize(pd.Series(groups, dtype=object))
    drawn = np.random.default_rng(seed).permutation(len(names)) < max(1, round(valid * len(names)))
    table = pd.DataFrame({"id": ids, "group": groups, "part_0": np.where(drawn, "valid", "train")[codes]})
    return Split(table, {"name": name, "method": "random", "seed": seed})


def assign(
    groups: Sequence[str], strata: Sequence[Any], fractions: dict[str, float], seed: int | Sequence[int]
) -> list[str]:
    """Assign whole groups to train, valid and test, see `assign_parts`."""
    shares = {part: fractions[part] for part in PARTS if fractions.get(part, 0) > 0}
    return assign_parts(groups, strata, shares, seed)


def assign_parts(
    groups: Sequence[str], strata: Sequence[Any], shares: Mapping[str, float], seed: int | Sequence[int]
) -> list[str]:
    """Assign whole groups to parts, so that each stratum (class) is divided as the ``shares`` say.

    A group of n rows counts as sqrt(n): a family of a thousand alleles should not be most of the training
    rows, nor most of the test rows. Groups are assigned in random order, large ones mostly first. Each goes
    to the part that has the least of the group's strata.

    Parameters
    ----------
    groups, strata : sequence
        One a row.
    shares : mapping of str to float
        Share of each part, above 0.
    seed : int or sequence of int

    Returns
    -------
    list of str
        One part a row.
    """
    codes, names = pd.factorize(pd.Series(groups))
    stratum = pd.factorize(pd.Series(list(strata)))[0]
    counts = np.zeros((len(names), stratum.max(initial=-1) + 1))
    np.add.at(counts, (codes, stratum), 1)
    sizes = counts.sum(1, keepdims=True)
    counts *= sizes**-0.5
    rng = np.random.default_rng(seed)
    order = np.argsort(-np.sqrt(sizes[:, 0]) * rng.uniform(0.5, 1.0, len(names)), kind="stable")
    parts = list(shares)
    wanted = np.array([shares[p] for p in parts])[:, None]
    have = np.zeros((len(parts), counts.shape[1]))
    chosen = np.zeros(len(names), np.int64)
    for g in order:
        fill = ((have + counts[g]) / wanted * (counts[g] > 0)).sum(1)
        chosen[g] = fill.argmin()
        have[chosen[g]] += counts[g]
    return [parts[chosen[c]] for c in codes]


def assign_all(
    groupings: Mapping[str, Sequence[str]],
    strata: Sequence[Any],
    fractions: dict[str, float],
    seed: int | Sequence[int],
) -> list[str]:
    """Assign rows to parts so that no group of any grouping stands in two parts.

    Each grouping is assigned on its own (`assign`, with the same seed). A row belongs to a part if all its
    groups do, and is left out otherwise. So two groupings that are equal lose no row, and two that have
    nothing to do with each other lose about half of the rows: 1 - (0.65² + 0.1² + 0.25²).

    Parameters
    ----------
    groupings : mapping
        For each grouping one group a row.

    Returns
    -------
    list of str
        One part a row, or `LEFT_OUT`.
    """
    each = [assign(groups, strata, fractions, seed) for groups in groupings.values()]
    return [parts[0] if len({*parts}) == 1 else LEFT_OUT for parts in zip(*each, strict=True)]


def join_labels(groupings: Mapping[str, Sequence[str]]) -> list[str]:
    """One label a row, equal for two rows only if all their groups are equal.

    The labels stand side by side as ``a | b``. A bar within a label of several is doubled, so that no two
    rows of different groups get the same label.
    """
    if len(groupings) == 1:
        return list(*groupings.values())
    doubled = [[label.replace("|", "||") for label in groups] for groups in groupings.values()]
    return [" | ".join(labels) for labels in zip(*doubled, strict=True)]
