"""The grown library: always the same bytes, valid and distinct compounds."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pandas as pd
import pytest
from rdkit import Chem

sys.path.insert(0, str(Path(__file__).parent))

from library import grow

DRUGS = {
    "CHEMBL1": "Nc1ccc(S(N)(=O)=O)cc1",
    "CHEMBL2": "CC(=O)Oc1ccccc1C(=O)O",
    "CHEMBL3": "C[C@H](N)Cc1ccc2ccccc2c1",
    "without a place": "CCCCCCCCCC",
    "salt": "[Na+].[O-]C(=O)c1ccccc1",
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("library")
    drugs = folder / "drugs.parquet"
    pd.DataFrame({"molecule_chembl_id": DRUGS.keys(), "smiles": DRUGS.values()}).to_parquet(drugs)
    for name in ("one", "other"):
        grow(drugs, 500, folder / f"{name}.smi.gz")
    one, other = ((folder / f"{name}.smi.gz").read_bytes() for name in ("one", "other"))
    assert one == other
    return [line.split() for line in gzip.decompress(one).decode().splitlines()]


def test_as_many_rows_as_wanted_each_once(rows):
    assert len({smiles for smiles, _ in rows}) == len({name for _, name in rows}) == len(rows) == 500


def test_every_row_is_a_molecule_that_holds_its_parent(rows):
    for smiles, name in rows:
        molecule = Chem.MolFromSmiles(smiles)
        parent = Chem.MolFromSmiles(DRUGS[name.rpartition("-")[0]])
        assert molecule is not None, smiles
        assert molecule.GetNumAtoms() > parent.GetNumAtoms()
        assert molecule.HasSubstructMatch(parent, useChirality=True)
