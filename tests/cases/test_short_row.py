"""A row that does not fit the windows of a model is rejected, and all others are answered."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from cases.running import CASES, run
from riboswitch.data.records import Record, Records
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.featurize import featurize
from riboswitch.steps.split import split
from riboswitch.steps.train import train

CASE = CASES / "short_row" / "short_row.fa"
WINDOW = 81


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """Two networks that read windows of 81 bases and know nothing."""
    texts = [("ACGTTGCA"[i % 8 :] + "ACGTTGCA" * 11)[:WINDOW] for i in range(12)]
    rows = [Record(i, f"r{i}", {"sequence": t}, {"y": i % 2}) for i, t in enumerate(texts, 1)]
    reading = {"alphabet": "dna", "rna": True}
    records = Records.collect(rows, ["sequence"], modality="sequence", reading=reading)
    arrays = featurize(records, {"alphabet": "dna", "window": WINDOW})
    parts = split(records, "random", repeats=2, fractions={"train": 0.6, "valid": 0.2, "test": 0.2})
    network = {"embedding": 4, "hidden": 4, "head": "aligned"}
    models = [train(records, arrays, parts, kind="binary", targets=["y"], repeat=repeat,
                    settings={"epochs": 1}, network=network) for repeat in range(2)]  # fmt: skip
    path = tmp_path_factory.mktemp("bundle") / "model.safetensors"
    ensemble(models, records).save(path)
    return path


@pytest.mark.parametrize("verb", ["predict", "explain"])
def test_one_short_row_stops_no_other(verb, bundle, capsys, monkeypatch):
    code, out, err = run([verb, CASE, bundle], capsys, monkeypatch)
    assert code == 0, err
    table = pd.read_csv(io.StringIO(out), keep_default_na=False).drop_duplicates("id").set_index("id")
    assert table.loc["short", "status"] == "TOO_SHORT"
    assert table.loc["short", "reason"] == "60 letters, and the model reads windows of exactly 81"
    good = table.drop(index="short")
    column = "p_y" if verb == "predict" else "prediction"
    assert len(good) == 6 and not good[column].eq("").any()
    assert "1 TOO_SHORT" in err
