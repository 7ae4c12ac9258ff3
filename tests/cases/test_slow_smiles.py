"""SMILES of thousands of atoms are refused before RDKit sees them."""

from pathlib import Path

import pandas as pd
import pytest
from rdkit import Chem

from riboswitch.cli import main

CASE = Path(__file__).parents[1] / "data/cases/slow_smiles"
MOST = 1000  # characters of the longest SMILES that may be parsed here


@pytest.mark.parametrize(("name", "row"), [("long.tsv", 24), ("long.smi", 31)])
def test_long_smiles_are_rejected_unparsed(tmp_path, name, row, monkeypatch):
    parse = Chem.MolFromSmiles

    def short_ones(text, *options, **named):
        assert len(text) < MOST
        return parse(text, *options, **named)

    monkeypatch.setattr(Chem, "MolFromSmiles", short_ones)
    source, library = CASE / name, tmp_path / "lib"
    main(["prepare", str(source), "--output", str(library), "--processes", "1"])
    rejected = pd.read_csv(library / "rejected.tsv", sep="\t").set_index("row")
    assert rejected.loc[row, "code"] == "TOO_LARGE"
    assert "max_atoms" in rejected.loc[row, "hint"]
