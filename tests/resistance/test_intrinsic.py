"""What every strain of a species has and resists: flagged, no evidence by itself, and in the join."""

from __future__ import annotations

import random
from fnmatch import fnmatchcase
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistance.curated.invented import OTHER, dna, spacer, write_database
from riboswitch.bio.genome import Genome
from riboswitch.data.calls import CALL_COLUMNS, Calls
from riboswitch.errors import InputError
from riboswitch.resistance.curated.database import Database
from riboswitch.resistance.curated.scanning import scan
from riboswitch.resistance.defeats import compromised, defeated_classes
from riboswitch.resistance.drugs.genes import BY_NATURE
from riboswitch.resistance.drugs.intrinsic import INTRINSIC, Nature, by_nature, nature
from riboswitch.resistance.drugs.names import TABLES
from riboswitch.resistance.drugs.panel import panel
from riboswitch.resistance.drugs.rules import shipped_rules
from riboswitch.resistance.genome_calls import Sample, curated_rows

HERE = Path(__file__).parent
WORDS = [line.split("\t") for line in (HERE / "intrinsic_names.tsv").read_text("utf-8").splitlines()]
TAXA = [name for kind, name in WORDS if kind == "taxon"]
FAMILIES = [name for kind, name in WORDS if kind in ("family", "resfinder")]
NATURE = nature()


def fit(patterns, names):
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]


def calls(taxon, *genes):
    """Calls of a genome: symbol, family, class, subclass and status of each."""
    blank = dict.fromkeys(CALL_COLUMNS, "") | {"contig": "c", "start": 1, "end": 9, "strand": "+"}
    names = ("nearest_gene", "family", "amr_class", "subclass", "status")
    rows = [blank | {"kind": "gene"} | dict(zip(names, gene, strict=True)) for gene in genes]
    for i, row in enumerate(rows):
        row |= {"start": 10 * i + 1, "end": 10 * i + 9}
        row["flags"] = INTRINSIC if row["status"] == "candidate" else ""
    return Calls(pd.DataFrame(rows, columns=CALL_COLUMNS), {"taxon": taxon} if taxon else {})


def join(found, *drugs):
    table = pd.DataFrame({"name": drugs, "known_class": "", "phenotype_class": "", "join_class": ""})
    return compromised(table, found.confident, nature=by_nature(found)).to_dict("records")


@pytest.mark.parametrize("row", [*NATURE.genes, *NATURE.resistances])
def test_every_pattern_names_taxa_and_families_of_the_database(row):
    """The names are those of NCBI's release 2026-05-15.1, and of ResFinder where NCBI has none."""
    assert all(fit([pattern], TAXA) for pattern in row.taxa)
    assert all(fit([pattern], FAMILIES) for pattern in row.families)
    assert row.source


@pytest.mark.parametrize("row", [row for row in NATURE.resistances if row.families])
def test_what_resists_by_nature_is_an_intrinsic_gene_of_some_taxon(row):
    """Else no call would ever be the evidence of the resistance."""
    own = [gene for gene in NATURE.genes if {*fit(gene.taxa, TAXA)} & {*fit(row.taxa, TAXA)}]
    known = {family for gene in own for family in fit(gene.families, FAMILIES)}
    assert all(known & {*fit([pattern], FAMILIES)} for pattern in row.families)


SHV_11 = ("blaSHV-11", "blaSHV", "BETA-LACTAM", "BETA-LACTAM", "candidate")
SHV_12 = ("blaSHV-12", "blaSHV", "BETA-LACTAM", "CEPHALOSPORIN", "call")
FOSB = ("fosB", "fosB_gen", "FOSFOMYCIN", "FOSFOMYCIN", "candidate")
EC = ("blaEC", "blaEC", "BETA-LACTAM", "BETA-LACTAM", "candidate")
EXPECTED = [
    ("Klebsiella_pneumoniae", [SHV_11], "ampicillin", "blaSHV-11"),
    ("Klebsiella_pneumoniae", [SHV_11], "amoxicillin", "blaSHV-11"),
    ("Klebsiella_pneumoniae", [SHV_11], "ticarcillin", "blaSHV-11"),
    ("Klebsiella_pneumoniae", [SHV_11], "piperacillin", "blaSHV-11"),
    ("Klebsiella_pneumoniae", [], "ampicillin", "the species Klebsiella pneumoniae"),
    ("Klebsiella_pneumoniae", [SHV_11], "amoxicillin / clavulanate", ""),
    ("Klebsiella_pneumoniae", [SHV_11], "cefotaxime", ""),
    ("Klebsiella_pneumoniae", [SHV_11], "meropenem", ""),
    ("Klebsiella_pneumoniae", [SHV_11, SHV_12], "cefotaxime", "blaSHV-12"),
    ("Klebsiella_pneumoniae", [SHV_11, SHV_12], "ampicillin", "blaSHV-12"),
    ("Klebsiella_pneumoniae", [], "vancomycin", "the species Klebsiella pneumoniae"),
    ("Escherichia", [EC], "ampicillin", ""),
    ("Escherichia", [EC], "cefalotin", ""),
    ("Escherichia", [EC], "linezolid", "the species Escherichia"),
    ("Escherichia", [EC], "azithromycin", ""),
    ("Escherichia", [EC], "penicillin", "the species Escherichia"),
    ("Staphylococcus_aureus", [FOSB], "fosfomycin", ""),
    ("Staphylococcus_aureus", [FOSB], "vancomycin", ""),
    ("Staphylococcus_aureus", [FOSB], "colistin", "the species Staphylococcus aureus"),
    ("Pseudomonas_aeruginosa", [], "ertapenem", "the species Pseudomonas aeruginosa"),
    ("Pseudomonas_aeruginosa", [], "meropenem", ""),
    ("Pseudomonas_aeruginosa", [], "tigecycline", "the species Pseudomonas aeruginosa"),
    ("Acinetobacter_baumannii", [], "minocycline", ""),
    ("Acinetobacter_baumannii", [], "ampicillin / sulbactam", ""),
    ("Serratia_marcescens", [], "colistin", "the species Serratia marcescens"),
    ("Enterococcus_faecalis", [], "cefotaxime", "the species Enterococcus faecalis"),
    ("Enterococcus_faecalis", [], "ampicillin", ""),
    ("Neisseria_gonorrhoeae", [], "trimethoprim", "the species Neisseria gonorrhoeae"),
    (None, [], "vancomycin", ""),
]  # fmt: skip


