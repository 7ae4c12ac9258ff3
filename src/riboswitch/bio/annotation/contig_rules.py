"""Which contigs can be used, and what is said of the others."""

from __future__ import annotations

from collections.abc import Collection

from riboswitch.bio.alphabet import check
from riboswitch.data.records import Rejection
from riboswitch.errors import Problem
from riboswitch.io.opening import encoding_problem, printable

_HINTS = {
    "PROTEIN_IN_DNA": "Give the genome's DNA.",
    "GAP": "Take the gaps out: a genome is not aligned.",
    "EMPTY": "Give its sequence, or delete the entry.",
}


def usable_contig(
    name: str, sequence: str, taken: Collection[str], problem: Problem | None = None
) -> tuple[str, Problem | None]:
    """The sequence of a contig in upper case, and why it cannot be used if so.

    Parameters
    ----------
    name, sequence : str
    taken : collection of str
        Names of earlier contigs.
    problem : Problem, optional
        Found when the entry was read.
    """
    problem = problem or name_problem(name, taken)
    if problem:
        return "", problem
    clean, problem = check(sequence, "dna")
    return clean, problem and contig_problem(problem)


def name_problem(name: str, taken: Collection[str], what: str = "contig") -> Problem | None:
    """Why a name cannot be that of a contig, or of ``what`` else; None if it can."""
    if not name:
        return Problem("MISSING_ID", f"the {what} has no id")
    if fault := encoding_problem(name, "id"):
        return fault
    if "\0" in name:
        return Problem("NUL_BYTE", "NUL byte in the id", "The file may be damaged.")
    if name in taken:
        return Problem("DUPLICATE_ID", f"an earlier {what} has the id {name!r}", "Give unique ids.")
    return None


def contig_problem(problem: Problem) -> Problem:
    """The problem of a contig's letters, with a hint for genomes: their reader has no choice of alphabets."""
    hint = _HINTS.get(problem.code, problem.hint)
    if problem.code == "NOT_DNA" and "alphabet rna" in hint:
        hint = "It is RNA: write T for U."
    return problem._replace(hint=hint)


def contig_rejection(row: int, name: str, sequence: str, problem: Problem, source: str) -> Rejection:
    """The rejection of a contig; ``row`` is its number in the file."""
    return Rejection(row, printable(name), printable(sequence[:400]), *problem, source=source)


def lost_contig(rejection: Rejection) -> Problem:
    """The problem of what lies on a contig that was rejected."""
    return Problem(
        "REJECTED_CONTIG", f"contig {rejection.id} was rejected: {rejection.reason}", rejection.hint
    )
