"""Gene calling: from a genome to its genes.

By default the genome itself teaches what its genes are like (`finder`). With a network, which says of each
reading frame whether it looks like a gene, `choice` chooses among the frames instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riboswitch.bio.codons import genetic_code, translate
from riboswitch.bio.genome import Genome
from riboswitch.genomes.frames import coding_dna
from riboswitch.genomes.genes.called_genes import COLUMNS, Genes
from riboswitch.genomes.genes.chain import Overlap
from riboswitch.genomes.genes.choice import begun_at, candidates, choose_genes
from riboswitch.genomes.genes.finder import find_genes
from riboswitch.genomes.genes.frame_table import FrameTable
from riboswitch.genomes.genes.strip import Strip
from riboswitch.genomes.orfs import MIN_NT, Orf, fewest_aa
from riboswitch.numeric.logit import logit

CLIP = 1e-6  # probabilities are clipped to [CLIP, 1 - CLIP] before their log odds

Network = Callable[[Sequence[str]], np.ndarray]
"""From the DNA of reading frames, in frame, to the probability that each is a gene, shape (frames,)."""


LEARNED, GENERAL, BY_NETWORK = "this genome", "genes in general", "the network"
"""What the genes were found by, in ``meta["found_by"]``."""


def call_genes(
    genome: Genome, network: Network | None = None, *, min_nt: int = MIN_NT, table: int = 11
) -> Genes:
    """Call the genes of a bacterial or archaeal genome.

    Parameters
    ----------
    genome : Genome
        Its annotation is not used.
    network : callable, optional
        See `Network`. Without it the genome alone shows which frames are genes.
    min_nt : int
        Shortest gene in bases, the stop codon counted.
    table : int
        NCBI translation table.

    Raises
    ------
    UsageError
        If there is no such table or its stops are not certain.
    """
    genetic_code(table)
    if network is None:
        strip = Strip.of(genome, 3 * fewest_aa(min_nt) + 3, table)
        frames, (called, found_by) = len(strip.stop), _called_alone(genome, strip, table)
    else:
        orfs = [orf for contig in genome.contigs for orf in candidates(genome, contig, min_nt, table)]
        called, adapted = _called(genome, orfs, network)
        frames, found_by = len(orfs), f"{BY_NETWORK}{f' and {LEARNED}' if adapted else ''}"
    meta = {
        "genome": genome.source, "contigs": len(genome.contigs), "bases": len(genome), "frames": frames,
        "genes": len(called), "found_by": found_by, "min_nt": min_nt, "table": table,
    }  # fmt: skip
    rows = pd.DataFrame(_rows(genome, called, table), columns=COLUMNS)
    return Genes(rows, genome.lengths, set(genome.circular), meta)


class _Called(NamedTuple):
    orf: Orf
    network: float | None
    score: float


def _called_alone(genome: Genome, strip: Strip, table: int) -> tuple[list[_Called], str]:
    """The genes in genome order, and what they were found by."""
    found = find_genes(strip, table)
    placed = strip.placed(found.frames, found.starts, genome.lengths)
    called = [
        _Called(orf, None, score) for orf, score in zip(placed, found.scores.tolist(), strict=True) if orf
    ]
    number = {name: i for i, name in enumerate(genome.contigs)}
    called.sort(key=lambda gene: (number[gene.orf.contig], gene.orf.start, gene.orf.end))
    return called, LEARNED if found.learned else GENERAL


def _called(genome: Genome, orfs: list[Orf], network: Network) -> tuple[list[_Called], bool]:
    """The genes in genome order, and whether scores were adapted to the genome."""
    if not orfs:
        return [], False
    probability = network([coding_dna(genome.contigs[orf.contig], orf) for orf in orfs])
    frames = FrameTable.of(genome, orfs)
    choice = choose_genes(frames, logit(probability, CLIP))
    shifts = frames.starts[choice.starts] - frames.starts[frames.likeliest[choice.frames]]
    called: dict[str, list[_Called]] = {name: [] for name in genome.contigs}
    for i, shift, score in zip(choice.frames, shifts.tolist(), choice.scores.tolist(), strict=True):
        name = orfs[i].contig
        orf = begun_at(orfs[i], shift, len(genome.contigs[name]), name in genome.circular)
        called[name].append(_Called(orf, float(probability[i]), score))
    for name in genome.circular & genome.contigs.keys():
        called[name] = _without_overlap_at_origin(called[name], len(genome.contigs[name]))
    ordered = [sorted(genes, key=lambda g: (g.orf.start, g.orf.end)) for genes in called.values()]
    return list(chain.from_iterable(ordered)), choice.adapted


def _without_overlap_at_origin(genes: list[_Called], length: int) -> list[_Called]:
    """Leave out genes that overlap across the origin: there the chain ends, and did not compare them."""
    for over in [g for g in genes if g.orf.end > length]:
        beyond = over.orf.end - length - Overlap().same
        rivals = [g for g in genes if g.orf.start <= beyond]
        rivals_win = sum(g.score for g in rivals) > over.score
        removed = [over] if rivals_win else rivals
        genes = [g for g in genes if g not in removed]
    return genes


def _rows(genome: Genome, called: list[_Called], table: int) -> Iterator[dict[str, Any]]:
    number = dict.fromkeys(genome.contigs, 0)
    for orf, network, score in called:
        number[orf.contig] += 1
        name = f"{orf.contig}_{number[orf.contig]}"
        yield {"id": name, "network": network, "score": score} | _described(genome, orf, table)


def _described(genome: Genome, orf: Orf, table: int) -> dict[str, Any]:
    """Position, protein and DNA of a gene; the DNA with its stop codon."""
    coding = coding_dna(genome.contigs[orf.contig], orf)
    whole = coding_dna(genome.contigs[orf.contig], orf, stop=True)
    protein, open5 = translate(coding, table), "5'" in orf.partial
    return {
        "contig": orf.contig, "start": orf.start, "end": orf.end, "strand": orf.strand,
        "partial": orf.partial, "start_codon": "" if open5 else coding[:3], "length_aa": len(protein),
        "protein": protein if open5 else f"M{protein[1:]}", "dna": whole,
    }  # fmt: skip
