"""Windows around a variant: one piece of a genome with the reference and with the alternative allele."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.config.settings import one_of
from riboswitch.errors import Problem, UsageError, shorten
from riboswitch.genomes.vcf import Variant

STRANDS = ("+", "-")


class VariantWindows(NamedTuple):
    """Both windows; ``start`` and ``end`` of the reference on its contig, from 1, both inclusive."""

    ref: str
    alt: str
    start: int
    end: int
    site: str = ""


Cutter = Callable[[Variant, Mapping[str, str]], "list[VariantWindows] | Problem"]
"""From a variant and the contigs to its windows, or why there are none."""


@dataclass(frozen=True)
class WindowCutter:
    """Cuts windows around variants.

    Both windows of a variant begin at the same base and have the same length. After an insertion the
    alternative window has less of the genome than the reference window, after a deletion more.

    Attributes
    ----------
    length : int
        Letters of a window.
    before : int
        Letters before the first letter of REF, in the direction of the contig.
    fixed : bool
        Every window must have its full length. Else it ends with the contig.
    strand : {"+", "-"}
        ``-``: windows are reverse-complemented after they are cut.
    """

    length: int
    before: int
    fixed: bool
    strand: str = "+"

    def __post_init__(self) -> None:
        if not 0 <= self.before < self.length:
            raise UsageError(f"the variant must begin within the window of {self.length}", found=self.before)
        one_of("strand", self.strand, STRANDS)

    def __call__(self, variant: Variant, contigs: Mapping[str, str]) -> list[VariantWindows] | Problem:
        """Both windows of the variant, or why there are none.

        Returns
        -------
        list of one VariantWindows, or Problem
            Codes ``NO_CONTIG``, ``PAST_END``, ``REF_MISMATCH``, ``LONGER_THAN_WINDOW``, and those of the
            variant.
        """
        problem = variant.problem or misplaced(variant, contigs) or self._too_long(variant)
        if problem:
            return problem
        contig, site = contigs[variant.contig], variant.pos - 1
        start = max(0, site - self.before)
        after = self.length - self.before
        behind = site + len(variant.ref)
        rest = after - len(variant.alt)
        end, alt_end = site + after, behind + rest
        if self.fixed and (site < self.before or max(end, alt_end) > len(contig)):
            reason = f"the window of {self.length} reaches beyond contig {variant.contig} of {len(contig)}"
            return Problem("PAST_END", reason, "This model needs windows of one length.")
        ref = contig[start:end]
        alt = contig[start:site] + variant.alt + contig[behind:alt_end]
        if self.strand == "-":
            ref, alt = reverse_complement(ref), reverse_complement(alt)
        return [VariantWindows(ref, alt, start + 1, start + len(ref))]

    def _too_long(self, variant: Variant) -> Problem | None:
        after, longest = self.length - self.before, max(len(variant.ref), len(variant.alt))
        if longest <= after:
            return None
        reason = f"an allele of {longest} letters, and the window has {after} from the variant on"
        return Problem("LONGER_THAN_WINDOW", reason, "" if self.fixed else "Take a larger --flank.")


def misplaced(variant: Variant, contigs: Mapping[str, str]) -> Problem | None:
    """Why a variant is not of these contigs; None if it is."""
    if variant.contig not in contigs:
        hint = f"There are: {shorten(', '.join(contigs), 200)}."
        return Problem("NO_CONTIG", f"the genome has no contig {variant.contig!r}", hint)
    contig = contigs[variant.contig]
    end = variant.pos - 1 + len(variant.ref)
    if end > len(contig):
        reason = f"REF ends at {end}, and contig {variant.contig} at {len(contig)}"
        return Problem("PAST_END", reason, "The variants may be of another assembly.")
    found = contig[variant.pos - 1 : end]
    if found != variant.ref:
        reason = f"REF is {shorten(variant.ref)} and the genome has {shorten(found)}"
        return Problem("REF_MISMATCH", reason, "The variants may be of another assembly.")
    return None
