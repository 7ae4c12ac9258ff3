"""Rules of medicinal chemistry: known drugs and known troublemakers, and RDKit's catalogues as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdkit import Chem
from rdkit.Chem import Crippen, Descriptors, Lipinski
from rdkit.Chem.FilterCatalog import FilterCatalog, FilterCatalogParams

from riboswitch.modalities.molecule.medchem.assessor import RULES, broken
from riboswitch.modalities.molecule.medchem.catalogue import Catalogue

DRUGS = Path(__file__).parents[3] / "data/drugs.smi"

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
RHODANINE = "O=C1NC(=S)SC1=Cc1ccccc1"
ERYTHROMYCIN = (
    "CC[C@H]1OC(=O)[C@H](C)[C@@H](O[C@H]2C[C@@](C)(OC)[C@@H](O)[C@H](C)O2)[C@H](C)[C@@H](O[C@@H]2O[C@H](C)"
    "C[C@@H]([C@H]2O)N(C)C)[C@](C)(O)C[C@@H](C)C(=O)[C@H](C)[C@@H](O)[C@]1(C)O"
)
LONG = "C" * 14 + "O"
HEAVY = "CCCCCCCCCCCCCCCCCC(=O)OCCCCCCCCCCCCCCCCCC"


def of(smiles, *rules):
    return broken({"molecule": [smiles]}, rules or [*RULES])[0]


def test_aspirin_keeps_the_rules_of_size_and_no_pains():
    assert of(ASPIRIN, "lipinski", "veber", "pains") == {}


def test_two_values_outside_break_lipinskis_rule_and_one_does_not():
    assert "lipinski" not in of(LONG) and of(LONG, "veber")["veber"] == "rotatable bonds 12 above 10"
    found = of(HEAVY)["lipinski"]
    assert found.startswith("mass 536.97 above 500, logP ") and "donors" not in found
    assert {"lipinski", "veber"} <= {*of(ERYTHROMYCIN)}


@pytest.mark.parametrize(("rule", "names"), [("pains", "PAINS"), ("brenk", "BRENK")])
@pytest.mark.parametrize("smiles", [ASPIRIN, RHODANINE, LONG, ERYTHROMYCIN, "CC(=O)Cl", "O=C1C=CC(=O)C=C1"])
def test_alerts_are_those_of_rdkits_catalogues(rule, names, smiles):
    catalogue = FilterCatalog(FilterCatalogParams(getattr(FilterCatalogParams.FilterCatalogs, names)))
    expected = [match.GetDescription() for match in catalogue.GetMatches(Chem.MolFromSmiles(smiles))]
    assert of(smiles, rule) == ({rule: ", ".join(dict.fromkeys(expected))} if expected else {})


@pytest.mark.parametrize("names", ["PAINS", "BRENK"])
def test_what_the_fingerprint_leaves_out_is_not_there(names):
    """RDKit's catalogue is the oracle. A fingerprint that left out nothing would be of no use."""
    catalogue = FilterCatalog(FilterCatalogParams(getattr(FilterCatalogParams.FilterCatalogs, names)))
    quick = Catalogue(catalogue)
    assert len(quick.entries) == catalogue.GetNumEntries() and quick.needed.any(axis=1).mean() > 0.8
    molecules = [Chem.MolFromSmiles(line.split("\t")[0]) for line in DRUGS.read_text().splitlines()]
    for molecule in [*molecules, Chem.MolFromSmiles(RHODANINE), Chem.MolFromSmiles("O=C1C=CC(=O)C=C1")]:
        expected = dict.fromkeys(match.GetDescription() for match in catalogue.GetMatches(molecule))
        assert quick.names(molecule) == list(expected)


@pytest.mark.parametrize("smiles", [ASPIRIN, HEAVY, ERYTHROMYCIN, LONG])
def test_lipinskis_values_are_those_of_rdkits_own_functions(smiles):
    molecule = Chem.MolFromSmiles(smiles)
    values = {
        "mass": Descriptors.MolWt(molecule) > 500,
        "logP": Crippen.MolLogP(molecule) > 5,
        "donors": Lipinski.NHOHCount(molecule) > 5,
        "acceptors": Lipinski.NOCount(molecule) > 10,
    }
    outside = [name for name, above in values.items() if above]
    told = [part.split()[0] for part in of(smiles, "lipinski").get("lipinski", "").split(", ") if part]
    assert told == (outside if len(outside) > 1 else [])


def test_a_rhodanine_is_a_pains_compound():
    assert "rhod" in of(RHODANINE, "pains")["pains"]


def test_rules_that_were_not_asked_for_are_not_looked_at_and_order_is_kept():
    assert of(RHODANINE, "veber") == {}
    both = of(RHODANINE, "brenk", "pains")
    assert [*both] == [name for name in ("brenk", "pains") if name in both]
    assert broken({"molecule": []}, ["pains"]) == []
    assert Descriptors.MolWt(Chem.MolFromSmiles(HEAVY)) == pytest.approx(536.97, abs=0.01)
