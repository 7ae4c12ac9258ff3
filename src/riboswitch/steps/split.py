"""Divide records into training, validation and test rows. Relatives stay in the same part."""

from __future__ import annotations

__all__ = ["split"]
__verb__ = ("Data", 40)

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import pandas as pd

from riboswitch.config.options import NO_SETTINGS, Json
from riboswitch.config.settings import Limits, check_values, keywords, one_of
from riboswitch.data.records import Records
from riboswitch.data.splits import PARTS, Split, assign
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities import find
from riboswitch.modalities.parts import Grouper
from riboswitch.steps.modality_settings import GROUPING

FRACTIONS = {"train": 0.65, "valid": 0.1, "test": 0.25}
LIMITS = {"repeats": Limits(whole=True, at_least=1), "seed": Limits(whole=True, at_least=0)}
MOST_LETTERS = 50_000_000  # among which relatives are looked for unasked: a minute, and 1.5 GB of memory
Check = Literal["fail", "report", "ignore"]


def split(
    records: Records,
    method: str = "random",
    *,
    target: str | None = None,
    fractions: Mapping[str, float] = FRACTIONS,
    repeats: int = 3,
    seed: int = 0,
    column: str | None = None,
    relatives: Check | None = None,
    options: Mapping[str, Any] | None = None,
) -> Split:
    """Divide records into train, valid and test, several times over.

    Parameters
    ----------
    records : Records
    method : str
        ``"random"``, ``"predefined"``, ``"column"`` (rows with the same value stay together), or a way of
        grouping that the modality offers (molecules: scaffold, cluster, scaffold+cluster; sequences:
        family, mmseqs).
    target : str, optional
        Class column whose values are shared out evenly over the parts.
    fractions : mapping
        Shares of train, valid and test; they sum to 1.
    repeats, seed : int
        How many divisions, and where they start.
    column : str, optional
        For ``"predefined"``: the column that holds train, valid or test. For ``"column"``: the one that
        holds the groups.
    relatives : {"fail", "report", "ignore"}, optional
        What to do about relatives, as the modality finds them, on two sides of a split that was not made by
        them: refuse it, count the test rows that have one in training (in ``meta["relatives"]``), or not
        look. By default a predefined split of sequences is refused (and its groups are the families
        otherwise), random splits and those by column are reported, and molecules are not looked at.
    options : mapping, optional
        Passed on to the modality's grouping (as ``k`` and ``cutoff``).

    Returns
    -------
    Split
        Its meta says what the groups were made by (``grouping``), and in ``notes`` what is odd about them.

    Raises
    ------
    UsageError, InputError
        For fractions that do not sum to 1, an unknown method, a part that would be empty.
    LeakError
        If relatives stand on two sides and that is to fail.
    """
    check_values(LIMITS, repeats=repeats, seed=seed)
    name = f"{method}-r{repeats}-s{seed}"
    meta: dict[str, Any] = {"name": name, "method": method, "seed": seed, "options": dict(options or {})}
    grouper = find(records.meta["modality"]).grouper
    check = _check(grouper, method, relatives)
    if relatives is None and check == "report" and grouper.size(records.inputs) > MOST_LETTERS:
        check, meta["relatives"] = "ignore", "not looked for"
        _log("relatives were not looked for in so much text; ask for it with relatives report")
    table = records.table[["id"]].copy()
    if method == "predefined":
        table["group"] = [f"row{i}" for i in range(len(table))]
        parts = [_predefined(records.table, column)] * repeats
        meta["column"] = column
    else:
        _check_fractions(fractions)
        table["group"], grouping = _groups(grouper, records, method, column, options)
        meta |= grouping | {"fractions": dict(fractions)}
        strata = _strata(records.table, target)
        parts = [assign(table["group"], strata, dict(fractions), seed + r) for r in range(repeats)]
    for repeat, part in enumerate(parts):
        table[f"part_{repeat}"] = part
        if method != "predefined":
            _refuse_empty(table[f"part_{repeat}"], fractions, table["group"].nunique())
    made = Split(table, meta)
    return made if check == "ignore" else _with_families(made, grouper, records, options, check)


def _check(grouper: Grouper, method: str, asked: Check | None) -> Check:
    """What to do about relatives: what was asked for, or what suits the method."""
    if asked is not None:
        one_of("relatives", asked, get_args(Check))
        return asked
    if grouper.RELATIVES is None or method not in ("predefined", "random", "column"):
        return "ignore"
    return "fail" if method == "predefined" else "report"


def _groups(
    grouper: Grouper, records: Records, method: str, column: str | None, options: Mapping[str, Any] | None
) -> tuple[list[str], dict[str, Any]]:
    """A label a row, and what there is to say about them."""
    facts: dict[str, Any] = {"column": column}
    if method == "column":
        groups = _of_column(records.table, column)
    else:
        groups, facts = _made_by(grouper, records, method, options)
    largest, count = max(Counter(groups).values(), default=0), len(groups)
    if count > 1 and largest > count / 2:
        note = f"one group holds {largest} of {count} rows ({_told(facts)}): use a stricter grouping"
        facts["notes"] = [note]
        _log(note)
    return groups, facts


