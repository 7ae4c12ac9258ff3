"""Ids, names and chosen columns of the user's file stand beside the answers; columns are found."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from cases.running import CASES, run

CASE = CASES / "ids_dropped"
CODE = 0


@pytest.fixture(scope="module")
def bundle(of_lengths, tmp_path_factory):
    path = tmp_path_factory.mktemp("bundle") / "model.safetensors"
    of_lengths(["C" * n + "O" for n in range(1, 20)]).save(path)
    return path


@pytest.fixture(params=["predict", "screen"])
def answers(request, bundle, capsys, monkeypatch):
    """Run the verb on a file; returns its table as text, and standard error."""

    def run_verb(path, *options, stdin=b""):
        code, out, err = run([request.param, path, bundle, *options], capsys, monkeypatch, stdin)
        assert code == CODE, err
        return pd.read_csv(io.StringIO(out), dtype=str, keep_default_na=False), err

    return run_verb


def test_ids_and_structures_of_a_table_are_carried(answers):
    table, err = answers(CASE / "lib.csv")
    assert table["id"].tolist() == ["00017", "NA"] and table["smiles"].tolist() == ["CCO", "CCCO"]
    assert "reads SMILES from column 'smiles', ids from column 'id'" in err


def test_names_of_a_smiles_file_are_carried(answers):
    table, _ = answers(CASE / "lib.smi")
    assert table["id"].tolist() == ["Z1", "Z2"] and table["row"].tolist() == ["1", "2"]


def test_a_column_called_smiles_in_capitals_is_found_and_said(answers):
    table, err = answers(CASE / "upper.csv")
    assert table["id"].tolist() == ["00017"] and "reads SMILES from column 'SMILES'" in err


def test_reading_options_are_taken(answers):
    text = b"a title, and commas\n# more\nnumber;structure\n"  # the file has tabs
    data = text.replace(b";", b"\t") + b"7\tCCO\n8\tCCCO\n"
    options = ["--reading", '{"format": "tsv", "skip_lines": 2}', "--id-column", "number"]
    table, _ = answers("-", *options, "--columns", "number", stdin=data)
    assert table["id"].tolist() == ["7", "8"] == table["number"].tolist()
    assert table["smiles"].tolist() == ["CCO", "CCCO"]
