"""What R and pandas write for a missing value is a gap in labels of every kind; ``none`` is a class."""

from __future__ import annotations

from pathlib import Path

import pytest

from riboswitch.cli import main
from riboswitch.data.records import Records
from riboswitch.io.cells import MISSING

CASE = Path(__file__).parents[1] / "data/cases/na_is_a_class/labels.csv"


def parse(table, kind, output):
    main(["parse", str(table), "--reading", '{"id_column": "id"}', "--kind", kind, "--target", "y",
          "--max-rejected", "1", "--output", str(output)])  # fmt: skip
    made = Records.load(output)
    return dict(zip(made.table["id"], made.table["y"], strict=True)), dict(
        zip(made.rejected["id"], made.rejected["code"], strict=True)
    )


def test_na_is_no_class(tmp_path):
    kept, rejected = parse(CASE, "multiclass", tmp_path / "out.parquet")
    assert kept == {"a": "beta-lactam", "e": "none"}
    assert rejected == dict.fromkeys("bcdf", "MISSING_LABEL")


@pytest.mark.parametrize("kind", ["multiclass", "binary", "regression"])
def test_the_same_texts_are_gaps_in_every_kind(tmp_path, kind):
    rows = [f"r{n},{'C' * (n + 1)},{text}" for n, text in enumerate([*MISSING, "1", "0"])]
    table = tmp_path / "labels.csv"
    table.write_text("\n".join(["id,smiles,y", *rows, ""]), "utf-8")
    kept, rejected = parse(table, kind, tmp_path / "out.parquet")
    assert [*kept] == [f"r{len(MISSING)}", f"r{len(MISSING) + 1}"]
    assert rejected == {f"r{n}": "MISSING_LABEL" for n in range(len(MISSING))}


@pytest.mark.parametrize(
    "text", ["1_000", "１２", "٣", "0x10", "1e400", "inf", "Infinity", '"1,5"', ">10", "1 0"]
)
def test_a_number_is_written_with_ascii_digits(tmp_path, text):
    table = tmp_path / "labels.csv"
    table.write_text(f"id,smiles,y\na,CCO,{text}\nb,CCC, 5.0 \nc,CCCC,-1.5e-3\n", "utf-8")
    kept, rejected = parse(table, "regression", tmp_path / "out.parquet")
    assert kept == {"b": 5.0, "c": -0.0015}
    assert rejected == {"a": "BAD_LABEL"}
    assert text.strip('"') in Records.load(tmp_path / "out.parquet").rejected["reason"][0]


def test_plus_and_minus_are_no_binary_labels(tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text("id,smiles,y\na,CCO,+\nb,CCC,-\nc,CCCC,1\n", "utf-8")
    kept, rejected = parse(table, "binary", tmp_path / "out.parquet")
    assert kept == {"c": 1.0}
    assert rejected == {"a": "BAD_LABEL", "b": "MISSING_LABEL"}
    assert "write 1 for +, and 0 for -" in Records.load(tmp_path / "out.parquet").rejected["reason"][0]
