"""What a user's assay holds: which of its labels are active, and whether a model can learn from them."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from riboswitch.data.labels import label_text
from riboswitch.data.records import Rejection
from riboswitch.errors import InputError, UsageError, shorten
from riboswitch.intake.compound_file import CompoundFile, columns_of, look_at_compounds
from riboswitch.io.cells import number
from riboswitch.io.delimited import require_column
from riboswitch.modalities.molecule.files.tables import open_table

MOST = 500_000  # rows whose labels are read
FEWEST_ROWS, FEWEST_OF_A_CLASS = 50, 10  # with fewer, validation and test rows are single compounds
NUMBERS = 0.9  # the least share of numbers among labels that are numbers
SHOWN = 8  # labels that a message lists

PAIRS = (
    ("active", "inactive"), ("hit", "nonhit"), ("hit", "nohit"), ("positive", "negative"), ("pos", "neg"),
    ("yes", "no"), ("y", "n"), ("true", "false"), ("t", "f"), ("inhibitor", "noninhibitor"),
    ("actives", "inactives"), ("actives", "decoys"), ("active", "decoy"),
    ("active", "nonactive"),
)  # fmt: skip
"""Plain texts of labels: the active one, and the other."""

LOW_IS_ACTIVE = re.compile(
    r"(log(2|10)?)?[_ ]*(mic|mbc|ic|ec|ki|kd)(50|80|90|99)?"
    r"[_ ]*([(\[].*|(in[_ ])?[unmpµμ]?(m|g[_/ ]?m?l|mol[_/ ]?l))?",
    re.IGNORECASE,
)
"""Names of columns in which a low number means an active compound."""


@dataclass(frozen=True)
class AssayFile:
    """Measured compounds that a model can learn from.

    Attributes
    ----------
    compounds : CompoundFile
    column : str
        Of the labels.
    kind : {"binary", "regression"}
    labels : dict of str to int
        What texts stand for; empty if the cells are 0 and 1 or numbers.
    counts : dict of str to int
        Labelled rows by class; of numbers ``rows``, ``different``.
    unused : dict of str to int
        Rows without a label, and those whose label is another text, by that text.
    """

    compounds: CompoundFile
    column: str
    kind: str
    labels: dict[str, int]
    counts: dict[str, int]
    unused: dict[str, int]


def file_and_column(word: str) -> tuple[Path, str]:
    """The two parts of FILE:COLUMN; both may hold colons and blanks.

    Raises
    ------
    InputError, UsageError
        If there is no such file; or no column is named, with the columns to choose from.
    """
    places = [i for i, letter in enumerate(word) if letter == ":"]
    for place in reversed(places):
        if Path(word[:place]).is_file() and word[place + 1 :]:
            return Path(word[:place]), word[place + 1 :]
    path = Path(word.removesuffix(":"))
    if not path.exists():
        raise InputError("no such file", where=word, hint="Write it as FILE:COLUMN.")
    columns = ", ".join(columns_of(path))
    raise UsageError("no column of the activity is named", where=f"--activity {word}",
                     hint=f"Write {path}:COLUMN. Columns: {shorten(columns, 300)}.")  # fmt: skip


def look_at_assay(
    path: Path, column: str, smiles: str | None, ids: str | None,
    active: Collection[str] = (), inactive: Collection[str] = (),
) -> AssayFile:  # fmt: skip
    """Read the labels of an assay, and settle what they mean.

    Parameters
    ----------
    path : Path
    column : str
        Of the labels.
    smiles, ids : str, optional
        Columns that the user names.
    active, inactive : collection of str
        Labels that the user says are active or inactive.

    Raises
    ------
    InputError, UsageError
        If the file or its labels cannot be used, or their meaning is not clear.
    """
    compounds = look_at_compounds(path, "--activity", smiles, ids)
    if compounds.columns:
        require_column(column, compounds.columns, str(path))
    structures = {compounds.found.get("SMILES"), smiles} - {None}
    if column in structures:
        raise UsageError("this column holds the structures, not an activity", where=str(path), found=column,
                         hint=f"Columns: {shorten(', '.join(compounds.columns), 300)}.")  # fmt: skip
    cells = _cells(path, column)
    where = f"{path} column {column!r}"
    given = [(row, text) for row, text in cells if text]
    gaps = len(cells) - len(given)
    if not given:
        raise InputError("no row has a label", where=where, hint="Name the column with the activity.")
    kind, labels = _meaning(given, column, where, list(active), list(inactive))
    counts, others = _counted(given, kind, labels)
    _require_enough(counts, kind, given, where)
    return AssayFile(compounds, column, kind, labels, counts, ({"no label": gaps} if gaps else {}) | others)


def _cells(path: Path, column: str) -> list[tuple[int, str]]:
    """Row and text of the label of each row that can be read."""
    with open_table(path) as table:
        rows = (row for row in islice(table.rows, MOST) if not isinstance(row, Rejection))
        return [(row.number, label_text(row.values.get(column))) for row in rows]


def _meaning(
    given: Sequence[tuple[int, str]], column: str, where: str, active: list[str], inactive: list[str]
) -> tuple[str, dict[str, int]]:
    """The kind of the labels, and what texts among them stand for."""
    different = Counter(text for _, text in given)
    if active or inactive:
        return "binary", _as_told(different, where, active, inactive)
    numbers = {text: number(text) for text in different if _is_number(text)}
    share = sum(different[text] for text in numbers) / len(given)
    if share >= NUMBERS:
        return _of_numbers(numbers, column, where), {}
    if numbers and len(different) > 2:
        row, text = next((row, text) for row, text in given if text not in numbers)
        raise InputError("some labels are numbers and others are not", where=f"{where} row {row}",
                         found=text, hint="Write a number in each row, or leave the cell empty.")  # fmt: skip
    return "binary", _of_texts(different, where)


def _of_numbers(numbers: dict[str, float], column: str, where: str) -> str:
    """The kind of labels that are numbers."""
    values = sorted(set(numbers.values()))
    if len(values) == 1:
        hint = "A model needs active and inactive compounds, or different numbers."
        raise InputError("all rows have the same label", where=where, found=f"{values[0]:g}", hint=hint)
    if values == [0, 1]:
        return "binary"
    if len(values) == 2:
        a, b = (next(text for text, value in numbers.items() if value == wanted) for wanted in values)
        raise UsageError("two numbers that are not 0 and 1", where=where, found=f"{a} and {b}",
                         hint=f"Which of them is active? --active {b} says so.")  # fmt: skip
    if LOW_IS_ACTIVE.fullmatch(column.strip()):
        raise UsageError(
            "a low number means an active compound here, but the highest are ranked first",
            where=where, found=column,
            hint="Give a column with -log10 of it (as pMIC), or with 0 and 1.",
        )  # fmt: skip
    return "regression"


def _of_texts(different: Counter[str], where: str) -> dict[str, int]:
    """What two texts stand for, if they are words for active and inactive."""
    listed = _listed(different)
    if len(different) == 1:
        hint = "A model needs active and inactive compounds."
        if "+" in different:
            hint += " '-' is read as a gap: write 1 for + and 0 for -."
        raise InputError("all rows have the same label", where=where, found=listed, hint=hint)
    first, *others = different
    if len(different) > 2:
        hint = (
            f"Say which count, as --active {_word(first)} --inactive {_word(others[0])}; give an option "
            "again for several. Rows with other labels are rejected. Or write 0, 1 or a number in each row."
        )
        problem = f"{len(different):,} different texts, where 0 and 1 or numbers are needed"
        raise UsageError(problem, where=where, found=shorten(listed, 200), hint=hint)
    plain = {re.sub(r"[\W_]", "", text.casefold()): text for text in different}
    for good, bad in PAIRS:
        if plain.keys() == {good, bad}:
            return {plain[good]: 1, plain[bad]: 0}
    raise UsageError("two texts, and it is not clear which is active", where=where, found=listed,
                     hint=f"Say it: --active {_word(first)}, or --active {_word(others[0])}.")  # fmt: skip


def _as_told(different: Counter[str], where: str, active: list[str], inactive: list[str]) -> dict[str, int]:
    for text in (*active, *inactive):
        if text not in different:
            raise UsageError("no row has this label", where=where, found=text,
                             hint=f"Labels: {shorten(_listed(different), 200)}.")  # fmt: skip
    if both := {*active} & {*inactive}:
        raise UsageError("a label is named as active and as inactive", where=where, found=both.pop())
    others = [text for text in different if text not in (*active, *inactive)]
    if not active or not inactive:
        if len(others) != 1 and not (active and inactive):
            missing = "--inactive" if active else "--active"
            listed = _listed(Counter({text: different[text] for text in others}))
            problem = f"several labels may be the others: {missing} names them"
            raise UsageError(problem if others else "no label is left for the others", where=where,
                             found=shorten(listed, 200) or None)  # fmt: skip
        active, inactive = (active, others) if active else (others, inactive)
    return dict.fromkeys(active, 1) | dict.fromkeys(inactive, 0)


def _counted(
    given: Iterable[tuple[int, str]], kind: str, labels: dict[str, int]
) -> tuple[dict[str, int], dict[str, int]]:
    """Labelled rows by what they mean, and rows with another label by its text."""
    counts: Counter[str] = Counter()
    others: Counter[str] = Counter()
    values = set()
    for _, text in given:
        if text in labels:
            counts["active" if labels[text] else "inactive"] += 1
        elif labels or not _is_number(text):
            others[text] += 1
        elif kind == "binary":
            counts["active" if number(text) else "inactive"] += 1
        else:
            counts["rows"] += 1
            values.add(number(text))
    if kind == "regression":
        counts["different"] = len(values)
    return dict(counts), dict(others.most_common(SHOWN))


def _require_enough(counts: dict[str, int], kind: str, given: Sequence[tuple[int, str]], where: str) -> None:
    rows = counts.get("rows", 0) if kind == "regression" else sum(counts.values())
    if rows < FEWEST_ROWS:
        hint = (
            f"A model needs at least {FEWEST_ROWS}, and is of use with some hundreds. Without --activity "
            "compounds are ranked by a model of S. aureus."
        )
        raise InputError(f"only {rows} rows have a label that can be used", where=where, hint=hint)
    for name in ("active", "inactive") if kind == "binary" else ():
        if (many := counts.get(name, 0)) < FEWEST_OF_A_CLASS:
            hint = f"A model needs at least {FEWEST_OF_A_CLASS} of each, and is of use with many more."
            raise InputError(f"only {many} rows are {name}", where=where, hint=hint)


def _is_number(text: str) -> bool:
    try:
        number(text)
    except ValueError:
        return False
    return True


def _listed(different: Counter[str]) -> str:
    return ", ".join(f"{text} ({many:,} rows)" for text, many in different.most_common(SHOWN))


def _word(text: str) -> str:
    """A label as a word of a command line."""
    return shlex.quote(text)
