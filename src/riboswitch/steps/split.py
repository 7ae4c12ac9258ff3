"""Divide records into training, validation and test rows. Relatives stay in the same part."""

from __future__ import annotations

__all__ = ["split"]
__verb__ = ("Data", 40)

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import pandas as pd

from riboswitch.config.setting_options import NO_SETTINGS, Json
from riboswitch.config.settings import Limits, check_values, one_of
from riboswitch.data.predefined import predefined
from riboswitch.data.records import Records
from riboswitch.data.splits import LEFT_OUT, PARTS, Split, assign_all, join_labels
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities import find
from riboswitch.modalities.parts import Grouper, Inputs
from riboswitch.scorecards.folds import of_split
from riboswitch.steps.groupings import (
    Grouping,
    facts_of,
    group_by_method,
    listed,
    log,
    make_groupings,
    options_text,
)
from riboswitch.steps.modality_settings import GROUPING

FRACTIONS = {"train": 0.65, "valid": 0.1, "test": 0.25}
LIMITS = {"repeats": Limits(whole=True, at_least=1), "seed": Limits(whole=True, at_least=0)}
MOST_LETTERS = 50_000_000  # by default not searched for relatives above this size: a minute, 1.5 GB of memory
Check = Literal["fail", "report", "exclude", "ignore"]


def split(
    records: Records,
    method: str | Sequence[str] = "random",
    *,
    target: str | None = None,
    fractions: Mapping[str, float] = FRACTIONS,
    repeats: int = 3,
    seed: int = 0,
    column: str | Sequence[str] | None = None,
    groups: str | None = None,
    redraw: bool = False,
    relatives: Check | None = None,
    options: Mapping[str, Any] | None = None,
) -> Split:
    """Divide records into train, valid and test, in several repeats.

    Parameters
    ----------
    records : Records
    method : str or sequence of str
        ``"random"``, ``"predefined"``, ``"column"`` (rows with the same value stay together), or a way of
        grouping of the modality (molecules: scaffold, cluster, scaffold+cluster; sequences: family, mmseqs).
        Several are kept apart at once; a row whose groups stand on different sides is left out of the repeat.
    target : str, optional
        Class column whose values are divided evenly.
    fractions : mapping
        Fractions of train, valid and test; they sum to 1.
    repeats, seed : int
        Number of divisions, and the seed of the first. A predefined split has one.
    column : str or sequence of str, optional
        For ``"predefined"``: the column that holds train, valid (or val, validation) or test. For
        ``"column"``: the one that holds the groups, or as ``"A+B"`` those in which all rows of a group are
        equal; each of several is a grouping of its own.
    groups : str, optional
        For ``"predefined"``: the column that names the group of each row. Intervals are made over them.
    redraw : bool
        For ``"predefined"``: the test rows stay, and in each repeat the others are divided anew, by group,
        into training and validation rows, an eighth unless the column has validation rows.
    relatives : {"fail", "report", "exclude", "ignore"}, optional
        If relatives, as the modality finds them, stand on two sides of a split by another method: refuse it,
        count the test rows that have one in training (``meta["relatives"]``), leave the rows out that are
        related to tested ones, or do not look. By default a predefined split of sequences is refused (else
        its groups are the families), random and column are reported, and molecules are not looked at.
    options : mapping, optional
        Options of the modality's grouping (as ``k`` and ``cutoff``), for each of its methods.

    Raises
    ------
    UsageError, InputError
        For fractions that do not sum to 1, an unknown method, a part that would be empty.
    LeakError
        If a group stands on two sides, or relatives do and ``relatives`` is ``fail``.
    """
    check_values(LIMITS, repeats=repeats, seed=seed)
    methods, columns = listed(method), listed(column)
    repeats = _possible_repeats(repeats, methods, groups, redraw)
    grouper = find(records.meta["modality"]).grouper
    check, facts = _check(grouper, records.inputs, methods, relatives)
    name = f"{','.join(methods)}-r{repeats}-s{seed}"
    meta = {"name": name, "method": methods[0] if len(methods) == 1 else methods, "seed": seed,
            "options": dict(options or {}), **facts}  # fmt: skip
    if "predefined" in methods:
        made = _told(*predefined(records.table, methods, columns, groups, meta))
    else:
        _check_fractions(fractions)
        groupings = make_groupings(grouper, records, methods, columns, options)
        meta |= facts_of(groupings) | {"fractions": dict(fractions)}
        made = _assigned(records.table, groupings, target, repeats, meta)
    made = made if check == "ignore" else _with_families(made, grouper, records, options, check)
    return _redrawn(made, _strata(records.table, target), repeats, seed) if redraw else made


