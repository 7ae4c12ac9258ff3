"""Windows that are fixed at a site: a variant changes what lies in them, not where they lie."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.config.settings import one_of, positive_int
from riboswitch.errors import Problem, UsageError
from riboswitch.genomes.intervals import by_contig
from riboswitch.genomes.sites import Site
from riboswitch.genomes.variant_windows import STRANDS, VariantWindows, misplaced
from riboswitch.genomes.vcf import Variant


class SiteCutter:
    """Cuts the windows of the sites in which a variant lies.

    The reference window is the site, so it is the same for all its variants. The alternative window has the
    same length, and the site's anchor keeps its place in it: an insertion or deletion before the anchor
    pushes out, or draws in, bases at the beginning of the window, any other one at its end.

    Parameters
    ----------
    sites : sequence of Site
        They lie on the contigs.
    anchor : int
        The letter that keeps its place, from 1, along the strand of the site.
    strand : {"+", "-"}
        Of sites that have none.

    Raises
    ------
    UsageError
        If a site has no such letter.
    """

    def __init__(self, sites: Sequence[Site], anchor: int = 1, strand: str = "+"):
        positive_int("anchor", anchor)
        one_of("strand", strand, STRANDS)
        self.sites = by_contig(sorted(sites, key=lambda s: (s.start, s.end, s.strand)))
        self.anchor, self.strand = anchor, strand
        self.starts = {name: [site.start for site in some] for name, some in self.sites.items()}
        lengths = [site.end - site.start + 1 for site in sites]
        self.longest = max(lengths, default=0)
        if anchor > min(lengths, default=anchor):
            raise UsageError("the anchor must be a letter of every site", found=anchor,
                             hint=f"The shortest has {min(lengths)}.")  # fmt: skip

    def __call__(self, variant: Variant, contigs: Mapping[str, str]) -> list[VariantWindows] | Problem:
        """The windows of every site that holds the variant, or why there are none.

        Returns
        -------
        list of VariantWindows, or Problem
            Codes ``NO_CONTIG``, ``PAST_END``, ``REF_MISMATCH``, ``OUTSIDE_SITES``, and those of the variant.
        """
        problem = variant.problem or misplaced(variant, contigs)
        if problem:
            return problem
        change = _Change.of(variant)
        contig, found, past = contigs[variant.contig], [], ""
        for site in self._near(variant.contig, change):
            windows = self._windows(site, change, contig)
            past = past if windows else str(site)
            found += windows
        if found:
            return found
        if past:
            reason = f"with the allele, the window at {past} reaches beyond contig {variant.contig}"
            return Problem("PAST_END", reason, "This model needs windows of one length.")
        return Problem("OUTSIDE_SITES", "no site holds the whole change", "Only sites are read.")

    def _near(self, contig: str, change: _Change) -> list[Site]:
        """Sites that hold the change."""
        starts = self.starts.get(contig, [])
        first = bisect_left(starts, change.start - self.longest)
        last = bisect_right(starts, change.start + 1)
        return [site for site in self.sites.get(contig, [])[first:last] if change.lies_in(site)]

    def _windows(self, site: Site, change: _Change, contig: str) -> list[VariantWindows]:
        """The windows of one site; none if the contig is too short for the alternative one."""
        strand = self.strand if site.strand == "." else site.strand
        begin, length = site.start - 1, site.end - site.start + 1
        shift = 0 if self._keeps_left(site, strand, change) else len(change.alt) - len(change.ref)
        start = begin + shift
        # Only the neighbourhood is edited: a chromosome would be copied for each allele.
        low, high = max(0, begin - length), site.end + length + len(change.ref)
        near = contig[low : change.start] + change.alt + contig[change.start + len(change.ref) : high]
        alt = near[start - low : start - low + length] if start >= 0 else ""
        if len(alt) < length:
            return []
        ref = contig[begin : site.end]
        if strand == "-":
            ref, alt = reverse_complement(ref), reverse_complement(alt)
        return [VariantWindows(ref, alt, site.start, site.end, str(site))]

    def _keeps_left(self, site: Site, strand: str, change: _Change) -> bool:
        """Whether the window keeps its leftmost base: the change does not lie between it and the anchor."""
        if strand == "+":
            return change.start + len(change.ref) > site.start - 1 + self.anchor - 1
        return change.start > site.end - self.anchor


class _Change:
    """What an allele changes, without the letters that both alleles share; ``start`` counts from 0."""

    def __init__(self, start: int, ref: str, alt: str):
        self.start, self.ref, self.alt = start, ref, alt

    @classmethod
    def of(cls, variant: Variant) -> _Change:
        start, ref, alt = variant.pos - 1, variant.ref, variant.alt
        while ref and alt and ref[0] == alt[0]:
            start, ref, alt = start + 1, ref[1:], alt[1:]
        while ref and alt and ref[-1] == alt[-1]:
            ref, alt = ref[:-1], alt[:-1]
        return cls(start, ref, alt)

    def lies_in(self, site: Site) -> bool:
        """Whether all changed bases are of the site; an insertion must lie between two of them."""
        if not self.ref:
            return site.start <= self.start < site.end
        return site.start - 1 <= self.start and self.start + len(self.ref) <= site.end
