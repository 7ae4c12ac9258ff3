"""Inventory: the files of a folder of results with their sizes and SHA-256, and what each is."""

from __future__ import annotations

import hashlib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from riboswitch.errors import InputError
from riboswitch.io.atomic_files import sha256

RUN, CRATE, CHECKLIST = "run.json", "ro-crate-metadata.json", "checklist.md"
WHAT = {
    "report.html": "The report: one page that opens without a network",
    "hits.csv": "The short-list, best first",
    "compounds.parquet": "All compounds, ranked",
    "metrics.json": "Metrics of all tasks on held-out rows",
    "counts.json": "Numbers of rows read, rejected, ranked and kept",
    "check.json": "The ranking compared with measured values",
    "panel.tsv": "Hits against isolates",
    "hit_maps.parquet": "What the predictions of the first hits rest on, atom by atom",
    "excluded.csv": "Compounds left out of the short-list, with the reasons",
    RUN: "Software, machine, configuration, seeds, inputs and digests of the run",
    CHECKLIST: "DOME and REFORMS, filled from the run; blanks are for the author",
    "genomes/*/calls.*": "Resistance genes called in a genome",
    "genomes/*/call_maps.parquet": "What the networks' answer for called genes rests on, residue by residue",
    "cohort/*": "Tables of all scanned genomes",
    "library/*": "The prepared compound library",
    "scores/*": "Scores of a part of the library",
    "*/records.parquet": "Accepted rows in standard form, with their labels",
    "*/rejected.tsv": "Rejected rows with reasons",
    "*/curation.tsv": "Labels of repeated inputs, and what became of each",
    "*/counts.json": "Numbers of rows read, accepted and rejected, and the ledger of curation",
    "*/split.parquet": "Which rows are for training and which for evaluation",
    "*/audit.json": "What test rows have in common with training rows",
    "*/features.npz": "Records as arrays",
    "*/members/*.safetensors": "One trained network",
    "*/model.safetensors": "The model bundle",
    "*/repeats.safetensors": "The networks of the repeats, to explain",
    "*/control.safetensors": "Networks trained on shuffled labels, the control of maps",
    "*/metrics.json": "Metrics of the task on held-out rows",
    "*/*.parquet": "Predictions or records of the task",
}
FORMATS = {
    ".html": "text/html", ".json": "application/json", ".csv": "text/csv", ".md": "text/markdown",
    ".tsv": "text/tab-separated-values", ".parquet": "application/vnd.apache.parquet",
    ".arrow": "application/vnd.apache.arrow.file", ".gff3": "text/x-gff3", ".bed": "text/x-bed",
    ".npz": "application/zip",
}  # fmt: skip


class Listed(NamedTuple):
    """A file of the results: its path below the folder with ``/``, its size in bytes, its SHA-256."""

    path: str
    size: int
    sha256: str

    @property
    def what(self) -> str:
        """What it is, in a few words; empty if that is not known."""
        return next((words for name, words in WHAT.items() if fnmatchcase(self.path, name)), "")

    @property
    def format(self) -> str:
        """Its media type."""
        return FORMATS.get(Path(self.path).suffix, "application/octet-stream")


def listed(folder: Path) -> list[Listed]:
    """Files of a folder of results, by path. Records of a run, hidden files and checkpoints are left out.

    Raises
    ------
    InputError
        If there is no such folder, or it is empty.
    """
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    own = {name for name in paths if name in (RUN, CRATE, CHECKLIST) or _is_passing(name)}
    found = [
        Listed(name, path.stat().st_size, sha256(path))
        for name, path in sorted(paths.items())
        if name not in own
    ]
    if not found:
        raise InputError(
            "no results", where=str(folder), hint="Give the folder that the workflow wrote into."
        )
    return found


def listed_text(name: str, text: str) -> Listed:
    """A file that is about to be written with this text."""
    content = text.encode()
    return Listed(name, len(content), hashlib.sha256(content).hexdigest())


def _is_passing(name: str) -> bool:
    """Whether a file stays only while something runs, or is Snakemake's own."""
    return name.endswith(".checkpoint") or any(part.startswith(".") for part in name.split("/"))
