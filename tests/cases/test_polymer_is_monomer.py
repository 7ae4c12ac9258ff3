"""A polymer is not its repeat unit."""

from pathlib import Path

from riboswitch.modalities.molecule.read import read

CASE = Path(__file__).parent.parent / "data" / "cases" / "polymer_is_monomer"


def test_a_polymer_in_a_table_is_rejected():
    (row,) = read(CASE / "polymer.csv", id_column="id")
    assert row.code == "POLYMER"
    assert "repeat unit (SRU)" in row.reason


def test_a_polymer_in_an_sd_file_is_rejected():
    (row,) = read(CASE / "polymer.sdf")
    assert row.code == "POLYMER"
