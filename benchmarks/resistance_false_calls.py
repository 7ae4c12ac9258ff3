"""Calls on chromosomes that nothing supports, and housekeeping genes that look like resistance genes.

A call is right if NCBI's report program or abricate has a gene of its class there, or if the genome's
annotation names the gene or what it does. abricate and annotations say nothing of mutations and losses: a
mutation is right if an alignment of Biopython shows the very residues of NCBI's table, a loss if less than
nine tenths of the protein are made. NCBI reports them by the same rule; whether a mutation is one of a whole
lineage is a question for the join. Plasmids of the complete genomes do not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resistance_changes import changed_there
from resistance_genes import peers_of
from resistance_peers import PeerGene, resfinder_classes
from resistance_planted import Planter, genome_of

from riboswitch.bio.genome import Gene, Genome, read_genome
from riboswitch.resistance.curated.rules import same_place

if TYPE_CHECKING:
    from resistance import Bench

CHROMOSOME = 1_000_000  # least bases of a contig that counts, in genomes without annotation
SAYS_RESISTANCE = re.compile(
    r"resistan|lactamase|aminoglycoside|penicillin-binding protein 2a", re.IGNORECASE
)


@dataclass(frozen=True)
class Subject:
    """A genome: where it is, its species and its taxon in the database."""

    path: str
    species: str
    taxon: str | None
    annotation: str | None = None
    fetched: bool = True


SUBJECTS = {
    "USA300": Subject(
        "genome_usa300/GCF_000017085.fna.gz", "S. aureus", "Staphylococcus_aureus", fetched=False
    ),
    "MGH 78578": Subject(
        "genomes_panel/GCF_000016305.1.fna.gz", "K. pneumoniae", "Klebsiella_pneumoniae", fetched=False
    ),
    "ATCC 11775": Subject("genomes_panel/GCF_003697165.2.fna.gz", "E. coli", "Escherichia", fetched=False),
    "MG1655": Subject("U00096.gb", "E. coli", "Escherichia"),
    "O11": Subject("GCA_000189435.3_ASM18943v3_genomic.fna", "S. aureus", "Staphylococcus_aureus",
                   "GCA_000189435.3_ASM18943v3_genomic.gff"),
    "jmh43": Subject("jmh43.fna", "B. thetaiotaomicron", None, "jmh43.gff"),
}  # fmt: skip
HOUSEKEEPING = {"gpt": "tet(34)", "folA": "dfrA", "ampC": "blaEC"}
"""Genes of MG1655 that must not be called, and what they resemble."""


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    resfinder = resfinder_classes(bench.source("resfinder"))
    genomes, named = {}, {}
    for name, subject in SUBJECTS.items():
        genome, peers = _read(bench, subject, resfinder)
        found = bench.scanner.scan(genome, subject.taxon)
        rows = [r for r in found.confident.to_dict("records") if _counts(genome, r)]
        judged = [_judged(bench, row, genome, peers) for row in rows]
        alike = found.candidates[found.candidates["kind"] == "similar"].to_dict("records")
        genomes[name] = {
            "species": subject.species,
            "calls": judged,
            "false": [j["gene"] for j in judged if not j["evidence"]],
            "similar": [_similar(row, genome, peers) for row in alike if _counts(genome, row)],
        }
        if name == "MG1655":
            named = {gene: not _called(gene, genome, rows) for gene in HOUSEKEEPING}
    named |= {
        "mdsB": not _planted(bench, "mdsB", "Salmonella"),
        "blaCMY-2": _planted(bench, "blaCMY-2", "Escherichia"),
    }
    false = sum(len(g["false"]) for g in genomes.values())
    unsupported = sum(not s["evidence"] for g in genomes.values() for s in g["similar"])
    return {"false_calls_per_chromosome": round(false / len(genomes), 3)}, {
        "genomes": genomes, "housekeeping_right": named,
        "false_candidates_per_chromosome": round(unsupported / len(genomes), 3),
    }  # fmt: skip


def _read(bench: Bench, subject: Subject, resfinder: dict[str, str]) -> tuple[Genome, list[PeerGene]]:
    if not subject.fetched:
        path = bench.data / subject.path
        return read_genome(path), peers_of(bench, path, resfinder)
    folder: Path = bench.source("genomes")
    annotation = None if subject.annotation is None else folder / subject.annotation
    return read_genome(folder / subject.path, annotation), []


def _counts(genome: Genome, row: dict[str, Any]) -> bool:
    return bool(genome.cds) or len(genome.contigs[row["contig"]]) >= CHROMOSOME


def _judged(bench: Bench, row: dict[str, Any], genome: Genome, peers: list[PeerGene]) -> dict[str, Any]:
    """A call with what supports it."""
    evidence = _supported(row, genome, peers) if row["kind"] == "gene" else _by_peers(row, peers)
    if row["kind"] != "gene":
        evidence += changed_there(bench.database, row, genome)
    shown = f"{row['nearest_gene']} {row['contig']}:{row['start']}-{row['end']} {row['method']}"
    return {"gene": shown, "class": row["drug_class"], "evidence": evidence}


def _similar(row: dict[str, Any], genome: Genome, peers: list[PeerGene]) -> dict[str, Any]:
    """A frame that resembles a known gene, with what supports it, and what its annotation says."""
    place = (row["start"], row["end"])
    product = [
        g.product for g in genome.cds if g.contig == row["contig"] and same_place((g.start, g.end), place)
    ]
    return {"gene": f"{row['nearest_gene']} {row['orf_id']}", "score": round(row["score"], 3),
            "identity": row["identity"], "annotated": product[:1],
            "evidence": _supported(row, genome, peers)}  # fmt: skip


def _supported(row: dict[str, Any], genome: Genome, peers: list[PeerGene]) -> list[str]:
    """What supports a gene: programs, and the annotation."""
    said = [f"annotation: {g.gene or g.locus_tag} {g.product}" for g in genome.cds if _says(g, row)]
    return _by_peers(row, peers) + said


def _by_peers(row: dict[str, Any], peers: list[PeerGene]) -> list[str]:
    """Programs that have a gene of the same class there."""
    place = (row["start"], row["end"])
    return [
        f"{p.peer}: {p.symbol}"
        for p in peers
        if p.contig == row["contig"] and same_place((p.start, p.end), place)
        and set(p.classes.split("/")) & set(row["drug_class"].split("/"))
    ]  # fmt: skip


def _says(gene: Gene, row: dict[str, Any]) -> bool:
    here = gene.contig == row["contig"] and same_place((gene.start, gene.end), (row["start"], row["end"]))
    same_name = gene.gene and gene.gene.lower() == row["nearest_gene"].lower()
    return bool(here and (same_name or SAYS_RESISTANCE.search(gene.product)))


def _called(name: str, genome: Genome, rows: list[dict[str, Any]]) -> bool:
    (gene,) = [g for g in genome.cds if g.gene == name]
    return any(same_place((gene.start, gene.end), (r["start"], r["end"])) for r in rows)


def _planted(bench: Bench, symbol: str, taxon: str) -> bool:
    """Whether a gene of the database is called in a taxon."""
    protein = next(r.sequence for r in bench.database.references if symbol in (r.exact_node, r.node))
    planter = Planter(symbol)
    genome = genome_of({"c": planter.between(planter.coding(protein))})
    return len(bench.scanner.scan(genome, taxon).confident) > 0
