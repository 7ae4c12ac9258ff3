"""Find what training and test rows have in common: duplicates, relatives, conflicting labels."""

from __future__ import annotations

__all__ = ["Audit", "audit"]
__verb__ = ("Data", 45)

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import pandas as pd

from riboswitch.auditing.audit import Audit
from riboswitch.auditing.conflicts import conflicts
from riboswitch.auditing.light import LABELS, judged
from riboswitch.auditing.relations import relations
from riboswitch.config.setting_options import NO_SETTINGS, Json
from riboswitch.config.settings import FRACTION, Limits, build, check_values, known_names
from riboswitch.data.records import Records
from riboswitch.data.splits import PARTS, Split
from riboswitch.errors import InputError, LeakError, UsageError
from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.parquet import read_header
from riboswitch.io.summary import write_summary
from riboswitch.io.table_writer import check_suffix, write_table
from riboswitch.modalities import DEFAULT, find
from riboswitch.modalities.base import Modality
from riboswitch.reporting.audited import render
from riboswitch.screening.process_pool import cores
from riboswitch.steps.arguments import TARGETS, Processes
from riboswitch.steps.modality_settings import AUDITING, READING
from riboswitch.steps.parse import parse

LIMITS = {
    "max_leaked": FRACTION,
    "max_pairs": Limits(whole=True, at_least=0),
    "tolerance": Limits(at_least=0),
    "repeat": Limits(whole=True, at_least=0),
    "processes": Limits(whole=True, at_least=0),
}
TRAINING = ("train", "valid")
"""Parts of a split that are the training side: the network learns from one, and is chosen by the other."""


def audit(
    train: Records,
    test: Records | Split,
    *,
    targets: Sequence[str] = (),
    groups: Sequence[str] = (),
    repeat: int = 0,
    tolerance: float = 0.0,
    max_leaked: float = 0.0,
    max_pairs: int = 1000,
    settings: Mapping[str, Any] | None = None,
    processes: int = 1,
) -> Audit:
    """Find what training and test rows have in common.

    Each test row is looked for among the training rows, in every way that the modality knows: see ``KINDS``
    of its auditor. A modality without an auditor has equal inputs only. The order of the rows changes
    nothing, as long as they keep their ids.

    Parameters
    ----------
    train : Records
    test : Records or Split
        A split divides the records of ``train``: train and valid against test.
    targets : sequence of str
        Label columns that should agree where rows are one thing.
    groups : sequence of str
        Columns of groups that should stay on one side.
    repeat : int
        Repeat of the split.
    tolerance : float
        Largest difference of labels that agree, if they are numbers.
    max_leaked : float
        Share of the test rows that may have been seen in training before the light is red.
    max_pairs : int
        Most pairs of each kind that are listed.
    settings : mapping, optional
        When rows count as related; see ``AuditSettings`` of the auditor.
    processes : int
        0: by the number of cores. The result does not depend on it.

    Raises
    ------
    UsageError
        For a value outside its limits, or records of two modalities.
    InputError
        If a column is missing, a split belongs to other records, or a side has no rows.
    """
    check_values(LIMITS, max_leaked=max_leaked, max_pairs=max_pairs, tolerance=tolerance, repeat=repeat,
                 processes=processes)  # fmt: skip
    modality = find(train.meta["modality"])
    used = _settings(modality, settings or {})
    sides, facts = _sides(train, test, repeat)
    for column in (*targets, *groups):
        _require_column(column, sides)
    found = relations(*sides, modality, train.meta.get("reading", {}), groups, used, processes or cores())
    before, after = sides
    labels = {t: conflicts(before[t].tolist(), after[t].tolist(), found.same, tolerance) for t in targets}
    measures = modality.auditor.MEASURES if modality.auditor else {}
    about = {"max_leaked": max_leaked, "tolerance": tolerance}
    return Audit(
        {
            "modality": modality.name,
            "settings": about | (dataclasses.asdict(used) if used else {}),
            **facts,
            **judged(*sides, found, measures, labels, max_leaked, max_pairs),
        }
    )


def _settings(modality: Modality, values: Mapping[str, Any]) -> Any:
    if modality.auditor is not None:
        return build(modality.auditor.AuditSettings, values)
    known_names(values, [], "settings")
    return None


def _sides(
    train: Records, test: Records | Split, repeat: int
) -> tuple[tuple[pd.DataFrame, pd.DataFrame], dict[str, Any]]:
    """The rows of both sides by their ids, and the facts about them."""
    if isinstance(test, Split):
        tables, facts = _of_split(train, test, repeat)
    else:
        names = [records.meta["modality"] for records in (train, test)]
        if names[0] != names[1]:
            raise UsageError("training and test rows are of two modalities", found=", ".join(names))
        tables, facts = (train.table, test.table), {}
    for name, table in zip(("training", "test"), tables, strict=True):
        if table.empty:
            raise InputError(f"there are no {name} rows to compare")
    files = (train, train if isinstance(test, Split) else test)
    facts |= {
        side: _about(records, len(table))
        for side, records, table in zip(("train", "test"), files, tables, strict=True)
    }
    # With the first of equal partners taken, the order of the rows must not matter.
    return tuple(t.sort_values("id", kind="stable", ignore_index=True) for t in tables), facts


