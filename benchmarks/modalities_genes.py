"""Pairs of a resistance gene and an antibiotic: does the gene defeat it? New genes, drugs, both.

Genes and the antibiotics that each defeats are those of ResFinder, structures those of ChEMBL's approved
drugs; both are sources of the default workflow. Of alleles of one gene a few are drawn. A gene whose
phenotype is unknown is left out, and so are combinations, groups of drugs and drugs without a structure. An
antibiotic that ResFinder does not list for a gene counts as not defeated.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from Bio import SeqIO
from Bio.Data.CodonTable import TranslationError
from common import source
from modalities_pair import COLD, cold_split, read, scored

from riboswitch.resistance.drugs.rules import shipped_rules

ALLELES = 5  # of one gene
_BETA_LACTAMASE = re.compile(r"bla[A-Z]+(?=-|\d|$)")
_ALLELE = re.compile(r"-?\d+[A-Za-z]?$")


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """All three splits; none has a published figure."""
    records = _records(bench.work / "data")
    details = {"pairs": len(records), "genes": records.table["sequence"].nunique(),
               "antibiotics": records.table["molecule"].nunique(),
               "defeated": int(records.table["defeats"].sum())}  # fmt: skip
    for name in COLD:
        details[name] = scored(
            records, cold_split(records, name), "binary", "defeats", f"genes_{name}", bench
        )
    return {}, details


def _records(folder: Path) -> Any:
    """All pairs of the genes and antibiotics, with a label each."""
    resfinder, library = source("resfinder", folder), source("molecules", folder)
    drugs = _structures(pd.read_parquet(library / "chembl_approved_drugs.parquet"))
    table = pd.read_csv(resfinder / "phenotypes.txt", sep="\t", dtype=str, encoding="utf-8").fillna("")
    defeated = {
        gene: {drug for word in words.split(",") for drug in _drug(word)}
        for gene, words in zip(table.iloc[:, 0], table["Phenotype"], strict=True)
        if words and "Unknown" not in words
    }
    asked = sorted(drugs.keys() & set[str]().union(*defeated.values()))
    proteins = _drawn(_proteins(resfinder, defeated))
    rows = [(protein, drugs[drug], int(drug in defeated[gene]))
            for gene, protein in proteins.items() for drug in asked]  # fmt: skip
    return read(rows, "defeats")


def _drug(name: str) -> list[str]:
    """The drug that a name means; nothing of combinations and of groups of drugs."""
    found = [] if "+" in name else shipped_rules().book.drugs_of(name.strip())
    return [found[0].name] if len(found) == 1 else []


def _structures(library: pd.DataFrame) -> dict[str, str]:
    """SMILES by drug: the shortest one, which is that without a salt."""
    found = defaultdict[str, list[str]](list)
    for name, smiles in zip(library["pref_name"], library["smiles"], strict=True):
        for drug in _drug(name or ""):
            found[drug].append(smiles)
    return {drug: min(texts, key=len) for drug, texts in found.items()}


def _proteins(folder: Path, wanted: Mapping[str, Any]) -> dict[str, str]:
    """Distinct proteins of whole genes, by the name of their record."""
    found, seen = dict[str, str](), set[str]()
    for file in sorted(folder.glob("*.fsa")):
        for record in SeqIO.parse(file, "fasta") if file.stem != "all" else ():
            try:
                protein = str(record.seq.translate(table=11, cds=True)) if record.id in wanted else ""
            except TranslationError:  # a piece of a gene, or one with a shifted frame
                continue
            if protein and protein not in seen:
                seen.add(protein)
                found[record.id] = protein
    return found


def _drawn(proteins: Mapping[str, str]) -> dict[str, str]:
    """At most so many alleles of each gene, drawn by chance."""
    alleles = defaultdict[str, list[str]](list)
    for name in sorted(proteins):
        alleles[_gene(name)].append(name)
    rng = np.random.default_rng(0)
    kept = (rng.permutation(names)[:ALLELES].tolist() for _, names in sorted(alleles.items()))
    return {name: proteins[name] for names in kept for name in sorted(names)}


def _gene(name: str) -> str:
    """The gene of an allele: ``blaTEM`` of ``blaTEM-1B_1_AY458016``, ``qnrB`` of ``qnrB19_1_EU432277``."""
    symbol = name.split("_")[0]
    match = _BETA_LACTAMASE.match(symbol)
    return match[0] if match else _ALLELE.sub("", symbol)