@pytest.mark.parametrize(("taxon", "genes", "drug", "by"), EXPECTED)
def test_the_join_knows_the_nature_of_the_species(taxon, genes, drug, by):
    (line,) = join(calls(taxon, *genes), drug)
    assert (line["compromised_by"], line["compromised"]) == (by, bool(by))
    assert bool(line["compromise_locus"]) == (bool(by) and not by.startswith("the species"))
    called = by in [gene[0] for gene in genes if gene[-1] == "call"]
    assert line["compromise_basis"].startswith(BY_NATURE) == (bool(by) and not called)


def test_low_level_resistance_only_reduces():
    (line,) = join(calls("Enterococcus_faecalis"), "gentamicin")
    assert not line["compromised"] and line["reduced_by"] == "the species Enterococcus faecalis"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TAXA), st.sampled_from(sorted(shipped_rules().book.drugs)), st.booleans())
def test_the_nature_of_a_species_takes_no_called_gene_away(taxon, drug, called):
    genes = [SHV_12] if called else []
    (alone,) = join(calls(None, *genes), drug)
    (line,) = join(calls(taxon, *genes), drug)
    assert line["compromised"] >= alone["compromised"]
    if alone["compromised"]:
        assert line == alone


def test_whole_classes_and_the_panel_know_it():
    found = calls("Escherichia")
    assert "glycopeptide" in defeated_classes(found.confident, nature=by_nature(found))
    assert defeated_classes(found.confident) == []
    cells = panel(["vancomycin", "ampicillin"], {"one": found, "two": calls(None)}).cells
    assert cells.loc["vancomycin"].tolist()[0] == "defeated by the species"
    assert not cells.loc["vancomycin"].tolist()[1].startswith("defeated")


@pytest.mark.parametrize(("taxon", "family", "intrinsic"), [
    ("Escherichia", "blaEC", True), ("Klebsiella_pneumoniae", "blaEC", False), (None, "blaEC", False),
    ("Staphylococcus_aureus", "fosB_gen", True), ("Staphylococcus_aureus", "fosB-Saur", False),
])  # fmt: skip
def test_an_intrinsic_gene_is_a_candidate_with_its_flag(tmp_path, taxon, family, intrinsic):
    folder = write_database(tmp_path / "database")
    for name in ("fam.tsv", "AMRProt.fa"):
        text = (folder / name).read_text().replace("other\t", f"{family}\t").replace("|other|", f"|{family}|")
        (folder / name).write_text(text.replace("|other|", f"|{family}|"))
    rng = random.Random(2)
    contigs = {"c": spacer(rng, 300) + dna(OTHER) + spacer(rng, 300)}
    found = scan(contigs, Database.load(folder))
    (row,) = curated_rows(found, Sample(Genome(contigs, [], "made.fna"), taxon))
    assert row["family"] == family
    assert (row["flags"], row["status"]) == ((INTRINSIC, "candidate") if intrinsic else ("", "call"))
    assert ("every strain" in row["why"]) == intrinsic


def test_an_allele_with_an_extended_spectrum_is_not_intrinsic():
    assert NATURE.source("Klebsiella_pneumoniae", ["blaSHV"], "BETA-LACTAM")
    assert not NATURE.source("Klebsiella_pneumoniae", ["blaSHV"], "CEFIDEROCOL/CEPHALOSPORIN")


def test_an_unknown_drug_is_named_with_its_row(tmp_path):
    for path in TABLES.glob("*.tsv"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    broken = tmp_path / "intrinsic_resistance.tsv"
    broken.write_text(broken.read_text("utf-8") + "Escherichia\tdefeats\tvancomicin\t\t\tnowhere\n", "utf-8")
    with pytest.raises(InputError, match=r"intrinsic_resistance\.tsv row \d+.*vancomicin"):
        Nature.load(shipped_rules().book, tmp_path)