def _made_by(
    grouper: Grouper, records: Records, method: str, options: Mapping[str, Any] | None
) -> tuple[list[str], dict[str, Any]]:
    chosen = keywords(grouper.group, options, "split options")
    groups: list[str] = grouper.group(records.inputs, method, **chosen)
    settled = grouper.settle(records.inputs, method, **chosen)
    return groups, {"grouping": settled} if settled else {}


def _of_column(table: pd.DataFrame, column: str | None) -> list[str]:
    if column is None or column not in table:
        raise UsageError("a split by column needs a column that holds the groups", found=column,
                         hint=f"Columns: {', '.join(table.columns)}.")  # fmt: skip
    gap = table[column].isna() | (table[column].astype(str).str.strip() == "")
    if gap.any():
        raise InputError(f"column {column!r} must name the group of every row",
                         where=f"record {table['id'][gap].iloc[0]}", found="nothing")  # fmt: skip
    return table[column].astype(str).tolist()


def _with_families(
    made: Split, grouper: Grouper, records: Records, options: Mapping[str, Any] | None, check: Check
) -> Split:
    """The split after a look at the modality's relatives, or a `LeakError`."""
    method = grouper.RELATIVES or grouper.METHODS[0]
    families, facts = _made_by(grouper, records, method, options)
    if check == "fail":
        made.refuse_relatives(families)
        if made.meta["method"] == "predefined":
            made.table["group"] = families
    found = made.relatives_in_training(families)
    made.meta["relatives"] = {"method": method, **facts.get("grouping", {}), **found}
    with_kin, tested = sum(found["with_relative_in_training"]), sum(found["test_rows"])
    _log(f"{with_kin} of {tested} test rows have a relative in training ({method}, {_told(facts)})")
    return made


def _told(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{k} {v}" for k, v in facts.get("grouping", facts).items()) or "default options"


def _log(line: str) -> None:
    print(f"split: {line}", file=sys.stderr, flush=True)


def _strata(table: pd.DataFrame, target: str | None) -> list[Any]:
    if target is None:
        return ["all"] * len(table)
    if target not in table:
        raise InputError("no such column", found=target, hint=f"Columns: {', '.join(table.columns)}.")
    return ["?" if pd.isna(value) else value for value in table[target]]


def _predefined(table: pd.DataFrame, column: str | None) -> pd.Series:
    if column is None or column not in table:
        raise UsageError("a predefined split needs a column that holds train, valid or test", found=column,
                         hint=f"Columns: {', '.join(table.columns)}.")  # fmt: skip
    parts = table[column].astype(str).str.strip().str.lower()
    bad = ~parts.isin(PARTS)
    if bad.any():
        raise InputError(f"column {column!r} must hold train, valid or test",
                         where=f"record {table['id'][bad].iloc[0]}", found=parts[bad].iloc[0])  # fmt: skip
    return parts


def _check_fractions(fractions: Mapping[str, float]) -> None:
    unknown = set(fractions) - set(PARTS)
    sums_to_1 = abs(sum(fractions.values()) - 1) <= 1e-9  # false for NaN, too
    if unknown or not sums_to_1 or min(fractions.values()) < 0:
        raise UsageError("fractions of train, valid and test must sum to 1", found=dict(fractions))


def _refuse_empty(parts: pd.Series, fractions: Mapping[str, float], groups: int) -> None:
    for part, wanted in fractions.items():
        if wanted > 0 and not (parts == part).any():
            raise InputError(f"no rows are left for {part}", found=f"{groups} groups",
                             hint="Use a finer grouping or more data.")  # fmt: skip


def command(
    records: Path,
    /,
    *,
    output: Path,
    options: Annotated[Json, GROUPING] = NO_SETTINGS,
    method: str = "random",
    target: str | None = None,
    train: float = FRACTIONS["train"],
    valid: float = FRACTIONS["valid"],
    test: float = FRACTIONS["test"],
    repeats: int = 3,
    seed: int = 0,
    column: str | None = None,
    relatives: Check | None = None,
) -> None:
    """Split the records of a file.

    Parameters
    ----------
    records : Path
        Records to divide (.parquet).
    output : Path
        Where the split goes (.parquet).
    method : str
        random, predefined, column, or a grouping of the modality (scaffold, cluster, scaffold+cluster;
        family, mmseqs).
    target : str
        Class column to divide evenly.
    train : float
        Fraction of the training rows; the three sum to 1.
    valid : float
        Fraction of the validation rows.
    test : float
        Fraction of the test rows.
    repeats : int
        Number of divisions.
    seed : int
        Seed of the first division.
    column : str
        For predefined: the column that holds train, valid or test; for column: the one with the groups.
    relatives : str
        If relatives stand on two sides of a split of another method: fail, report (count them), or ignore.
        By default predefined splits of sequences fail, and other splits of sequences are reported.
    """
    made = split(
        Records.load(records),
        method,
        target=target,
        fractions={"train": train, "valid": valid, "test": test},
        repeats=repeats,
        seed=seed,
        column=column,
        relatives=relatives,
        options=options,
    )
    made.save(output)
