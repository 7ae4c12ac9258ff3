"""The pilot, in the process of the test."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from riboswitch.data.library import Library
from riboswitch.data.library_part import BlockRange
from riboswitch.data.model import Model
from riboswitch.errors import InputError, UsageError
from riboswitch.screening import pilot
from riboswitch.steps.screen import screen


def test_blocks_are_whole_and_spread_and_the_first_comes_twice(many_library):
    places = pilot.Sample.of(many_library, 128, 300).block_ranges()
    assert places == [
        BlockRange(0, 0, 128),
        BlockRange(0, 0, 128),
        BlockRange(0, 256, 384),
        BlockRange(1, 0, 128),
    ]
    assert {place.rows for place in pilot.Sample.of(many_library, 64, 10**6).block_ranges()} == {64}
    whole = pilot.Sample.of(many_library, 8_192, 1).block_ranges()  # as large a block as there can be
    assert whole == [BlockRange(0, 0, 512)] * 2
    empty = Library(many_library.folder, many_library.header | {"rows": []})
    with pytest.raises(InputError, match="no compounds"):
        pilot.Sample.of(empty, 128, 300)


def test_the_pilot_screens_as_a_job_does(many_library, bundle, tmp_path):
    out = tmp_path / "scores.parquet"
    found = pilot.screen_sample(0.0, str(many_library.folder), [str(bundle)], "float32", 128, 300, str(out))
    assert found["rows"] == 3 * 128 and found["block_rows"] == 128 and found["seconds"] > 0
    assert found["disk"] == out.stat().st_size / found["rows"]
    scores = pd.read_parquet(out).set_index("row")
    stored = screen(many_library, Model.load(bundle)).set_index("row")
    np.testing.assert_allclose(scores["y"], stored["y"][scores.index], atol=1e-5)
    joined = stored.reset_index().astype({"y": "float64", "y_sd": "float64"})
    held = joined.memory_usage(deep=True, index=False).sum() / len(joined)
    assert found["score_bytes"] == pytest.approx(held, rel=0.2)
    assert found["table_disk"] < found["table_bytes"]


def test_an_unknown_precision_is_refused(many_library, bundle, tmp_path):
    with pytest.raises(UsageError, match="precision"):
        out = str(tmp_path / "x.csv")
        pilot.screen_sample(0.0, str(many_library.folder), [str(bundle)], "float8", 128, 300, out)


def test_the_pilot_prepares_the_rows_given(many_rows, tmp_path):
    rows, folder = str(many_rows), str(tmp_path / "made")
    found = pilot.prepare_sample(0.0, rows, rows, folder, "molecule", {"id_column": "name"}, {}, "smiles")
    assert (found["rows"], found["accepted"]) == (800, 700)
    assert found["kept_bytes"] == pytest.approx(84 + 72 + 4, abs=1)
    assert len(Library.open(tmp_path / "made")) == 700


def test_the_stopwatch_notes_a_busy_processor(monkeypatch):
    for processor, seconds, busy in ((9.0, 10.0, False), (2.0, 2.0, True)):
        monkeypatch.setattr(pilot.time, "perf_counter", iter([0.0, 10.0]).__next__)
        monkeypatch.setattr(pilot.time, "process_time", iter([0.0, processor]).__next__)
        assert pilot.Stopwatch().read() == {"seconds": seconds, "busy": busy}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell")
def test_peak_memory_is_that_of_this_process():
    held = np.ones(40_000_000)
    assert pilot.peak_memory() >= held.nbytes
    code = "from riboswitch.screening.pilot import peak_memory; print(peak_memory())"
    started = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    if sys.platform == "linux":  # where getrusage would tell what this process holds
        assert int(started.stdout) < held.nbytes


def test_the_pilot_answers_in_json(tmp_path, monkeypatch, capsys):
    request = {"job": "prepare", "started": 0.0, "source": str(tmp_path / "none.smi"), "few": "none.smi",
               "folder": str(tmp_path / "made"), "modality": "molecule", "reading": {}, "encoder": {},
               "duplicates_by": "smiles"}  # fmt: skip
    monkeypatch.setattr(pilot.sys, "stdin", io.StringIO(json.dumps(request)))
    pilot.main()
    told = json.loads(capsys.readouterr().out)
    assert told["error"] == "InputError" and told["problem"] == "no such file"