def _redrawn(made: Split, strata: Sequence[Any], repeats: int, seed: int) -> Split:
    """The split with its test rows in each repeat, and other validation rows."""
    return of_split(made, strata, draws=repeats, seed=seed, meta={"redrawn": True}).split


def _told(made: Split, notes: Sequence[str]) -> Split:
    """The split; the notes are printed."""
    for note in notes:
        log(note)
    return made


def _possible_repeats(asked: int, methods: Sequence[str], groups: str | None, redraw: bool) -> int:
    """The number of repeats: one of a predefined split that is not drawn anew, for more would be copies."""
    if "predefined" not in methods:
        if redraw:
            raise UsageError("only of a predefined split the test rows stay", found=", ".join(methods),
                             hint="Leave --redraw out: every repeat of this split is drawn.")  # fmt: skip
        if groups is not None:
            raise UsageError("only a predefined split has groups beside its column", found=groups,
                             hint="--method column keeps them on one side.")  # fmt: skip
        return asked
    if redraw:
        return asked
    if asked > 1:
        log(f"a predefined split has one repeat, not {asked}: the others would be copies of it "
            "(--redraw keeps its test rows and draws validation rows anew)")  # fmt: skip
    return 1


def _assigned(
    records: pd.DataFrame,
    made: Mapping[str, Grouping],
    target: str | None,
    repeats: int,
    meta: dict[str, Any],
) -> Split:
    """The split that keeps the groups of these groupings whole."""
    groupings = {name: grouping.labels for name, grouping in made.items()}
    table = records[["id"]].copy()
    table["group"] = join_labels(groupings)
    if len(groupings) > 1:
        table[[f"group_{name}" for name in groupings]] = pd.DataFrame(groupings, index=table.index)
    strata = _strata(records, target)
    for repeat in range(repeats):
        parts = assign_all(groupings, strata, meta["fractions"], meta["seed"] + repeat)
        _refuse_empty(parts, meta["fractions"], groupings)
        table[f"part_{repeat}"] = parts
    if len(groupings) > 1:
        meta["left_out"] = [int((table[f"part_{r}"] == LEFT_OUT).sum()) for r in range(repeats)]
        counts = ", ".join(map(str, meta["left_out"]))
        log(f"{counts} of {len(table)} rows are left out of the repeats: their groups of "
            f"{' and '.join(groupings)} are in different parts")  # fmt: skip
    return Split(table, meta)


def _check(
    grouper: Grouper, inputs: Inputs, methods: Sequence[str], asked: Check | None
) -> tuple[Check, dict[str, Any]]:
    """What to do about relatives (what was asked for, or what suits the methods), and a fact for the meta."""
    if asked is not None:
        one_of("relatives", asked, get_args(Check))
        return asked, {}
    if grouper.RELATIVES is None or not {*methods} <= {"predefined", "random", "column"}:
        return "ignore", {}
    if "predefined" in methods:
        return "fail", {}
    if grouper.size(inputs) > MOST_LETTERS:
        log("relatives were not looked for in so much text; ask for it with relatives report")
        return "ignore", {"relatives": "not looked for"}
    return "report", {}


