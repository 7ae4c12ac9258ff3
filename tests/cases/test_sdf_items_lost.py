"""Data items of SD files are read right, or the record is rejected."""

from pathlib import Path

import pandas as pd
import pytest

from riboswitch.cli import main

CASE = Path(__file__).parents[1] / "data/cases/sdf_items_lost"
READ = {
    "blank_between": [("X1", 5.1), ("X2", 4.0)],
    "no_blank_line": [("S1", 5.0), ("S2", 6.0)],
}
REJECTED = {
    "empty_in_value": "belongs to no data item",
    "name_empty": "an item without a name",
    "twice": "'activity' stands twice",
}


def parsed(folder, name, *options):
    """Accepted and rejected rows; that all rows are rejected is an error."""
    source, output = CASE / f"{name}.sdf", folder / "out.parquet"
    code = main(["parse", str(source), "--reading", '{"id_column": "id"}', "--modality", "molecule", *options,
                 "--output", str(output)])  # fmt: skip
    rejected = pd.read_csv(folder / "rejected.tsv", sep="\t") if (folder / "rejected.tsv").exists() else None
    return code, pd.read_parquet(output) if output.exists() else None, rejected


@pytest.mark.parametrize("name", READ)
def test_items_that_can_be_read_are(tmp_path, name):
    code, records, rejected = parsed(tmp_path, name, "--kind", "regression", "--target", "activity")
    assert (code, len(rejected)) == (0, 0)
    assert [*zip(records["id"], records["activity"].astype(float), strict=True)] == READ[name]


def test_a_field_number_is_a_column(tmp_path):
    code, records, _ = parsed(tmp_path, "dt_number")
    assert code == 0
    assert records[["id", "DT12", "MELTING.POINT"]].values.tolist() == [["X1", "3", "179.0"]]


@pytest.mark.parametrize("name", REJECTED)
def test_items_in_doubt_reject_the_record(tmp_path, name, capsys):
    code, records, _ = parsed(tmp_path, name)
    assert (code, records) == (1, None)
    error = capsys.readouterr().err
    assert "BAD_RECORD" in error or REJECTED[name] in error
