"""The tables of a cohort: what became of each genome, its calls, and samples by genes and by mutations.

Genomes are read one after the other. What is kept of each is its line in the wide tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from riboswitch.data.calls import Calls
from riboswitch.errors import InputError
from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.table_writer import write_rows, write_text_table
from riboswitch.resistance.cohort.folders import CALLS, OK, counted, scanned_folders, write_samples

CALL_COLUMNS = {
    "kind": "kind", "nearest_gene": "gene", "drug_class": "class", "subclass": "subclass",
    "identity": "identity", "coverage": "coverage", "contig": "contig", "start": "start", "end": "end",
    "strand": "strand", "status": "status", "flags": "flags", "method": "method", "why": "evidence",
    "nearest_accession": "reference", "database": "database", "locus_tag": "locus_tag",
    "protein_id": "protein_id",
}  # fmt: skip
"""Columns of calls that ``calls.tsv`` has after ``sample``, and their names there."""

GENES, MUTATIONS, LONG = "genes.tsv", "mutations.tsv", "calls.tsv"
_LOOKED_AT = {"mutation": ("mutation", "none"), "loss": ("lost", "intact")}
"""Of a kind of change the states of a locus in which it was looked for."""


@dataclass(frozen=True)
class Line:
    """What the wide tables need of a genome.

    Attributes
    ----------
    sample : str
    taxon : str
        Empty if it has none; then no mutations were looked for.
    genes : Counter of str
        Number of calls of each gene; None if the genome was rejected.
    changes : frozenset of (str, str, str)
        Kind, locus and name of each mutation and loss.
    looked_at : frozenset of (str, str)
        Kind and locus of what was looked for and found.
    """

    sample: str
    taxon: str = ""
    genes: Mapping[str, int] | None = None
    changes: frozenset[tuple[str, str, str]] = frozenset()
    looked_at: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, sample: str, calls: Calls) -> Line:
        """Of the calls of a genome."""
        table, loci = calls.confident, calls.meta.get("loci") or {}
        changed = table[table["kind"].isin([*_LOOKED_AT])]
        changes = zip(changed["kind"], changed["family"], changed["nearest_gene"], strict=True)
        return cls(
            sample,
            calls.meta.get("taxon") or "",
            Counter(table.loc[table["kind"] == "gene", "nearest_gene"]),
            frozenset(changes),
            frozenset((k, g) for k, states in _LOOKED_AT.items() for s in states for g in loci.get(s, ())),
        )


def write_tables(folders: Iterable[Path], output: Path) -> dict[str, int]:
    """Write ``samples.tsv``, ``calls.tsv``, ``genes.tsv`` and ``mutations.tsv``, and return their counts.

    Parameters
    ----------
    folders : iterable of Path
        See `folders.scanned_folders`.
    output : Path

    Raises
    ------
    InputError
        If a folder holds no scanned genome, a name stands twice, or no genome could be read.
    """
    output.mkdir(parents=True, exist_ok=True)
    samples: list[dict[str, Any]] = []
    lines: list[Line] = []
    with atomic_path(output / LONG) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        rows = 0
        for row, calls in _genomes(folders):
            samples.append(row)
            name = str(row["sample"])
            lines.append(Line(name) if calls is None else Line.of(name, calls))
            rows += _write_calls(name, calls, file, not lines[:-1])
    _require_one(samples, output)
    genes, mutations = presence(lines), changed(lines)
    write_text_table(genes, output / GENES, "\t")
    write_text_table(mutations, output / MUTATIONS, "\t")
    table = write_samples(samples, output)
    rejected = int((table["status"] != OK).sum())
    return {"genomes": len(table), "rejected": rejected, "rows": rows, "genes": genes.shape[1] - 1,
            "mutations": mutations.shape[1] - 1}  # fmt: skip


def presence(lines: Iterable[Line]) -> pd.DataFrame:
    """Samples by genes: the number of calls of each; a gap where a genome was rejected."""
    lines = list(lines)
    names = sorted({gene for line in lines for gene in line.genes or ()})
    cells = [["" if line.genes is None else line.genes.get(n, 0) for n in names] for line in lines]
    return _wide(lines, names, cells)


def changed(lines: Iterable[Line]) -> pd.DataFrame:
    """Samples by mutations and losses: 1 seen, 0 looked for and not seen, a gap where nobody looked.

    The mutations that matter are those of a taxon. So 0 needs the locus to be found, and a taxon in which
    the mutation is known: one in which another sample has it.
    """
    lines = list(lines)
    taxa: dict[tuple[str, str, str], set[str]] = {}
    for line in lines:
        for change in line.changes:
            taxa.setdefault(change, set()).add(line.taxon)
    found = sorted(taxa, key=lambda change: (change[2], change))
    cells = [[_seen(line, change, taxa[change]) for change in found] for line in lines]
    return _wide(lines, [name for *_, name in found], cells)


def _seen(line: Line, change: tuple[str, str, str], taxa: set[str]) -> int | str:
    if change in line.changes:
        return 1
    return 0 if line.taxon in taxa and change[:2] in line.looked_at else ""


def _wide(lines: list[Line], names: list[str], cells: list[list[Any]]) -> pd.DataFrame:
    table = pd.DataFrame(cells, columns=names, dtype=object)
    table.insert(0, "sample", [line.sample for line in lines], allow_duplicates=True)
    return table


def _genomes(folders: Iterable[Path]) -> Iterator[tuple[dict[str, Any], Calls | None]]:
    """The row of ``samples.tsv`` and the calls of each genome; None if it was rejected."""
    for known in scanned_folders(folders):
        row: dict[str, Any] = {name: value for name, value in known.items() if name != "folder"}
        if known["status"] != OK:
            yield row, None
            continue
        calls = Calls.load(Path(known["folder"]) / CALLS)
        yield row | counted(calls), calls


def _write_calls(sample: str, calls: Calls | None, file: TextIO, header: bool) -> int:
    """Write the rows of a genome; how many."""
    none = pd.DataFrame(columns=[*CALL_COLUMNS])
    table = none if calls is None else calls.table[[*CALL_COLUMNS]]
    table = table.rename(columns=CALL_COLUMNS)
    table.insert(0, "sample", sample)
    write_rows(table, file, "\t", header)
    return len(table)


def _require_one(samples: list[dict[str, Any]], output: Path) -> None:
    if not any(row["status"] == OK for row in samples):
        first = f"The first: {samples[0].get('reason')}" if samples else ""
        raise InputError("no genome could be read", where=str(output), found=f"{len(samples)} rejected",
                         hint=first)  # fmt: skip
