"""What other programs call in a genome: tables that are kept, and staramr, which is run.

staramr asks for the program mlst, which has nothing to do with resistance. A program of that name that
finds no scheme stands in for it; so its cost is not counted.
"""

from __future__ import annotations

import csv
import gzip
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import run

from riboswitch.resistance.house_classes import house_classes

NO_MLST = """#!/bin/sh
if [ "$1" = --version ]; then echo "mlst 0"; exit; fi
for file; do :; done
printf '%s\\t-\\t-\\tNONE\\t0\\n' "$file"
"""
COLUMNS = ("SEQUENCE", "START", "END", "STRAND", "GENE", "ACCESSION")


@dataclass(frozen=True, slots=True)
class PeerGene:
    """A gene or mutation that another program calls; ``classes`` are our words, joined by ``/``."""

    peer: str
    contig: str
    start: int
    end: int
    strand: str
    symbol: str
    accession: str
    classes: str


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Lines of a table with a header."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def resfinder_classes(folder: Path) -> dict[str, str]:
    """Class of each gene of ResFinder: the files in which it stands, and bleomycin where that is its drug.

    ResFinder keeps the genes against bleomycin with those against glycopeptides.
    """
    found: dict[str, set[str]] = {}
    for path in sorted(folder.glob("*.fsa")):
        if path.stem == "all":
            continue
        for line in path.read_text("utf-8").splitlines():
            if line.startswith(">"):
                name = line[1:].split()[0]
                for key in (name, name.split("_")[0]):
                    found.setdefault(key, set()).add(path.stem)
    for row in rows(folder / "phenotypes.txt"):
        name = row["Gene_accession no."]
        if row["Phenotype"].strip() == "Bleomycin":
            for key in (name, name.split("_")[0]):
                found.setdefault(key, set()).add("bleomycin")
    return {name: "/".join(sorted(stems)) for name, stems in found.items()}


def abricate(path: Path, peer: str, resfinder: dict[str, str]) -> list[PeerGene]:
    """A table of abricate with NCBI's database or with ResFinder."""
    found = []
    for row in rows(path):
        contig, start, end, strand, symbol, accession = (row[c] for c in COLUMNS)
        if peer == "abricate_ncbi":
            classes = house_classes(row["RESISTANCE"].split("/")[0].replace("_", " "))
        else:
            classes = resfinder.get(f"{symbol}_{accession}") or resfinder.get(symbol.split("_")[0], "")
        found.append(PeerGene(peer, contig, int(start), int(end), strand, symbol, accession, classes))
    return found


def ncbi_report(path: Path, amr: set[str]) -> list[PeerGene]:
    """Rows of NCBI's report program that are of resistance: of these accessions, or mutations."""
    return [
        PeerGene("ncbi_report", row["contig"], int(row["start"]), int(row["stop"]), row["strand"],
                 row["symbol"], row["accession"], house_classes(row["class"]))
        for row in rows(path)
        if row["accession"] in amr or row["method"].startswith("POINT")
    ]  # fmt: skip


class Staramr:
    """staramr in an environment of its own."""

    def __init__(self, programs: Path, work: Path):
        if not (programs / "staramr").exists() or shutil.which("blastn") is None:
            raise SystemExit("staramr needs its environment (make bench-resistance) and BLAST: "
                             "on Debian, apt-get install ncbi-blast+")  # fmt: skip
        self.programs, self.work, stub = programs, work, work / "mlst"
        work.mkdir(parents=True, exist_ok=True)
        stub.write_text(NO_MLST)
        stub.chmod(0o755)

    def __call__(self, fasta: Path) -> tuple[Path, dict[str, float]]:
        """Its table of genes, and CPU and wall seconds; on one core.

        It writes text tables only: its sheets for Excel fail for a genome without genes.
        """
        tables = {name: self.work / f"{fasta.stem}.{name}.tsv" for name in ("summary", "resfinder")}
        path = os.pathsep.join([str(self.work), str(self.programs), os.environ["PATH"]])
        command = [str(self.programs / "staramr"), "search", "-n", "1",
                   *(f"--output-{name}={table}" for name, table in tables.items()), str(fasta)]  # fmt: skip
        _, taken = run(command, PATH=path)
        return tables["resfinder"], taken

    def genes(self, fasta: Path, resfinder: dict[str, str]) -> list[PeerGene]:
        """The genes that it calls; a table that is there already is read."""
        table = self.work / f"{fasta.stem}.resfinder.tsv"
        if not table.exists():
            self(fasta)
        return [_of_staramr(row, resfinder) for row in rows(table)]


def _of_staramr(row: dict[str, str], resfinder: dict[str, str]) -> PeerGene:
    start, end = int(row["Start"]), int(row["End"])
    names = [n for n in resfinder if n.startswith(row["Gene"]) and n.endswith(f"_{row['Accession']}")]
    classes = resfinder[names[0]] if names else resfinder.get(row["Gene"], "")
    return PeerGene("staramr", row["Contig"], min(start, end), max(start, end), "+" if start < end else "-",
                    row["Gene"], row["Accession"], classes)  # fmt: skip


def unpacked(path: Path, work: Path) -> Path:
    """A compressed FASTA file as other programs want it."""
    work.mkdir(parents=True, exist_ok=True)
    target = work / path.name.removesuffix(".gz")
    with gzip.open(path, "rb") as packed:
        target.write_bytes(packed.read())
    return target


def shown(gene: PeerGene) -> dict[str, Any]:
    """A peer's gene for the file of results."""
    place = f"{gene.contig.split('_Klebsiella')[0]}:{gene.start}-{gene.end}({gene.strand})"
    return {"peer": gene.peer, "gene": gene.symbol, "place": place}
