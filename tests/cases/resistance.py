"""Scanning a case with the known genes of tests/data/resistance."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from riboswitch.bio.genome import read_genome
from riboswitch.data.calls import CALL_COLUMNS
from riboswitch.data.records import Records
from riboswitch.resistance.compound_classes import classify
from riboswitch.resistance.curated.database import Database
from riboswitch.resistance.curated.scanning import scan
from riboswitch.resistance.defeats import compromised
from riboswitch.resistance.drug_classes import DrugClasses
from riboswitch.resistance.genome_calls import Sample, curated_rows
from riboswitch.steps.parse import parse

DATA = Path(__file__).parents[1] / "data"
PHENOTYPES = {
    "bleO": ("Glycopeptide", "Bleomycin"),
    "cfr": ("Oxazolidinone, Amphenicol, Lincosamide, Streptogramin A, Pleuromutilin",
            "Chloramphenicol, Florfenicol, Clindamycin, Lincomycin, Linezolid, Dalfopristin, Tiamulin"),
    "aac(6')-Ib-cr": ("Aminoglycoside, Quinolone", "Tobramycin, Amikacin, Fluoroquinolone, Ciprofloxacin"),
}  # fmt: skip
"""ResFinder's classes and antibiotics of the genes whose case needs them."""


@cache
def references() -> Records:
    """Entries of ResFinder, read as the default analysis reads them."""
    path = str(DATA / "resistance" / "resfinder.fsa")
    source = {"paths": [path], "reading": {"translate": True, "genes": "find"},
              "id_pattern": "^(?P<gene>.+?)_[0-9]+_(?P<accession>.+)$"}  # fmt: skip
    return parse([source], modality="sequence")


def known_genes() -> pd.DataFrame:
    """The records with what ResFinder knows of them."""
    table = references().table.copy()
    table["drug_class"] = table["description"].str.split().str[0]
    found = table["gene"].map(lambda gene: PHENOTYPES.get(gene, ("", "")))
    return table.assign(phenotype_classes=found.str[0], antibiotics=found.str[1])


def calls(case: str, file: str, annotation: str | None = None) -> pd.DataFrame:
    """Genes that are found in a file of a case, candidates included."""
    folder = DATA / "cases" / case
    genome = read_genome(folder / file, folder / annotation if annotation else None)
    found = scan(genome.contigs, database(), circular=genome.circular)
    return pd.DataFrame(curated_rows(found, Sample(genome)), columns=CALL_COLUMNS)


@cache
def database() -> Database:
    """The known genes, ready to be looked for."""
    return Database.empty().with_records(known_genes(), "none")


def short(table: pd.DataFrame) -> list[tuple]:
    """Gene, place, strand and status of each row."""
    columns = ["nearest_gene", "start", "end", "strand", "status"]
    return [tuple(row) for row in table.reindex(columns=columns).itertuples(index=False)]


def defeated(table: pd.DataFrame, *drugs: str) -> list[bool]:
    """Whether the calls defeat these drugs."""
    none = pd.Series(["none"] * len(drugs))
    knowledge = DrugClasses.load(DATA.parents[1] / "config" / "drug_classes.tsv")
    zero = pd.Series([0.0] * len(drugs))
    classed = classify(pd.Series(drugs), none, zero, pd.Series([""] * len(drugs)), knowledge, 0.5)
    return compromised(classed, table[table["status"] == "call"])["compromised"].tolist()
