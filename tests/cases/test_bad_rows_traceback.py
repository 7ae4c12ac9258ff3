"""A record that RDKit cannot even complain about costs only itself."""

from pathlib import Path

import pandas as pd
import pytest

from riboswitch.cli import main

CASE = Path(__file__).parents[1] / "data/cases/bad_rows_traceback"
CODES = {
    "one_bad": ["", "BAD_RECORD", ""],
    "two_bad": ["", "BAD_RECORD", "", "BAD_RECORD", ""],
    "latin1_coord": ["", *["BAD_ENCODING"] * 3, ""],
}


@pytest.mark.parametrize("name", CODES)
def test_bad_records_are_rejected_and_the_rest_goes_on(tmp_path, name):
    source = CASE / f"{name}.sdf"
    arguments = ["--output", str(tmp_path / "lib"), "--duplicates", "keep", "--max-rejected", "0.9"]
    main(["prepare", str(source), *arguments])
    rejected = pd.read_csv(tmp_path / "lib" / "rejected.tsv", sep="\t")
    expected = [(row, code) for row, code in enumerate(CODES[name], 1) if code]
    assert [*zip(rejected["row"], rejected["code"], strict=True)] == expected


def test_a_file_of_bad_records_only_is_told_in_one_line(tmp_path, capsys):
    source = CASE / "sdf_systemerror.sdf"
    with pytest.raises(SystemExit) as ended:
        main(["prepare", str(source), "--output", str(tmp_path / "lib")])
    assert ended.value.code == 1
    error = capsys.readouterr().err
    assert "BAD_RECORD" in error
    assert "Traceback" not in error and len(error.strip().splitlines()) == 1
