"""The genomes of a sample sheet, scanned one after the other: memory is that of the largest of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from riboswitch.bio.scanned import Scanned, read_sample
from riboswitch.config.samples import Sample
from riboswitch.data.calls import Calls
from riboswitch.errors import DataError, InputError, UsageError
from riboswitch.resistance.cohort.folders import OK, REJECTED, counted
from riboswitch.resistance.curated.taxon import AUTO, NONE
from riboswitch.resistance.scanner import Scanner

BAD_GENOME = "BAD_GENOME"
"""Code of a genome that cannot be read."""


@dataclass(frozen=True)
class Result:
    """What became of a sample.

    Attributes
    ----------
    sample : Sample
    calls : Calls, optional
        None if it was rejected.
    scanned : Scanned, optional
        What was read.
    problem : DataError, optional
        Why it was rejected.
    """

    sample: Sample
    calls: Calls | None = None
    scanned: Scanned | None = None
    problem: DataError | UsageError | None = None

    @property
    def row(self) -> dict[str, object]:
        """Its row of ``samples.tsv``, see `riboswitch.resistance.cohort.folders.SAMPLE_COLUMNS`."""
        known: dict[str, object] = {"row": self.sample.row, "sample": self.sample.name}
        if self.calls is None:
            assert self.problem is not None
            return known | {"status": REJECTED, "code": BAD_GENOME, "reason": self._reason(self.problem),
                            "hint": self.problem.hint}  # fmt: skip
        return known | {"status": OK} | counted(self.calls)

    def _reason(self, problem: DataError | UsageError) -> str:
        """What is wrong; files by their names, for no table holds a path of a machine."""
        text = problem.line("")
        for path in filter(None, (self.sample.genome, self.sample.proteins, self.sample.gff)):
            text = text.replace(path, Path(path).name)
        return text


def check_taxa(scanner: Scanner, samples: Iterable[Sample], where: str) -> None:
    """Raise `InputError` for the first sample whose taxon the database does not have."""
    for sample in samples:
        if sample.taxon not in (AUTO, NONE):
            try:
                scanner.database.check_taxon(sample.taxon)
            except InputError as error:
                row = f"{where} row {sample.row}"
                raise InputError(error.problem, where=row, found=error.found, hint=error.hint) from error


def scan_samples(scanner: Scanner, samples: Sequence[Sample]) -> Iterator[Result]:
    """Scan the samples in order. One that cannot be read is a result with its problem, and stops nothing."""
    for sample in samples:
        try:
            scanned = read_sample(sample)
            calls = scanner(scanned, sample.taxon)
        except (DataError, UsageError) as error:
            yield Result(sample, problem=error)
        else:
            yield Result(sample, calls, scanned)
            del calls, scanned