def _of_split(
    records: Records, split: Split, repeat: int
) -> tuple[tuple[pd.DataFrame, pd.DataFrame], dict[str, Any]]:
    split.require_ids(records.ids)
    if repeat >= split.repeats:
        raise UsageError("the split has no such repeat", found=repeat, hint=f"It has {split.repeats}.")
    part = split.table[f"part_{repeat}"]
    tables = records.table[part.isin(TRAINING).to_numpy()], records.table[(part == PARTS[2]).to_numpy()]
    about = {"name": split.meta.get("name", ""), "digest": split.digest, "repeat": repeat,
             "training_parts": [*TRAINING]}  # fmt: skip
    return tables, {"split": about}


def _about(records: Records, rows: int) -> dict[str, Any]:
    files = [source["file"] for source in records.meta.get("sources", [])]
    return {"files": files, **records.counts(), "rows": rows}


def _require_column(column: str, sides: Sequence[pd.DataFrame]) -> None:
    for name, table in zip(("training", "test"), sides, strict=True):
        if column not in table:
            raise InputError(f"the {name} rows have no such column", found=column,
                             hint=f"Columns: {', '.join(map(str, table))}.")  # fmt: skip


def command(
    train: str,
    test: str,
    /,
    *,
    output: Path | None = None,
    page: Path | None = None,
    pairs: str | None = None,
    modality: str = DEFAULT,
    reading: Annotated[Json, READING] = NO_SETTINGS,
    target: Annotated[list[str] | None, TARGETS] = None,
    group: list[str] | None = None,
    settings: Annotated[Json, AUDITING] = NO_SETTINGS,
    repeat: int = 0,
    tolerance: float = 0.0,
    max_leaked: float = 0.0,
    max_pairs: int = 1000,
    only_report: bool = False,
    processes: Processes = 0,
) -> None:
    """Audit two files, or records and their split.

    Parameters
    ----------
    train : str
        Training rows: a file as parse reads it, or records (.parquet).
    test : str
        Test rows, likewise; or the split of the records (.parquet).
    output : Path
        Where the audit goes (.json).
    page : Path
        Where it goes as a page (.html).
    pairs : str
        Where the pairs go: a table (.csv, .tsv, .parquet), or - for CSV on standard output.
    modality : str
        Modality of the files: sequence or molecule. Records know theirs.
    group : list of str
        Column of a group that should be on one side only. Repeat the option for several.
    repeat : int
        Repeat of the split.
    tolerance : float
        Largest difference of labels that agree.
    max_leaked : float
        Share of the test rows that may have been seen in training before the light is red.
    max_pairs : int
        Most pairs of each kind that are listed.
    only_report : bool
        Exit with 0 also if the light is red.
    """
    if pairs is not None:
        check_suffix(pairs)
    first = _records(train, modality, reading)
    if _is(train, Records):  # their own modality and meaning hold for the other side, too
        modality, reading = first.meta["modality"], {**first.meta.get("reading", {}), **reading}
    second = Split.load(test) if _is(test, Split) else _records(test, modality, reading)
    made = audit(
        first, second, targets=target or (), groups=group or (), repeat=repeat, tolerance=tolerance,
        max_leaked=max_leaked, max_pairs=max_pairs, settings=settings, processes=processes,
    )  # fmt: skip
    _write(made, output, page, pairs)
    _tell(made)
    if made.light == "red" and not only_report:
        found = f"{made.facts['leaked']} of {made.facts['test']['rows']} test rows"
        hint = "--pairs lists them; --max-leaked allows a share; --only-report exits with 0."
        raise LeakError("test rows were seen in training", where=test, found=found, hint=hint)


def _write(made: Audit, output: Path | None, page: Path | None, pairs: str | None) -> None:
    if output is not None:
        made.save(output)
    if page is not None:
        with atomic_path(page) as temporary:
            temporary.write_text(render(made), "utf-8")
    if pairs is not None:
        columns = ["kind", "test", "train", "value", *(LABELS if made.facts["labels"] else ())]
        write_table(pd.DataFrame(made.facts["pairs"], columns=columns), pairs)


def _tell(made: Audit) -> None:
    """Write the light, the rows of both sides and the reasons to standard error."""
    facts = made.facts
    counts = {"light": made.light, "leaked": facts["leaked"], "test_rows": facts["test"]["rows"]}
    sides = [f"{side}: {_counted(facts[side])}" for side in ("train", "test")]
    write_summary(counts, None, [*sides, *facts["reasons"]])


def _counted(side: Mapping[str, Any]) -> str:
    codes = "".join(f", {n} {code}" for code, n in side["by_code"].items())
    return f"{side['read']} read, {side['accepted']} accepted, {side['rejected']} rejected{codes}"


def _records(path: str, modality: str, reading: Mapping[str, Any]) -> Records:
    """The rows of a file, or records."""
    return (
        Records.load(path) if _is(path, Records) else parse([{"paths": [path], "reading": reading}], modality)
    )


def _is(path: str, noun: type) -> bool:
    """Whether a file holds records, or a split, as their header says."""
    keys = {Records: {"read", "components"}, Split: {"digest", "name"}}[noun]
    return path.endswith(".parquet") and keys <= read_header(path).keys()
