"""A genome against the reference database: its resistance genes, and where mutations were looked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from riboswitch.io.log.progress import Progress
from riboswitch.resistance.curated.database import Database, Loss
from riboswitch.resistance.curated.dna_mutations import DnaLocus
from riboswitch.resistance.curated.families import IDENTITY, PARTIAL
from riboswitch.resistance.curated.pieces import Pieced, broken_symbol, in_pieces
from riboswitch.resistance.curated.protein_mutations import Locus, locus
from riboswitch.resistance.curated.rules import Gene, genes, same_place, winning_loci
from riboswitch.resistance.curated.search.finder import RESIDUES, Match
from riboswitch.resistance.curated.taxon import AUTO, NONE, UNKNOWN, Taxon, taxon_of

AROUND_ORIGIN = 15_000
"""So many bases from the start of a circular contig are read again after its end."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A protein whose loss matters, and that is broken here.

    Attributes
    ----------
    loss : Loss
    found : Pieced
    symbol : str
        As ``ompK35_R60LfsTer31``.
    """

    loss: Loss
    found: Pieced
    symbol: str


@dataclass(frozen=True)
class Found:
    """What a genome has.

    Attributes
    ----------
    genes : list of Gene
    taxon : Taxon
    loci : list of Locus
        Proteins in which mutations were looked for.
    dna_loci : list of DnaLocus
    lost : list of Lost
    intact : tuple of str
        Genes whose loss would matter, and that are whole.
    not_found : tuple of str
        Genes in which mutations would matter, and that are not in the genome.
    not_looked_at : tuple of str
        Genes whose mutations or loss would matter, and that proteins cannot show.
    """

    genes: list[Gene]
    taxon: Taxon = UNKNOWN
    loci: list[Locus] = field(default_factory=list)
    dna_loci: list[DnaLocus] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    intact: tuple[str, ...] = ()
    not_found: tuple[str, ...] = ()
    not_looked_at: tuple[str, ...] = ()


def scan(
    contigs: Mapping[str, str],
    database: Database,
    taxon: str | None = None,
    circular: Collection[str] = (),
    table: int = 11,
) -> Found:
    """Look for everything that the database knows.

    Parameters
    ----------
    contigs : mapping of str to str
        Sequences in upper case.
    database : Database
    taxon : str, optional
        Decides which mutations and losses matter; by default (``auto``) it is what the genome shows, see
        `taxon_of`. With ``none``, and if nothing is clear, neither is looked for.
    circular : collection of str
        Contigs without ends.
    table : int
        Genetic code.

    Returns
    -------
    Found
        Places of genes over the origin of a circular contig end after the contig's length.
    """
    if taxon not in (None, AUTO, NONE):
        database.check_taxon(taxon)
    wrapped = {n: s + s[:AROUND_ORIGIN] if n in circular else s for n, s in contigs.items()}
    lengths = {name: len(contigs[name]) for name in circular}
    with Progress("scan", RESIDUES, 2 * sum(map(len, wrapped.values()))):
        matches = list(database.finder.matches(wrapped, table))
    found = [g for g in genes(matches, database.families) if g.reportable]
    found = _once(found, lengths)
    shown = taxon_of(matches, database.loci_of_taxa, taxon)
    if shown.name is None:
        return Found(found, shown)
    suppressed = database.suppressed(shown.name)
    found = [g for g in found if g.match.reference.accession not in suppressed]
    return _with_mutations(Found(found, shown), shown.name, matches, wrapped, lengths, database)


def _with_mutations(
    found: Found,
    taxon: str,
    matches: Iterable[Match],
    wrapped: Mapping[str, str],
    lengths: Mapping[str, int],
    database: Database,
) -> Found:
    """What was found, with the mutations and losses of a taxon."""
    mutations = database.mutations(taxon)
    loci = [locus(m, mutations[m.reference.accession]) for m in winning_loci(matches, mutations)]
    loci = [x for x in loci if x.match.place[0] <= lengths.get(x.match.frame.contig, x.match.place[0])]
    dna = database.dna(taxon)
    dna_loci = (
        [] if dna is None else [x for x in dna.loci(wrapped) if x.start <= lengths.get(x.contig, x.start)]
    )
    lost, intact = losses(matches, database.losses(taxon))
    seen = {m.gene for x in loci for m in x.looked_at} | {m.gene for x in dna_loci for m in x.looked_at}
    every = {m.gene for group in mutations.values() for m in group}
    every |= {m.gene for group in dna.mutations.values() for m in group} if dna else set()
    return Found(found.genes, found.taxon, loci, dna_loci, lost, intact, tuple(sorted(every - seen)))


def _once(found: list[Gene], lengths: Mapping[str, int]) -> list[Gene]:
    """Each gene of a circular contig once, although what follows its origin was read twice."""
    kept = []
    for gene in found:
        length = lengths.get(gene.match.frame.contig)
        if length is None:
            kept.append(gene)
        elif gene.found.place[0] <= length:
            kept = [g for g in kept if not _again(g, gene, length)]
            kept.append(gene)
    return kept


def _again(one: Gene, other: Gene, length: int) -> bool:
    """Whether ``one`` is the part behind the origin of ``other``, which lies over it."""
    _, end = other.found.place
    same_contig = one.match.frame.contig == other.match.frame.contig
    return same_contig and end > length and same_place(one.found.place, (1, end - length))


def losses(matches: Iterable[Match], known: Mapping[str, Loss]) -> tuple[list[Lost], tuple[str, ...]]:
    """Proteins whose loss matters: those that are broken, and genes that are whole."""
    best: list[Pieced] = []
    found = in_pieces(m for m in matches if m.reference.susceptible and m.reference.accession in known)
    for pieced in sorted(found, key=lambda p: -sum(m.alignment.identities for m in p.pieces)):
        alike = pieced.identity >= IDENTITY and pieced.coverage >= PARTIAL
        if alike and not any(
            p.first.frame.contig == pieced.first.frame.contig and same_place(p.place, pieced.place)
            for p in best
        ):
            best.append(pieced)
    lost, intact = [], []
    for pieced in best:
        loss = known[pieced.first.reference.accession]
        symbol = broken_symbol(loss.gene, pieced)
        at_end = any(p.at_contig_end for p in pieced.pieces)
        if symbol and not at_end:
            lost.append(Lost(loss, pieced, symbol))
        else:
            intact.append(loss.gene)
    return lost, tuple(sorted(intact))
