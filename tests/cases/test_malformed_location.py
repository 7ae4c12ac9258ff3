"""One location that cannot be read does not refuse a genome: it is named, and the sequence is scanned."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.scanning import bench, scanned  # noqa: F401

CASE = Path(__file__).parents[1] / "data/cases/malformed_location/genome.gb"
TEXT = CASE.read_text()


def test_the_case(bench, tmp_path, capsys):  # noqa: F811
    calls, left_out = scanned(bench, CASE, tmp_path)
    assert calls.meta["counts"]["bases"] == 3084 and calls.meta["counts"]["annotated_cds"] == 1
    assert left_out[["row", "id", "code"]].values.tolist() == [
        [10, "X_1", "BAD_LOCATION"], [12, "X_1", "BAD_LOCATION"], [16, "X_1", "BAD_LOCATION"],
    ]  # fmt: skip
    assert "'order(10..60,100..150,)' cannot be read" in left_out["reason"][0]
    assert "genome.gb line 10, CDS X_1" in capsys.readouterr().err


@pytest.mark.parametrize(
    "location",
    ["0..60", "60..10x", "join(10..60,100..150", "join(10..60", "complement(10..60", "complement()",
     "10..60,90..99", "1_0..6_0", "\u0661..60", "replace(10..60)", "10...60", "-5..60", "?..60", "10^20",
     "10^11", "order(10..60,100..150)", "J00194.1:100..202", "join(1..9,J00194.1:100..202)", "100..9000",
     "99999999999999999999..3", "gap(10)", "", "join()", "10..60)", "(10..60)", "10..60 90..99;"],
)  # fmt: skip
def test_others_of_its_kind(bench, tmp_path, location):  # noqa: F811
    (tmp_path / "g.gb").write_text(TEXT.replace("order(10..60,100..150,)", location), "utf-8")
    calls, left_out = scanned(bench, tmp_path / "g.gb", tmp_path / "out")
    assert calls.meta["counts"]["annotated_cds"] == 1
    assert left_out["row"].tolist() == [10, 12, 16] and left_out["id"][0] == "X_1"


@pytest.mark.parametrize(
    "location",
    ["<10..>60", "complement(join(10..60,100..150))", "join(complement(100..150),complement(10..60))",
     "join(10..60,\n                     100..150)", "one-of(10,12)..60", "(9.10)..60", "60", "3000..50"],
)  # fmt: skip
def test_locations_that_are_right_are_read(bench, tmp_path, location):  # noqa: F811
    (tmp_path / "g.gb").write_text(TEXT.replace("order(10..60,100..150,)", location))
    calls, left_out = scanned(bench, tmp_path / "g.gb", tmp_path / "out")
    assert calls.meta["counts"]["annotated_cds"] == 2 and len(left_out) == 2
