"""Carbonates, cyanides and carbides are minerals, not organic molecules."""

from pathlib import Path

import pytest

from riboswitch.cli import main
from riboswitch.modalities.molecule.read import read

CASE = Path(__file__).parent.parent / "data" / "cases" / "mineral_carbon" / "minerals.csv"


def test_minerals_are_inorganic():
    rows = list(read(CASE, id_column="id"))
    assert [row.code for row in rows] == ["INORGANIC"] * 5
    assert all("ions or minerals" in row.reason for row in rows)


def test_prepare_refuses_a_library_of_minerals(tmp_path, capsys):
    reading = ["--reading", '{"id_column": "id"}']
    with pytest.raises(SystemExit) as stop:
        main(["prepare", str(CASE), *reading, "--output", str(tmp_path / "library")])
    assert stop.value.code != 0
    assert "INORGANIC" in capsys.readouterr().err
