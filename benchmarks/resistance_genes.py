"""Genes that other programs call: called by us, with their class, at their place.

Peers' starts differ where their references do: 'sul1' is 840 bases long for NCBI and 867 for ResFinder.
Therefore the start is compared for each place, with all peers that call a gene there; the figures of each
peer stand beside.

The recall is strict: a gene that NCBI itself leaves out in this taxon counts as missed, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from resistance_peers import PeerGene, Staramr, abricate, ncbi_report, resfinder_classes, shown, unpacked

from riboswitch.bio.genome import read_genome
from riboswitch.resistance.curated.rules import same_place

if TYPE_CHECKING:
    from resistance import Bench

GENOMES = {  # taxon as in NCBI's database; None where only plasmids are there
    "genome_usa300/GCF_000017085": "Staphylococcus_aureus",
    "genomes_panel/GCF_000016305.1": "Klebsiella_pneumoniae",
    "genomes_panel/GCF_003697165.2": "Escherichia",
    "genomes_panel/abritamr": "Staphylococcus_aureus",
    "genomes_panel/KP975076": None,
    "genomes_panel/KX377410": None,
    "genomes_panel/NC_020818": None,
    "genomes_panel/pCAV1453-208": None,
}
NEAR = 3  # bases
RIGHT, CLASS, MISSED = "right", "another class", "not called"


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    resfinder = resfinder_classes(bench.source("resfinder"))
    staramr = Staramr(bench.staramr, bench.work / "peers")
    found = []
    for name, taxon in GENOMES.items():
        path = bench.data / f"{name}.fna.gz"
        peers = peers_of(bench, path, resfinder) + staramr.genes(unpacked(path, staramr.work), resfinder)
        calls = bench.scanner.scan(read_genome(path), taxon).table
        found += [_judged(gene, calls, bench.database.suppressed(taxon) if taxon else frozenset(), bench)
                  | {"genome": path.name.removesuffix(".fna.gz")} for gene in peers]  # fmt: skip
    table = pd.DataFrame(found)
    called = table[table["verdict"] == RIGHT]
    places = called.groupby(["genome", "ours"])["same_start"].any()
    figures = {
        "gene_recall": round(len(called) / len(table), 4),
        "same_start": round(float(places.mean()), 4),
    }
    peers_alone = {
        str(peer): {
            "genes": len(of_peer),
            "right": int((of_peer["verdict"] == RIGHT).sum()),
            "same_start": int(of_peer["same_start"].sum()),
        }
        for peer, of_peer in table.groupby("peer")
    }
    missed = table[table["verdict"] != RIGHT].drop(columns=["same_start"]).to_dict("records")
    elsewhere = [_start(table, genome, ours) for genome, ours in places[~places].index]
    explained = sum(bool(row["reason"]) for row in missed)
    return figures, {"peers": peers_alone, "missed": missed, "missed_explained": explained,
                     "other_start": elsewhere,
                     "places": len(places), "genomes": len(GENOMES)}  # fmt: skip


def peers_of(bench: Bench, path: Path, resfinder: dict[str, str]) -> list[PeerGene]:
    """What other programs' tables have of a genome."""
    stem = path.name.removesuffix("fna.gz")
    prefix = "" if path.parent.name == "genome_usa300" else stem
    genes = []
    for database in ("ncbi", "resfinder"):
        table = path.parent / f"{prefix}abricate-{database}.tsv"
        genes += abricate(table, f"abricate_{database}", resfinder)
    report = path.parent / f"{prefix}ncbi-report.tsv"
    if report.exists():
        by_name = bench.database.families.by_name
        amr = {r.accession for r in bench.database.references
               if r.matters_by_presence and by_name[r.nodes[0]].type == "AMR"}  # fmt: skip
        genes += ncbi_report(report, amr)
    return genes


def _judged(gene: PeerGene, calls: pd.DataFrame, suppressed: frozenset[str], bench: Bench) -> dict[str, Any]:
    """What we have at the place of a peer's gene."""
    here = calls[(calls["contig"] == gene.contig) & (calls["strand"] == gene.strand)]
    near = [r for r in here.to_dict("records") if same_place((gene.start, gene.end), (r["start"], r["end"]))]
    if "_" in gene.symbol and gene.peer == "ncbi_report" and any(r["kind"] != "gene" for r in near):
        near = [r for r in near if r["nearest_gene"] == gene.symbol]
    right = [r for r in near if not gene.classes or _share(gene.classes, r["drug_class"])]
    best = max(right or near, key=lambda r: _common(gene, r), default=None)
    row = shown(gene) | {"verdict": RIGHT if right else CLASS if near else MISSED, "ours": "", "reason": ""}
    if best is None:
        row["reason"] = _reason(gene, suppressed, bench)
        return row | {"same_start": False}
    same = abs(best["start"] - gene.start) <= NEAR and abs(best["end"] - gene.end) <= NEAR
    ours = f"{best['nearest_gene']} {best['start']}-{best['end']} {best['method']} {best['status']}"
    return row | {"ours": ours, "same_start": bool(same and right)}


def _share(one: str, other: str) -> bool:
    return bool(set(one.split("/")) & set(other.split("/")))


def _common(gene: PeerGene, row: dict[str, Any]) -> int:
    return min(gene.end, row["end"]) - max(gene.start, row["start"])


def _reason(gene: PeerGene, suppressed: frozenset[str], bench: Bench) -> str:
    """Why nothing is called: NCBI keeps a list of what is no news in a taxon."""
    node = {r.accession: r.node for r in bench.database.references}
    if gene.symbol in {node.get(accession, "") for accession in suppressed}:
        return "on NCBI's list of genes that are no news in this taxon"
    return ""


def _start(table: pd.DataFrame, genome: str, ours: str) -> dict[str, Any]:
    rows: Sequence[dict[str, Any]] = table[(table["genome"] == genome) & (table["ours"] == ours)].to_dict(
        "records"
    )
    return {"genome": genome, "ours": ours, "peers": [f"{r['peer']} {r['gene']} {r['place']}" for r in rows]}
