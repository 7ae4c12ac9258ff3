"""Drugs by structure: a compound whose name says nothing is joined like the drug that it is."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.chem.standardize import standardize
from riboswitch.modalities.molecule.read import key_of
from riboswitch.resistance.compound_classes import classify_scored
from riboswitch.resistance.defeats import compromised
from riboswitch.resistance.drug_classes import DrugClasses
from riboswitch.resistance.drugs.rules import shipped_rules
from riboswitch.resistance.drugs.structures import RECOGNISED, drug_names, recognised, shipped_structures

CIPROFLOXACIN = "O=C(O)c1cn(C2CC2)c2cc(N3CCNCC3)c(F)cc2c1=O"
OFLOXACIN = "CC1COc2c(N3CCN(C)CC3)c(F)cc3c(=O)c(C(=O)O)cn1c23"
AMPICILLIN = "CC1(C)SC2C(NC(=O)C(N)c3ccccc3)C(=O)N2C1C(=O)O"
MEROPENEM = "CC1C2C(C(C)O)C(=O)N2C(C(=O)O)=C1SC1CNC(C(=O)N(C)C)C1"
KNOWN = sorted(shipped_structures().items())


def classes():
    return DrugClasses.load("config/drug_classes.tsv")


def scored(names, smiles):
    keys = [key_of(standardize(text).smiles) for text in smiles]
    table = pd.DataFrame({"name": names, "key": keys})
    return classify_scored(table, "", "name", classes(), 0.5)


@given(st.sampled_from(KNOWN), st.sampled_from(["", "CPD-7", "row-12"]))
def test_every_listed_structure_gives_the_class_that_its_name_gives(entry, name):
    skeleton, drug = entry
    table = pd.DataFrame({"name": [name, drug], "key": [f"{skeleton}-UHFFFAOYSA-N"] * 2})
    found = classify_scored(table, "", "name", classes(), 0.5)
    assert found[RECOGNISED].tolist() == [drug, ""], "a name that says what it is needs no structure"
    assert drug_names(found).tolist() == [drug, drug]
    for column in ("known_class", "phenotype_class"):
        assert found[column].nunique() == 1


@pytest.mark.parametrize(
    "smiles", [CIPROFLOXACIN, f"{CIPROFLOXACIN}.Cl", "OC(=O)C1=CN(C2CC2)c2cc(N3CCNCC3)c(F)cc2C1=O"]
)
def test_salts_and_drawings_are_recognised(smiles):
    found = scored([""], [smiles])
    assert found[RECOGNISED].tolist() == ["ciprofloxacin"] and found["known_class"].tolist() == ["quinolone"]
    assert found["class_basis"][0].startswith("structure of ciprofloxacin; ")


def test_stereoisomers_have_one_skeleton():
    marked = OFLOXACIN.replace("CC1CO", "C[C@H]1CO")
    assert scored(["", ""], [OFLOXACIN, marked])[RECOGNISED].tolist() == ["ofloxacin"] * 2


def test_other_compounds_and_other_keys_are_not_recognised():
    assert scored(["", "x"], ["CC(=O)Oc1ccccc1C(=O)O", "CCO"])[RECOGNISED].tolist() == ["", ""]
    empty, none = pd.Series([""]), pd.Series([False])
    for key in (CIPROFLOXACIN, "", "MYSWGUAQZAJSOK", "MYSWGUAQZAJSOKX-UHFFFAOYSA-N"):
        assert recognised(empty, pd.Series([key]), none, shipped_rules().book).tolist() == [""]


def test_the_join_takes_the_structure_for_the_name():
    """blaTEM-1 defeats ampicillin, not meropenem."""
    found = scored(
        ["", "CPD-7", "ampicillin", "", "meropenem"], [AMPICILLIN, AMPICILLIN, "CCO", MEROPENEM, "CCO"]
    )
    gene = {"nearest_gene": "blaTEM-1", "amr_class": "BETA-LACTAM", "subclass": "BETA-LACTAM", "contig": "c",
            "start": 1, "end": 9, "strand": "+", "drug_class": "beta-lactam"}  # fmt: skip
    flags = compromised(found, pd.DataFrame([gene]))
    assert flags["compromised"].tolist() == [True, True, True, False, False]
    assert flags["compromise_basis"].nunique() == 2


def test_each_listed_drug_is_known_to_the_tables_and_stands_once():
    book, known = shipped_rules().book, classes()
    for drug in shipped_structures().values():
        assert known.drug_class(drug) or book.drugs_of(drug), drug
    assert len(set(shipped_structures().values())) == len(shipped_structures())
