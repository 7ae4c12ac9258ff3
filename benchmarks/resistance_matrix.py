"""The matrix of drugs and isolates, from the genome on: each cell beside the one that was set down.

resistance_matrix.tsv has the cells, from the reports beside the genomes (NCBI's, abricate's), EUCAST's tables
and the literature, not from this program. Several states in a cell are separated by ``or``: the sources
differ, and the cell counts as arguable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from common import HERE
from resistance_peers import rows

from riboswitch.bio.genome import Genome, read_genome
from riboswitch.data.calls import Calls
from riboswitch.resistance.drugs.names import split
from riboswitch.resistance.drugs.panel import DEFEATED, Cell, panel

if TYPE_CHECKING:
    from resistance import Bench

EXPECTED = HERE / "resistance_matrix.tsv"
GENOMES = {
    "USA300": "genome_usa300/GCF_000017085.fna.gz",
    "MGH 78578": "genomes_panel/GCF_000016305.1.fna.gz",
    "ATCC 11775": "genomes_panel/GCF_003697165.2.fna.gz",
    "mcr-1": "genomes_panel/KX377410.fna.gz",
    "NDM-1": "genomes_panel/NC_020818.fna.gz",
    "VIM-6": "genomes_panel/KP975076.fna.gz",
    "CAV1453": "genomes_panel/pCAV1453-208.fna.gz",
    "MRSA of a clinic": "genomes_panel/abritamr.fna.gz",
}
VAN_A = "VanHAX_2_M97297"
"""Entry of ResFinder: the genes of Tn1546 that the mirror directory has on no plasmid."""


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    expected = list(rows(EXPECTED))
    calls = {name: bench.scanner.scan(read_genome(bench.data / path)) for name, path in GENOMES.items()}
    calls["vanA"] = _of_transposon(bench)
    found = panel(list(dict.fromkeys(row["drug"] for row in expected)), calls)
    cells = {
        (isolate, drug): cell
        for drug, line in zip(found.names, found.lines, strict=True)
        for isolate, cell in zip(found.isolates, line, strict=True)
    }
    wrong, arguable = [], []
    for row in expected:
        cell = cells[row["isolate"], row["drug"]]
        if not _right(row, cell):
            wrong.append(row | {"found": cell.text})
        elif " or " in row["cell"]:
            arguable.append(row | {"found": cell.text})
    isolates = {name: {"taxon": c.meta["taxon"], "calls": len(c.confident)} for name, c in calls.items()}
    figures = {"matrix_cells": len(expected), "matrix_cells_right": len(expected) - len(wrong)}
    return figures, {"isolates": isolates, "wrong": wrong, "arguable": arguable}


def _right(row: dict[str, str], cell: Cell) -> bool:
    """Whether a cell has one of the states, and a gene that was set down."""
    genes, by = split(row["by"], ","), {gene.symbol for gene in cell.found.genes}
    for state in row["cell"].split(" or "):
        if state in ("defeated", "reduced"):
            acquired = cell.text.startswith(DEFEATED + "the species")
            if cell.state == state and not acquired and by & {*genes}:
                return True
        elif cell.text == state or cell.text.startswith(f"{state} ("):
            return True
    return False


def _of_transposon(bench: Bench) -> Calls:
    """The calls of the vanA genes alone."""
    whole = read_genome(bench.source("resfinder") / "glycopeptide.fsa")
    return bench.scanner.scan(Genome({VAN_A: whole.contigs[VAN_A]}, source="vanA"))
