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


def parse(folder, name, *options):
    """Parse one file of the case; the path of the records."""
    output = folder / "out.parquet"
    main(["parse", str(CASE / f"{name}.sdf"), "--id-column", "id", "--modality", "molecule", *options,
          "--output", str(output)])  # fmt: skip
    return output


@pytest.mark.parametrize("name", READ)
def test_items_that_can_be_read_are(tmp_path, name):
    records = pd.read_parquet(parse(tmp_path, name, "--kind", "regression", "--target", "activity"))
    assert [*zip(records["id"], records["activity"].astype(float), strict=True)] == READ[name]


def test_a_field_number_is_a_column(tmp_path):
    records = pd.read_parquet(parse(tmp_path, "dt_number"))
    assert records[["id", "DT12", "MELTING.POINT"]].values.tolist() == [["X1", "3", "179.0"]]


@pytest.mark.parametrize("name", REJECTED)
def test_items_in_doubt_reject_the_record(tmp_path, name, capsys):
    with pytest.raises(SystemExit) as ended:
        parse(tmp_path, name)
    error = capsys.readouterr().err
    assert ended.value.code == 1
    assert "BAD_RECORD" in error and REJECTED[name] in error
