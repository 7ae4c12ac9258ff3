"""A neutral inner salt stays neutral."""

from pathlib import Path

from rdkit import Chem

from riboswitch.modalities.molecule.read import read

CASE = Path(__file__).parent.parent / "data" / "cases" / "net_charge_changed" / "mols.csv"


def test_an_inner_salt_of_boron_is_unchanged():
    (record,) = read(CASE)
    smiles = record.components["molecule"]
    assert smiles == Chem.CanonSmiles("C[N+]1(C)CC[N+](C)(C)[BH-]1C([O-])O")
    assert Chem.GetFormalCharge(Chem.MolFromSmiles(smiles)) == 0
    assert record.fields["changes"] == ""
