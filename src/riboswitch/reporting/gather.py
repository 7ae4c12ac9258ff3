"""Gathering: a folder of results -> a `Study` or `Findings`, or an error that names the file at fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from riboswitch.data.calls import Calls
from riboswitch.data.library import DUPLICATE_OF
from riboswitch.data.model import Model
from riboswitch.data.records import read_rejected
from riboswitch.errors import InputError
from riboswitch.io.files import read_json
from riboswitch.io.parquet import read_parquet

REQUIRED = {
    "rank", "id", "input", "name", "score", "known_class", "predicted_class", "class_probability",
    "join_class", "compromised", "compromised_by", "compromise_basis", "compromise_locus", "outside_filter",
    "evidence", DUPLICATE_OF,
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """What was read and what was not, of one task or of the library."""

    name: str
    counts: dict[str, Any]
    rejected: pd.DataFrame

    @property
    def agrees(self) -> bool:
        """Whether accepted and rejected rows, counted again here, are all that were read."""
        return (
            self.counts["read"] == self.counts["accepted"] + self.counts["rejected"]
            and len(self.rejected) == self.counts["rejected"]
        )


@dataclass(frozen=True)
class Learned:
    """One task: how its models did on held-out rows, and the header of the model that was used."""

    name: str
    metrics: dict[str, Any]
    header: dict[str, Any]
    reading: Reading

    @property
    def kind(self) -> str:
        return self.metrics["task"]["kind"]

    @property
    def targets(self) -> list[str]:
        return self.metrics["task"]["targets"]


@dataclass(frozen=True)
class Study:
    """What was learned, and which genomes were scanned with it.

    Attributes
    ----------
    calls : dict of str to Calls
        By genome, one that compounds were ranked for first.
    tasks : dict of str to Learned
    sources : dict of str to dict
        Manifests of the data, as `fetch` wrote them.
    """

    calls: dict[str, Calls]
    tasks: dict[str, Learned]
    sources: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Findings(Study):
    """All that the report of a short-list tells of, beside what a `Study` has.

    Attributes
    ----------
    genome : str
        The genome that the compounds were ranked for.
    compounds : DataFrame
        Every accepted compound in ranked order.
    kept : list of int
        Ranks of the short-list.
    columns : list of str
        Columns of ``hits.csv``.
    counts : dict
        From `rank`.
    library : Reading
    """

    genome: str
    compounds: pd.DataFrame
    kept: list[int]
    columns: list[str]
    counts: dict[str, Any]
    library: Reading

    @cached_property
    def hits(self) -> pd.DataFrame:
        """The short-list, best first."""
        return self.compounds[self.compounds["rank"].isin(self.kept)]

    @cached_property
    def distinct(self) -> pd.DataFrame:
        """Every compound once."""
        return self.compounds[self.compounds[DUPLICATE_OF] == ""]

    @property
    def compromised(self) -> pd.DataFrame:
        """The distinct compounds whose class the genome defeats."""
        return self.distinct[self.distinct["compromised"]]

    @cached_property
    def class_task(self) -> str:
        """The task that predicts the classes of the compounds; empty if none is told."""
        for name in self.screened:
            column = f"{name}.class"
            if column in self.compounds and self.compounds[column].equals(
                self.compounds["predicted_class"].rename(column)
            ):
                return name
        return ""

    @property
    def screened(self) -> list[str]:
        """Tasks whose predictions stand beside the compounds."""
        before_dot = dict.fromkeys(c.split(".")[0] for c in self.compounds if "." in c)
        return [name for name in before_dot if name in self.tasks]


def gather(
    results: Path,
    data: Path,
    genome: str | None,
    *,
    tasks: Sequence[str] | None = None,
    genomes: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
) -> Study | Findings:
    """Read a folder of results.

    Parameters
    ----------
    results, data : Path
        What the workflow wrote, and the data it started from.
    genome : str or None
        The genome that compounds were ranked for; None if none were.
    tasks, genomes, sources : sequence of str, optional
        Names of those that belong to the story; all that lie there if not given.

    Raises
    ------
    InputError
        If a file is missing or is not what it should be, or the short-list is of another ranking.
    """
    study = Study(
        calls=_calls(results / "genomes", genome, genomes),
        tasks={name: _learned(results / name) for name in _there(results, "metrics.json", tasks)},
        sources={n: read_json(data / n / "SOURCE.json") for n in _there(data, "SOURCE.json", sources)},
    )
    if genome is None:
        return study
    compounds = _compounds(results / "compounds.parquet")
    kept, columns = _kept(results / "hits.csv", compounds)
    counts, library = read_json(results / "counts.json"), results / "library"
    return Findings(
        genome=genome,
        compounds=compounds,
        kept=kept,
        columns=columns,
        counts=counts,
        library=Reading("library", read_json(library / "library.json")["counts"],
                        read_rejected(library / "rejected.tsv")),
        **vars(study),
    )  # fmt: skip


def _there(folder: Path, file: str, names: Sequence[str] | None) -> list[str]:
    """Names of the subfolders with the file: those asked for, or all."""
    return sorted(names) if names else sorted(path.parent.name for path in folder.glob(f"*/{file}"))


def _compounds(path: Path) -> pd.DataFrame:
    table, _ = read_parquet(path)
    if missing := sorted(REQUIRED - set(table)):
        raise InputError("not a ranked library", where=str(path), found=f"no column {missing[0]!r}",
                         hint="riboswitch rank --compounds writes one.")  # fmt: skip
    return table.sort_values("rank", ignore_index=True)


def _kept(path: Path, compounds: pd.DataFrame) -> tuple[list[int], list[str]]:
    """Ranks and columns of the short-list, which must be of this ranking: its rows are told from there."""
    try:
        hits = pd.read_csv(path, dtype="str", keep_default_na=False)
        pairs = list(zip(hits["rank"].astype(int), hits["id"], strict=True))
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(path)) from error
    except (ValueError, KeyError) as error:
        raise InputError("not a short-list", where=str(path), found=error) from error
    ranked = set(zip(compounds["rank"], compounds["id"].astype(str), strict=True))
    for row, pair in enumerate(pairs, 1):
        if pair not in ranked:
            raise InputError("the short-list is not of the ranking in compounds.parquet",
                             where=f"{path} row {row}", found=pair[1], hint="Rank again.")  # fmt: skip
    return [rank for rank, _ in pairs], list(hits)


def _calls(folder: Path, genome: str | None, names: Sequence[str] | None) -> dict[str, Calls]:
    names = _there(folder, "calls.parquet", names)
    if genome is not None and genome not in names:
        raise InputError("there are no calls of this genome", where=str(folder), found=genome,
                         hint=f"There are: {', '.join(names) or 'none'}.")  # fmt: skip
    names.sort(key=lambda name: name != genome)
    return {name: Calls.load(folder / name / "calls.parquet") for name in names}


def _learned(folder: Path) -> Learned:
    reading = Reading(folder.name, read_json(folder / "counts.json"), read_rejected(folder / "rejected.tsv"))
    header = Model.load(folder / "model.safetensors").header
    return Learned(folder.name, read_json(folder / "metrics.json"), header, reading)
