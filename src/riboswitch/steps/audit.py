"""Find what training and test rows have in common: duplicates, relatives, conflicting labels."""

from __future__ import annotations

__all__ = ["Audit", "audit"]
__verb__ = ("Data", 45)

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd

from riboswitch.auditing.audit import Audit
from riboswitch.auditing.conflicts import conflicts
from riboswitch.auditing.light import LABELS, judged, worst
from riboswitch.auditing.relations import of_rows, relations, sketched
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
from riboswitch.modalities.optional_parts import Sketch
from riboswitch.reporting.audited import render
from riboswitch.screening.process_pool import cores
from riboswitch.steps.arguments import TARGETS, Processes
from riboswitch.steps.modality_settings import AUDITING, READING
from riboswitch.steps.parse import parse

LIMITS = {
    "max_leaked": FRACTION,
    "max_pairs": Limits(whole=True, at_least=0),
    "tolerance": Limits(at_least=0),
    "repeat": Limits(whole=True, at_least=0, optional=True),
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
    repeat: int | None = None,
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
    repeat : int, optional
        Repeat of the split. By default each is audited, and the audit is that of the worst one: of the
        reddest light, then of the most leaked and of the fewest unrelated rows.
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
    measures = modality.auditor.MEASURES if modality.auditor else {}

    def compared(side: Side) -> dict[str, Any]:
        for column in (*targets, *groups):
            _require_column(column, side.tables)
        before, after = side.tables
        reading = train.meta.get("reading", {})
        found = relations(before, after, modality, reading, groups, used, processes or cores(), side.sketches)
        labels = {t: conflicts(before[t].tolist(), after[t].tolist(), found.same, tolerance) for t in targets}
        return side.facts | judged(before, after, found, measures, labels, max_leaked, max_pairs)

    sides = _sides(train, test, repeat, modality, processes or cores())
    about = {"max_leaked": max_leaked, "tolerance": tolerance}
    settled = about | (dataclasses.asdict(used) if used else {})
    return Audit(
        {"modality": modality.name, "settings": settled, **worst([compared(side) for side in sides])}
    )


class Side(NamedTuple):
    """Training and test rows by their ids, the facts about them, and sketches if they are made already."""

    tables: tuple[pd.DataFrame, pd.DataFrame]
    facts: dict[str, Any]
    sketches: Sequence[Sketch] = ()


def _settings(modality: Modality, values: Mapping[str, Any]) -> Any:
    if modality.auditor is not None:
        return build(modality.auditor.AuditSettings, values)
    known_names(values, [], "settings")
    return None


def _sides(
    train: Records, test: Records | Split, repeat: int | None, modality: Modality, processes: int
) -> Iterator[Side]:
    if isinstance(test, Split):
        return _of_split(train, test, repeat, modality, processes)
    return _of_files(train, test)


def _of_files(train: Records, test: Records) -> Iterator[Side]:
    """The rows of both sides."""
    names = [records.meta["modality"] for records in (train, test)]
    if names[0] != names[1]:
        raise UsageError("training and test rows are of two modalities", found=", ".join(names))
    yield _side((_in_order(train.table), _in_order(test.table)), (train, test), {})


def _of_split(
    records: Records, split: Split, repeat: int | None, modality: Modality, processes: int
) -> Iterator[Side]:
    """The rows of both sides of a repeat, or of each; what is known of a row is found out once."""
    split.require_ids(records.ids)
    if repeat is not None and repeat >= split.repeats:
        raise UsageError("the split has no such repeat", found=repeat, hint=f"It has {split.repeats}.")
    order = records.table["id"].reset_index(drop=True).sort_values(kind="stable").index.to_numpy()
    table, reading = records.table.iloc[order].reset_index(drop=True), records.meta.get("reading", {})
    auditor = modality.auditor
    sketch = None if auditor is None else sketched(table, modality, auditor, reading, processes)
    for number in range(split.repeats) if repeat is None else [repeat]:
        part = split.table[f"part_{number}"].to_numpy()[order]
        rows = [np.flatnonzero(np.isin(part, names)) for names in (TRAINING, PARTS[2:])]
        tables = tuple(table.iloc[each].reset_index(drop=True) for each in rows)
        about = {"name": split.meta.get("name", ""), "digest": split.digest, "repeat": number,
                 "training_parts": [*TRAINING]}  # fmt: skip
        side = _side((tables[0], tables[1]), (records, records), {"split": about})
        yield side._replace(sketches=[of_rows(sketch, each) for each in rows] if sketch else ())


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    """With the first of equal partners taken, the order of the rows must not matter."""
    return table.sort_values("id", kind="stable", ignore_index=True)


def _side(
    tables: tuple[pd.DataFrame, pd.DataFrame], files: tuple[Records, Records], facts: dict[str, Any]
) -> Side:
    for name, table in zip(("training", "test"), tables, strict=True):
        if table.empty:
            raise InputError(f"there are no {name} rows to compare")
    counted = zip(("train", "test"), files, tables, strict=True)
    return Side(tables, facts | {name: _about(records, len(table)) for name, records, table in counted})


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
    repeat: int | None = None,
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
        Modality of the files: sequence, molecule or profile. Records know theirs.
    group : list of str
        Column of a group that should be on one side only. Repeat the option for several.
    repeat : int
        Repeat of the split. By default each is audited, and what is written is of the worst one.
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
    repeats = facts.get("split", {}).get("repeats", ())
    if len(repeats) > 1:
        lights = ", ".join(f"{each['repeat']} {each['light']}" for each in repeats)
        sides.append(f"repeats: {lights}; what follows is of repeat {facts['split']['repeat']}")
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