def _with_families(
    made: Split, grouper: Grouper, records: Records, options: Mapping[str, Any] | None, check: Check
) -> Split:
    """The split after a look at the modality's relatives, or a `LeakError`."""
    method = grouper.RELATIVES or grouper.METHODS[0]
    families, facts = group_by_method(grouper, records, method, options)
    if check == "exclude":
        made = made.without_relatives(families)
        log(f"{', '.join(map(str, made.meta['left_out']))} of {len(made.table)} rows are left out of the "
            "repeats: they are relatives of test or validation rows")  # fmt: skip
    if check in ("fail", "exclude"):
        made.refuse_relatives(families)
        if made.meta["method"] == "predefined" and "groups" not in made.meta:
            made.table["group"] = families
    found = made.relatives_in_training(families)
    made.meta["relatives"] = {"method": method, **facts.get("grouping", {}), **found}
    with_kin, tested = sum(found["with_relative_in_training"]), sum(found["test_rows"])
    log(f"{with_kin} of {tested} test rows have a relative in training ({method}, {options_text(facts)})")
    return made


def _strata(table: pd.DataFrame, target: str | None) -> list[Any]:
    if target is None:
        return ["all"] * len(table)
    if target not in table:
        raise InputError("no such column", found=target, hint=f"Columns: {', '.join(table.columns)}.")
    return ["?" if pd.isna(value) else value for value in table[target]]


def _check_fractions(fractions: Mapping[str, float]) -> None:
    unknown = set(fractions) - set(PARTS)
    sums_to_1 = abs(sum(fractions.values()) - 1) <= 1e-9  # false for NaN, too
    if unknown or not sums_to_1 or min(fractions.values()) < 0:
        raise UsageError("fractions of train, valid and test must sum to 1", found=dict(fractions))


def _refuse_empty(
    parts: Sequence[str], fractions: Mapping[str, float], groupings: Mapping[str, Sequence[str]]
) -> None:
    several = len(groupings) > 1
    counts = [f"{len({*g})} groups{f' of {name}' if several else ''}" for name, g in groupings.items()]
    lost = f" ({parts.count(LEFT_OUT)} of {len(parts)} are left out)" if several else ""
    for part, wanted in fractions.items():
        if wanted > 0 and part not in parts:
            hint = f"Use a finer grouping or more data{f', or raise {part}' if several else ''}."
            raise InputError(f"no rows are left for {part}{lost}", found=", ".join(counts), hint=hint)


def command(
    records: Path,
    /,
    *,
    output: Path,
    options: Annotated[Json, GROUPING] = NO_SETTINGS,
    method: list[str] | None = None,
    target: str | None = None,
    train: float = FRACTIONS["train"],
    valid: float = FRACTIONS["valid"],
    test: float = FRACTIONS["test"],
    repeats: int = 3,
    seed: int = 0,
    column: list[str] | None = None,
    groups: str | None = None,
    redraw: bool = False,
    relatives: Check | None = None,
) -> None:
    """Split the records of a file.

    Parameters
    ----------
    records : Path
        Records to divide (.parquet).
    output : Path
        Where the split goes (.parquet).
    method : list of str
        random (the default), predefined, column, or a grouping of the modality (scaffold, cluster,
        scaffold+cluster; family, mmseqs). Repeat the option to keep several apart at once; rows whose
        groups are in different parts are left out.
    target : str
        Class column to divide evenly.
    train : float
        Fraction of the training rows; the three sum to 1.
    valid : float
        Fraction of the validation rows.
    test : float
        Fraction of the test rows.
    repeats : int
        Number of divisions; a predefined split has one.
    seed : int
        Seed of the first division.
    column : list of str
        For predefined: the column that holds train, valid or test; for column: the one with the groups, or
        several in which the rows of a group are equal, as gene+strain.
        Repeat the option to keep the groups of several columns apart at once.
    groups : str
        For predefined: the column that names the group of each row. No group may stand on two sides.
    redraw : bool
        For predefined: the test rows stay, and validation rows are drawn from the others in each repeat.
    relatives : str
        If relatives stand on two sides of a split of another method: fail, report (count them), exclude
        (no row is used for training that is related to a test row), or ignore.
        By default predefined splits of sequences fail, and other splits of sequences are reported.
    """
    made = split(
        Records.load(records),
        method or "random",
        target=target,
        fractions={"train": train, "valid": valid, "test": test},
        repeats=repeats,
        seed=seed,
        column=column,
        groups=groups,
        redraw=redraw,
        relatives=relatives,
        options=options,
    )
    made.save(output)
