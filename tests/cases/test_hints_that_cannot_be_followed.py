"""What a message advises can be done: a table without a header line."""

from __future__ import annotations

import io
import re

import pandas as pd

from cases.running import CASES, run

CASE = CASES / "hints_that_cannot_be_followed" / "nohdr.csv"


def test_the_hint_for_a_table_without_a_header_works(of_lengths, tmp_path, capsys, monkeypatch):
    bundle = tmp_path / "model.safetensors"
    of_lengths(["C" * n + "O" for n in range(1, 20)]).save(bundle)
    code, out, err = run(["predict", CASE, bundle], capsys, monkeypatch)
    assert (code, out) == (1, "") and "The first line looks like data" in err
    header = re.search(r"give the file a header line, here (.+)\.$", err.strip())[1]
    mended = f"{header}\n".encode() + CASE.read_bytes()
    code, out, err = run(["predict", "-", bundle, "--format", "csv"], capsys, monkeypatch, mended)
    table = pd.read_csv(io.StringIO(out))
    assert code == 0 and table["id"].tolist() == ["asp1", "ibu1"] and set(table["status"]) == {"ok"}
