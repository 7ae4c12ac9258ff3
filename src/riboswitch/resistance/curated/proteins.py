"""Proteins against the reference database: by references, by the models of families, and their mutations.

The rules are those of a genome. A protein may also belong to a family by its model, as AMRFinderPlus has it:
the lowest family of the tree wins, whether an alignment or a model shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from riboswitch.resistance.curated.database import Database
from riboswitch.resistance.curated.families import Families
from riboswitch.resistance.curated.hmms import Hit
from riboswitch.resistance.curated.pieces import Pieced
from riboswitch.resistance.curated.protein_mutations import locus
from riboswitch.resistance.curated.rules import Gene, genes, same_place, winning_loci
from riboswitch.resistance.curated.scanning import Found, losses
from riboswitch.resistance.curated.search.finder import Match
from riboswitch.resistance.curated.search.frames import ProteinFrame
from riboswitch.resistance.curated.taxon import AUTO, NONE, taxon_of


def scan_proteins(frames: Sequence[ProteinFrame], database: Database, taxon: str | None = None) -> Found:
    """Look for everything that the database knows and proteins can show.

    Parameters
    ----------
    frames : sequence of ProteinFrame
        Each with a name of its own.
    database : Database
    taxon : str, optional
        Decides which mutations and losses matter; by default (``auto``) it is what the proteins show, see
        `taxon_of`. With ``none``, and if nothing is clear, neither is looked for.

    Returns
    -------
    Found
        Places are counted in bases from the first codon of each protein. Mutations of DNA and the loss of a
        protein are not looked at.
    """
    if taxon not in (None, AUTO, NONE):
        database.check_taxon(taxon)
    matches = list(database.finder.of_frames(frames))
    found = [g for g in genes(matches, database.families) if g.reportable]
    found = _with_models(found, frames, database)
    shown = taxon_of(matches, database.loci_of_taxa, taxon)
    if shown.name is None:
        return Found(found, shown)
    suppressed = database.suppressed(shown.name)
    found = [g for g in found if g.match.reference.accession not in suppressed]
    return _with_mutations(Found(found, shown), shown.name, matches, database)


def _with_mutations(found: Found, taxon: str, matches: Sequence[Match], database: Database) -> Found:
    """What was found, with the mutations of a taxon that proteins show."""
    mutations = database.mutations(taxon)
    loci = [locus(m, mutations[m.reference.accession]) for m in winning_loci(matches, mutations)]
    matter = database.losses(taxon)
    lost, whole = losses(matches, matter)
    intact = {*whole} - {x.loss.gene for x in lost}
    seen = {m.gene for x in loci for m in x.looked_at}
    of_proteins = {m.gene for group in mutations.values() for m in group}
    dna = database.dna(taxon)
    of_dna = {m.gene for group in dna.mutations.values() for m in group} if dna else set()
    absent = of_proteins - of_dna - seen
    unseen = ((of_dna - seen) | {x.gene for x in matter.values()}) - intact - absent
    return Found(
        found.genes, found.taxon, loci, [], [], *(tuple(sorted(x)) for x in (intact, absent, unseen))
    )


def _with_models(found: Sequence[Gene], frames: Iterable[ProteinFrame], database: Database) -> list[Gene]:
    """Genes by references and by models."""
    if database.profiles is None:
        return [*found]
    by_protein: dict[str, list[Gene]] = {}
    for gene in found:
        by_protein.setdefault(gene.match.frame.contig, []).append(gene)
    left = {f.contig: f for f in frames if not any(g.exact for g in by_protein.get(f.contig, []))}
    hits: dict[str, list[Hit]] = {}
    for hit in database.profiles.hits({name: frame.protein for name, frame in left.items()}):
        if hit.family.reportable:
            hits.setdefault(hit.protein, []).append(hit)
    for name, group in hits.items():
        kept = by_protein.get(name, [])
        for hit in lowest(group, database.families):
            over = [g for g in kept if same_place(g.found.place, _place(hit))]
            if all(_is_lower(hit, gene, database.families) for gene in over):
                by_model = _gene(hit, left[name], database)
                kept = [g for g in kept if g not in over] + ([by_model] if by_model else over)
        by_protein[name] = kept
    return [gene for name in sorted(by_protein) for gene in by_protein[name]]


def lowest(hits: Iterable[Hit], families: Families) -> list[Hit]:
    """Of the models at one place of a protein, that of the lowest family; of others, the best score."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (-len([*families.line(h.family.name)]), -h.score, h.family.name)):
        over = [k for k in kept if same_place(_place(k), _place(hit))]
        if not over:
            kept.append(hit)
        elif all(not families.below(k.family.name, hit.family.name) and k.score < hit.score for k in over):
            kept = [k for k in kept if k not in over] + [hit]
    return kept


def _is_lower(hit: Hit, gene: Gene, families: Families) -> bool:
    """Whether a model names a family below that of an alignment."""
    return all(hit.family != f and families.below(hit.family.name, f.name) for f in gene.families)


def _place(hit: Hit) -> tuple[int, int]:
    """Its first and last base, from the first codon of the protein."""
    return 3 * hit.start + 1, 3 * hit.end


def _gene(hit: Hit, frame: ProteinFrame, database: Database) -> Gene | None:
    """The gene that a model recognises, with the nearest reference; None if nothing resembles it at all."""
    nearest = database.finder.nearest(frame)
    if nearest is None:
        return None
    method = "INTERNAL_STOP" if nearest.stops else "HMM"
    return Gene(Pieced((nearest,)), (hit.family,), method, f"{hit.family.hmm}, {hit.score:.1f} bits")
