"""NCBI's own tests of AMRFinderPlus: each expected row of resistance, with its place, classes and method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from resistance_peers import rows

from riboswitch.bio.genome import read_genome
from riboswitch.bio.proteins import read_proteins
from riboswitch.resistance.curated.rules import same_place

if TYPE_CHECKING:
    from resistance import Bench


@dataclass(frozen=True)
class Case:
    """A file, its organism, and how AMRFinderPlus was asked."""

    name: str
    taxon: str
    proteins: bool = False


CASES = (
    Case("test_dna", "Escherichia"),
    Case("test_disrupt", "Klebsiella_pneumoniae"),
    Case("test_prot", "Escherichia", proteins=True),
)
METHODS = {  # AMRFinderPlus's, without the last letter, which says what was searched; and ours
    "ALLELE": {"ALLELE"}, "EXACT": {"EXACT"}, "BLAST": {"BLAST"}, "PARTIAL": {"PARTIAL"},
    "PARTIAL_CONTIG_END": {"PARTIAL_CONTIG_END"}, "INTERNAL_STOP": {"INTERNAL_STOP"},
    "HMM": {"HMM"}, "POINT": {"MUTATION", "MUTATION_DNA", "DISRUPTED"},
}  # fmt: skip
NEAR = 3  # bases: AMRFinderPlus does not count the stop codon


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    details = {case.name: _of_case(bench, case) for case in CASES}
    matched, expected = (sum(d[key] for d in details.values()) for key in ("matched", "expected"))
    return {"ncbi_tests_matched": round(matched / expected, 4)}, details


def _of_case(bench: Bench, case: Case) -> dict[str, Any]:
    folder = bench.data / "ncbi_amr_tests"
    fasta = folder / f"{case.name}.fa"
    if case.proteins:
        table = bench.scanner.scan_proteins(read_proteins(fasta, fasta.with_suffix(".gff")), case.taxon).table
    else:
        table = bench.scanner.scan(read_genome(fasta), case.taxon).table
    expected = [row for row in rows(folder / f"{case.name}.expected") if row["Type"] == "AMR"]
    judged = [(row, _differences(row, table)) for row in expected]
    differing = [{"expected": _shown(row), "differs": differs} for row, differs in judged if differs]
    places = {(row["Contig id"], int(row["Start"]), int(row["Stop"])) for row in expected}
    return {
        "expected": len(expected), "matched": len(expected) - len(differing), "differing": differing,
        "beside": [f"{r['nearest_gene']} {r['contig']}:{r['start']}-{r['end']} {r['method']} {r['status']}"
                   for r in table.to_dict("records") if not _expected(r, places)],
    }  # fmt: skip


def _shown(row: dict[str, str]) -> str:
    return f"{row['Element symbol']} {row['Contig id']}:{row['Start']}-{row['Stop']} {row['Method']}"


def _expected(row: dict[str, Any], places: set[tuple[str, int, int]]) -> bool:
    return any(row["contig"] == c and same_place((row["start"], row["end"]), (a, b)) for c, a, b in places)


def _differences(row: dict[str, str], table: pd.DataFrame) -> list[str]:
    """In what the best of our rows differs from an expected one; empty if in nothing."""
    here = table[(table["contig"] == row["Contig id"]) & (table["strand"] == row["Strand"])]
    place = int(row["Start"]), int(row["Stop"])
    near = [r for r in here.to_dict("records") if same_place((r["start"], r["end"]), place)]
    if not near:
        return ["nothing is called there"]
    return min((_of_row(row, ours, place) for ours in near), key=len)


def _of_row(row: dict[str, str], ours: dict[str, Any], place: tuple[int, int]) -> list[str]:
    method = row["Method"].rstrip("XNP") if row["Method"] != "INTERNAL_STOP" else row["Method"]
    pairs = {
        "symbol": (row["Element symbol"], ours["nearest_gene"]),
        "class": (row["Class"], ours["amr_class"]),
        "subclass": (row["Subclass"], ours["subclass"]),
        "method": (
            ours["method"] if ours["method"] in METHODS.get(method, ()) else row["Method"],
            ours["method"],
        ),
    }
    found = [
        f"{name}: {a}, ours {b}"
        for name, (a, b) in pairs.items()
        if a.replace("_", " ") != b.replace("_", " ")
    ]
    if abs(ours["start"] - place[0]) > NEAR or abs(ours["end"] - place[1]) > NEAR:
        found.append(f"place: {ours['start']}-{ours['end']}")
    return found
