"""Which of the best compounds are on the short-list: rules to keep, what was tested, how they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from riboswitch.config.settings import known_names
from riboswitch.data.library import DUPLICATE_OF, Library
from riboswitch.data.records import Records
from riboswitch.errors import InputError
from riboswitch.io.cells import is_missing, number
from riboswitch.modalities import find
from riboswitch.modalities.base import Modality
from riboswitch.modalities.kindred import Kindred
from riboswitch.resistance.ranking.settings import BEST, PLATE, RankSettings
from riboswitch.screening.choosing.picking import Weights, pick, wells

STEP = 256
"""Compounds that are examined together: examining takes longer than all else."""
TESTED, NO_PRICE = "tested", "no_price"
"""Reasons beside the names of rules."""
EXCLUDED_COLUMNS = ["rank", "id", "smiles", "score", "reason", "details"]

Fits = Callable[[pd.DataFrame], np.ndarray]
"""Which compounds of a piece may be on the list, bool."""


@dataclass(frozen=True)
class Measured:
    """Compounds that were tested already.

    Attributes
    ----------
    records : Records
    kindred : Kindred
        The compounds and their other forms.
    """

    records: Records
    kindred: Kindred

    @classmethod
    def load(cls, path: str | Path, library: Library) -> Self:
        """Read a file of results, as the compounds of the library were read.

        Raises
        ------
        InputError, RejectedError
            If it cannot be read, or all of its rows are rejected.
        """
        modality = find(library.header["modality"])
        reader = modality.reader
        meaning = {k: v for k, v in library.header["reading"].items() if k not in reader.FILE_OPTIONS}
        layout = {"repeated_ids": "keep"} if "repeated_ids" in reader.FILE_OPTIONS else {}
        rows = reader.read(path, **meaning, **layout)
        records = Records.collect(rows, modality.components, modality=modality.name).require(where=str(path))
        return cls(records, Kindred(records.each_input(), reader))

    @property
    def counts(self) -> dict[str, int]:
        """Rows read, accepted and rejected."""
        rejected = len(self.records.rejected)
        return {"read": len(self.records) + rejected, "accepted": len(self.records), "rejected": rejected}


@dataclass(frozen=True)
class Choice:
    """The compounds of the short-list.

    Attributes
    ----------
    ranks : list of int
        Ascending.
    excluded : DataFrame
        Compounds that were looked at and left out: `EXCLUDED_COLUMNS`. ``reason`` is the first that was
        found, ``details`` has all.
    counts : dict
        ``examined`` = ``pool`` + all ``excluded`` (by reason); ``kept`` of the pool.
    """

    ranks: list[int]
    excluded: pd.DataFrame
    counts: dict[str, Any]


@dataclass
class _Walk:
    """What was met on the way down the ranking."""

    size: float
    pool: list[dict[str, Any]] = field(default_factory=list)
    excluded: list[dict[str, Any]] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return len(self.pool) >= self.size


class Chooser:
    """Goes down a ranking until its pool is full, and picks the short-list from that.

    Parameters
    ----------
    settings : RankSettings
    modality : Modality
    measured : Measured, optional
        Compounds that are left out, and that the picks should differ from.

    Raises
    ------
    UsageError
        If there is no such rule, or the modality has no rules or no similarity.
    """

    def __init__(self, settings: RankSettings, modality: Modality, measured: Measured | None = None):
        self.settings, self.modality, self.measured = settings, modality, measured
        if settings.exclude:
            self.assessor = modality.required("assessor", modality.assessor)
            known_names(settings.exclude, [*self.assessor.RULES], "exclude")
        if settings.pick != BEST:
            self.similarity = modality.required("similarity", modality.similarity)

    @property
    def needed(self) -> bool:
        """Whether the list is any other than the first compounds of the ranking."""
        return bool(self.settings.exclude) or self.settings.pick != BEST or self.measured is not None

    def choose(self, pieces: Iterable[pd.DataFrame], fits: Fits) -> Choice:
        """Choose the short-list.

        Parameters
        ----------
        pieces : iterable of DataFrame
            All compounds in order, some at a time. Only so many are read as needed.
        fits : callable
            Which of them may be on the list.
        """
        settings = self.settings
        size = settings.keep if settings.pick == BEST else max(settings.pool, settings.keep)
        walk = _Walk(float("inf") if settings.fdr is not None else size)
        for row, reasons in self._examined(pieces, fits):
            if reasons:
                told = "; ".join(f"{name}: {text}" for name, text in reasons.items())
                walk.excluded.append(row | {"reason": next(iter(reasons)), "details": told})
            else:
                walk.pool.append(row)
            if walk.full:
                break
        ranks = sorted(walk.pool[place]["rank"] for place in self._picked(walk.pool))
        by_reason = Counter(row["reason"] for row in walk.excluded)
        counts = {
            "examined": len(walk.pool) + len(walk.excluded),
            "excluded": {name: by_reason[name] for name in self._reasons if name in by_reason},
            "pool": len(walk.pool),
            "kept": len(ranks),
        }
        if self.measured is not None:
            counts["tested"] = self.measured.counts
        return Choice(ranks, pd.DataFrame(walk.excluded, columns=EXCLUDED_COLUMNS), counts)

    @property
    def _reasons(self) -> list[str]:
        """All reasons, in the order in which they are looked for."""
        return [TESTED, *self.settings.exclude, NO_PRICE]

    def _examined(
        self, pieces: Iterable[pd.DataFrame], fits: Fits
    ) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
        """Compounds that fit, in order, each with the reasons to leave it out."""
        placed = 0
        for table in pieces:
            rows = np.flatnonzero(fits(table))
            for some in np.split(rows, range(STEP, len(rows), STEP)):
                found = table.iloc[some]
                lines = found[["id", "smiles", "score"]].to_dict("records")
                for place, line, reasons in zip(some, lines, self._left_out(found), strict=True):
                    yield {"rank": placed + int(place) + 1} | line | self._price(table, place), reasons
            placed += len(table)
            if self.settings.fdr is None and len(table) and table[DUPLICATE_OF].iloc[-1] != "":
                return  # only repeats follow

    def _left_out(self, rows: pd.DataFrame) -> list[dict[str, str]]:
        """Why each compound is left out; empty if it is not."""
        inputs = {self.modality.component: rows["smiles"].tolist()}
        found: list[dict[str, str]] = [{} for _ in range(len(rows))]
        if self.measured is not None:
            for reasons, value in zip(found, inputs[self.modality.component], strict=True):
                if {self.modality.component: value} in self.measured.kindred:
                    reasons[TESTED] = "the compound, or another form of it, was measured"
        if self.settings.exclude:
            for reasons, broken in zip(
                found, self.assessor.broken(inputs, self.settings.exclude), strict=True
            ):
                reasons |= broken
        if self._priced:
            for reasons, text in zip(found, rows[self.settings.price_column], strict=True):
                if problem := _price_problem(text):
                    reasons[NO_PRICE] = problem
        return found

    @property
    def _priced(self) -> bool:
        return self.settings.pick == PLATE and self.settings.price_weight > 0

    def _price(self, table: pd.DataFrame, place: int) -> dict[str, Any]:
        if not self._priced:
            return {}
        return {"price": table[self.settings.price_column].iloc[place]}

    def _picked(self, pool: Sequence[dict[str, Any]]) -> Sequence[int]:
        """Places in the pool of the compounds that are kept."""
        settings = self.settings
        if settings.pick == BEST:
            return range(len(pool))
        component = self.modality.component
        fingerprints = self.similarity.fingerprints({component: [c["smiles"] for c in pool]})
        known = None if self.measured is None else self.similarity.fingerprints(self.measured.records.inputs)
        price = np.array([float(number(str(c["price"]))) for c in pool]) if self._priced else None
        weights = Weights(0, 1)
        if settings.pick == PLATE:
            weights = Weights(1, settings.diversity, settings.price_weight)
        gain = np.array([c["score"] for c in pool], np.float64)
        return pick(gain, fingerprints, self.similarity, weights, settings.keep, price=price, known=known)


def nothing_excluded() -> pd.DataFrame:
    """The table of compounds that were left out, without rows."""
    return pd.DataFrame(columns=EXCLUDED_COLUMNS)


def _price_problem(value: Any) -> str:
    if is_missing(value):
        return "there is no price"
    try:
        return "" if number(str(value)) >= 0 else f"the price {value} is below 0"
    except ValueError as error:
        return f"the price {value} is {error}"


def require_columns(library: Iterable[str], settings: RankSettings) -> None:
    """Raise `InputError` unless the library has the columns that the settings name."""
    there = list(library)
    priced = [settings.price_column] if settings.pick == PLATE and settings.price_weight > 0 else []
    for name in (*settings.carry, *priced):
        if name not in there:
            raise InputError(
                "no such column in the library", found=name, hint=f"There are: {', '.join(there)}."
            )


def placed(hits: pd.DataFrame, settings: RankSettings) -> pd.DataFrame:
    """The short-list with the plate and well of each compound, if plates are picked."""
    if settings.pick != PLATE:
        return hits
    plates = wells(len(hits))
    hits = hits.copy()
    hits.insert(1, "plate", [plate for plate, _ in plates])
    hits.insert(2, "well", [well for _, well in plates])
    return hits
