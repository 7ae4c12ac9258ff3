"""What a genome's files hold and cannot be used: features and contigs, with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from riboswitch.data.records import Rejection
from riboswitch.errors import InputError, Problem
from riboswitch.io.summary import codes_text


class IgnoredFeature(NamedTuple):
    """A feature that is left out.

    Attributes
    ----------
    name : str
        Locus tag, ID or protein id; empty if it has none.
    kind : str
        Empty if it could not be read.
    where : str
        File and line.
    line : int
    problem : Problem
    used : bool
        Whether features of its kind are used.
    """

    name: str
    kind: str
    where: str
    line: int
    problem: Problem
    used: bool

    @property
    def label(self) -> str:
        """Its name, or its line."""
        return self.name or f"line {self.line}"


def require_contigs(found: int, rejected: Sequence[Rejection], where: str) -> None:
    """Raise if no contig can be used."""
    if found:
        return
    if not rejected:
        raise InputError("there is no contig in the file", where=where)
    first = rejected[0]
    fault = f"contig {first.id}: {first.reason}" if first.id else f"{first.reason} (entry {first.row})"
    many = "" if len(rejected) == 1 else f"none of the {len(rejected)} contigs can be used; the first, "
    raise InputError(many + fault, where=where, hint=first.hint)


def require_features(good: int, ignored: Sequence[IgnoredFeature], where: str, hint: str) -> None:
    """Raise if more than half of the features that are needed cannot be used.

    Those of rejected contigs do not count.
    """
    bad = [feature for feature in ignored if feature.used and feature.problem.code != "REJECTED_CONTIG"]
    if len(bad) <= good:
        return
    first = bad[0]
    fault = f"first {first.label}: {first.problem.reason}"
    problem = f"{len(bad)} of {good + len(bad)} features cannot be used, {fault}"
    raise InputError(
        problem, where=first.where or where, hint=" ".join(filter(None, (first.problem.hint, hint)))
    )


def notes(ignored: Sequence[IgnoredFeature], rejected: Sequence[Rejection]) -> list[str]:
    """One sentence for rejected contigs, for ignored features, and for those that are not needed anyway."""
    sentences = [rejected_note(rejected, "contig")] if rejected else []
    for used, what in ((True, "ignored"), (False, "of kinds that are not needed ignored")):
        if some := [feature for feature in ignored if feature.used == used]:
            codes, name = _codes([f.problem.code for f in some]), f"{some[0].kind} {some[0].name}".strip()
            first = ", ".join(filter(None, (some[0].where, name)))
            sentences.append(
                f"{_many(len(some), 'feature')} {what} ({codes}), first {first}: {some[0].problem.reason}"
            )
    return sentences


def rejected_note(rejected: Sequence[Rejection], what: str) -> str:
    """One sentence for rejected rows: how many, why, and the first."""
    first, codes = rejected[0], _codes([r.code for r in rejected])
    name = first.id or f"row {first.row}"
    return f"{_many(len(rejected), what)} rejected ({codes}), first {first.source} {name}: {first.reason}"


def rejections(
    ignored: Sequence[IgnoredFeature], rejected: Sequence[Rejection], source: str
) -> list[Rejection]:
    """Rejected contigs and ignored features as rows of a ``rejected.tsv``; a feature's row is its line."""
    features = [
        Rejection(f.line, f.name, f.kind, *f.problem, stage="annotation", source=source) for f in ignored
    ]
    return [*rejected, *features]


def counts(ignored: Sequence[IgnoredFeature], rejected: Sequence[Rejection]) -> dict[str, object]:
    """How many contigs and features are left out, and why."""
    codes = Counter([*(r.code for r in rejected), *(f.problem.code for f in ignored)])
    return {
        "rejected_contigs": len(rejected),
        "ignored_features": len(ignored),
        "left_out": dict(sorted(codes.items())),
    }


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _codes(codes: Sequence[str]) -> str:
    return codes_text(Counter(codes))
