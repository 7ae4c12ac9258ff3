"""A row of Parquet whose text is not UTF-8 is rejected; the rest goes on."""

from __future__ import annotations

from pathlib import Path

from riboswitch.cli import main
from riboswitch.data.library import Library
from riboswitch.data.records import read_rejected

CASE = Path(__file__).parents[1] / "data/cases/bad_rows_traceback/bad_utf8.parquet"


def test_the_row_is_rejected_and_the_rest_goes_on(tmp_path):
    main(["prepare", str(CASE), "--output", str(tmp_path / "lib")])
    assert Library.open(tmp_path / "lib").table()["raw_smiles"].tolist() == ["CCO", "CCN"]
    (rejected,) = read_rejected(tmp_path / "lib/rejected.tsv").to_dict("records")
    assert (rejected["row"], rejected["code"], rejected["input"]) == (2, "BAD_ENCODING", "C\\x99C")
