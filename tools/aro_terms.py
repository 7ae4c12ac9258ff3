"""Derive the tables of src/riboswitch/resistance/ontology/: which term of CARD's ontology a known gene has.

    python tools/aro_terms.py [--work FOLDER]

argNorm (Perovic et al. 2025, Bioinformatics, btaf173; MIT) has aligned the genes of NCBI's database and of
ResFinder with CARD. Its perfect and strict matches, and what its authors set down by hand, are taken; loose
ones join unlike genes. The names of terms, and the classes and drugs that a term or one above it confers
resistance to, are those of the ontology (CARD, CC BY 4.0).
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import riboswitch

SOURCE = "pypi:argnorm==1.1.0"
SHA256 = "d006cbfb177b18934f11826ff6deed67f2250e17029e3c55cd5f2116e79e11e3"
DATABASES = ("ncbi", "resfinder")
MEMBERS = [
    "argnorm/data/aro.obo",
    *(f"argnorm/data/{name}_ARO_mapping.tsv" for name in DATABASES),
    *(f"argnorm/data/manual_curation/{name}_curation.tsv" for name in DATABASES),
]
TARGET = Path(__file__).parent / "../src/riboswitch/resistance/ontology"
CONFERS = ("confers_resistance_to_drug_class", "confers_resistance_to_antibiotic")
LOOSE = "Loose"
Term = dict[str, list[str]]


def main() -> None:
    """Fetch argNorm and write both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(".bench/aro"))
    folder = parser.parse_args().work
    if not (folder / "SOURCE.json").exists():
        riboswitch.fetch(SOURCE, folder, sha256=SHA256, members=MEMBERS)
    terms = dict(_terms(folder / "aro.obo"))
    genes = sorted({gene for name in DATABASES for gene in _genes(folder, name) if gene[2] in terms})
    _write(TARGET / "aro_genes.tsv", ("gene", "accession", "aro"), genes)
    used = sorted({aro for _, _, aro in genes})
    rows = [(aro, terms[aro]["name"][0], ", ".join(_confers(aro, terms))) for aro in used]
    _write(TARGET / "aro_terms.tsv", ("aro", "name", "drugs"), rows)


def _terms(path: Path) -> Iterator[tuple[str, Term]]:
    for block in path.read_text("utf-8").split("\n[Term]\n")[1:]:
        term: Term = {}
        for line in block.split("\n\n")[0].splitlines():
            key, _, value = line.partition(": ")
            term.setdefault(key, []).append(value.partition(" ! ")[0])
        yield term["id"][0], term


def _genes(folder: Path, database: str) -> Iterator[tuple[str, str, str]]:
    """Gene (of ResFinder alone), accession and term of each entry; what was set down by hand counts first."""
    found: dict[str, str] = {}
    for file in (f"{database}_ARO_mapping.tsv", f"{database}_curation.tsv"):
        with (folder / file).open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                good = row["ARO"] and row.get("Cut_Off") != LOOSE
                found[row["Original ID"]] = f"ARO:{row['ARO'].partition('.')[0]}" if good else ""
    for entry, aro in found.items():
        if aro and database == "ncbi":
            yield "", entry.split("|")[1], aro
        elif aro:
            gene, _, accession = entry.split("_", 2)
            yield gene, accession, aro


def _confers(aro: str, terms: dict[str, Term]) -> list[str]:
    """Names of the classes and drugs of a term and of those above it."""
    waiting, above = [aro], set()
    while waiting:
        one = waiting.pop()
        if one in terms and one not in above:
            above.add(one)
            waiting += terms[one].get("is_a", [])
    pairs = [value.split() for one in above for value in terms[one].get("relationship", [])]
    drugs = {drug for kind, drug, *_ in pairs if kind in CONFERS and drug in terms}
    return sorted(terms[drug]["name"][0] for drug in drugs)


def _write(path: Path, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    path.write_text("".join("\t".join(row) + "\n" for row in [columns, *rows]), encoding="utf-8")
    print(f"{path.name}: {len(rows)} rows")


if __name__ == "__main__":
    main()
