"""A racemate is neither of its enantiomers, nor relative stereo, nor the molecule without marks."""

from pathlib import Path

import pandas as pd

from riboswitch.cli import main

CASE = Path(__file__).parent.parent / "data" / "cases" / "racemate_is_enantiomer"
RACEMATE = "racemate (and1): 2 forms"


def parsed(tmp_path, source, *options):
    output = tmp_path / "out.parquet"
    main(["parse", str(CASE / source), *options, "--output", str(output)])
    rejected = pd.read_csv(tmp_path / "rejected.tsv", sep="\t")
    return pd.read_parquet(output).set_index("id"), rejected.set_index("id")


def test_seven_alanines_are_five_substances(tmp_path):
    options = ["--reading", '{"id_column": "id"}', "--kind", "regression", "--target", "y"]
    records, rejected = parsed(tmp_path, "racemates.csv", *options)
    assert records["y"].to_dict() == {"R1": 5.0, "R3": 7.0, "R4": 3.0, "R5": 4.9, "R6": 6.9}
    assert rejected["code"].to_dict() == {"R2": "DUPLICATE", "R7": "DUPLICATE"}
    assert rejected["reason"].str.contains("as R1").all()
    assert records["molecule"].nunique() == 5
    assert records["changes"]["R1"] == RACEMATE
    assert records["changes"]["R6"] == "relative stereo (or1): 2 forms"
    assert records["changes"]["R3"] == records["changes"]["R5"] == ""


def test_a_group_of_v3000_is_the_same_racemate(tmp_path):
    records, _ = parsed(tmp_path, "sterac.sdf")
    assert records["changes"].tolist() == [RACEMATE]
    written = parsed(tmp_path, "racemates.csv", "--reading", '{"id_column": "id"}')[0]
    assert records["molecule"].tolist() == [written["molecule"]["R1"]]
