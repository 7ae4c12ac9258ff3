"""estimate: a pilot in a process of its own, and what it tells. No time is asserted."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem

import riboswitch
from riboswitch.data.library import BlockRange, Library
from riboswitch.data.model import Model
from riboswitch.errors import BundleError, InputError, RejectedError, UsageError, WorkerError
from riboswitch.io.atomic_files import read_json
from riboswitch.screening import estimating as step
from riboswitch.screening import pilot
from riboswitch.screening.sizing import Estimate, LibrarySize
from riboswitch.steps.estimate import command, estimate
from riboswitch.steps.prepare import prepare
from riboswitch.steps.screen import screen

AMINES = [f"{'C' * i}N{'C' * j}" for i in range(1, 21) for j in range(1, 41)]


@pytest.fixture(scope="module")
def model(of_lengths):
    return of_lengths(map(Chem.CanonSmiles, AMINES[:40]))


@pytest.fixture(scope="module")
def bundle(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("bundle") / "model.safetensors"
    model.save(path)
    return path


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """One row of eight cannot be read."""
    path = tmp_path_factory.mktemp("raw") / "raw.csv"
    cells = ["C(" if i % 8 == 7 else smiles for i, smiles in enumerate(AMINES)]
    path.write_text("smiles,name\n" + "".join(f"{smiles},c{i}\n" for i, smiles in enumerate(cells)))
    return path


@pytest.fixture(scope="module")
def library(raw, tmp_path_factory):
    return prepare(raw, tmp_path_factory.mktemp("library") / "made", part_rows=512)


# The whole of it


def test_a_small_library_is_one_job(library, bundle, tmp_path, capsys):
    command(str(library.folder), [f"amine={bundle}"], output=tmp_path / "estimate.json")
    told = read_json(tmp_path / "estimate.json")
    made = Estimate.from_dict(told)
    assert made.to_dict() == told
    assert (made.compounds, made.accepted, made.counted, made.shards) == (700, 700, "exact", 1)
    assert made.sample == 512 and made.prepare is None and made.minutes == 20 and made.slots == 16
    assert made.screen.rate > 0 and made.screen.hours > 0 and 0 < made.shard_minutes <= 20
    assert made.screen.disk_bytes > 0 and made.rank.disk_bytes > made.screen.disk_bytes
    if sys.platform != "win32":
        assert 50 < made.screen.memory_mb < 5_000
    shown = capsys.readouterr().out
    assert "700 compounds (exact)" in shown and "screen in 1 job of" in shown and "prepare" not in shown


def test_a_raw_file_that_stands_for_ten_million_compounds(raw, model):
    made = estimate(raw, {"amine": model}, compounds=10**7, reading={"id_column": "name"}, slots=4,
                    duplicates_by="smiles")  # fmt: skip
    assert (made.compounds, made.counted) == (10**7, "given")
    assert made.accepted == 8_750_000 and made.sample == 700  # seven of eight can be read
    assert any("blocks of 700 compounds" in note and "8,192" in note for note in made.notes)
    assert made.prepare is not None and made.prepare.rate > 0
    assert 1 <= made.shards <= 1069 and made.hours_wall > 0
    if sys.platform != "win32":
        least = 10**7 * 7 / 8 * 84 / 1e6  # MB for digests alone
        assert made.prepare.memory_mb > least and made.rank.memory_mb > made.screen.memory_mb
    assert "prepare" in str(made) and "8,750,000 of them to screen" in str(made)


def test_a_slow_start_is_tried_once_more(library, model, tmp_path, monkeypatch):
    starts = iter([40.0, 3.0, 4.0])
    monkeypatch.setattr(step, "run_pilot", lambda *_, **__: {"start": next(starts)})
    wishes = step.EstimateRequest(None, 20.0, 16, 100, "smiles", "float32")
    extent = LibrarySize.of_library(library, None)
    for expected in (3.0, 4.0):
        assert step._try_screening(library.folder, {"": model}, extent, tmp_path, wishes)["start"] == expected


# What is wrong


def test_what_is_wrong_with_the_wishes_is_told_before_any_work(library, model, monkeypatch):
    monkeypatch.setattr(step, "run_pilot", lambda *_, **__: pytest.fail("work"))
    sequences = Model(model.header | {"modality": "sequence"}, model.tensors)
    for wishes in ({"minutes": 0}, {"minutes": -1.0}, {"slots": 0}, {"sample": 0}, {"compounds": 0},
                   {"duplicates_by": "name"}):  # fmt: skip
        with pytest.raises(UsageError, match=next(iter(wishes))):
            estimate(library, model, **wishes)
    with pytest.raises(UsageError, match="no libraries of this modality"):
        estimate(library, sequences)
    with pytest.raises(UsageError, match="Give a file"):
        estimate("-", model)


def test_what_cannot_be_read_is_told_before_any_work(model, tmp_path, monkeypatch):
    monkeypatch.setattr(step, "run_pilot", lambda *_, **__: pytest.fail("work"))
    (tmp_path / "empty.smi").write_text("\n\n")
    (tmp_path / "rows.xyz").write_text("CCO")
    (tmp_path / "folder").mkdir()
    for name, told in (
        ("none", "no such file or folder"),
        ("empty.smi", "no rows"),
        ("folder", "no library.json"),
    ):
        with pytest.raises(InputError, match=told):
            estimate(tmp_path / name, model)
    with pytest.raises(InputError, match="the name does not tell the format"):
        estimate(tmp_path / "rows.xyz", model)
    with pytest.raises(BundleError, match="no such file"):
        estimate(tmp_path / "empty.smi", tmp_path / "none.safetensors")


def test_errors_of_the_pilot_are_errors_here(model, tmp_path):
    bad = tmp_path / "bad.smi"
    bad.write_text("C(\n" * 30)
    with pytest.raises(RejectedError, match=r"a sample of .*bad\.smi: 30 of 30 rows"):
        estimate(bad, model)


def test_a_pilot_that_was_killed_is_told(monkeypatch):
    def killed(*_, **__):
        return subprocess.CompletedProcess([], -9, "", "")

    monkeypatch.setattr(step.subprocess, "run", killed)
    with pytest.raises(WorkerError, match=r"ended too early; found 'exit code -9'.*memory"):
        step.run_pilot("screen")


# The pilot, in this process


def test_blocks_are_whole_and_spread_and_the_first_comes_twice(library):
    places = pilot.Sample.of(library, 128, 300).block_ranges()
    assert places == [
        BlockRange(0, 0, 128),
        BlockRange(0, 0, 128),
        BlockRange(0, 256, 384),
        BlockRange(1, 0, 128),
    ]
    assert {place.rows for place in pilot.Sample.of(library, 64, 10**6).block_ranges()} == {64}
    whole = pilot.Sample.of(library, 8_192, 1).block_ranges()  # as large a block as there can be
    assert whole == [BlockRange(0, 0, 512)] * 2
    empty = Library(library.folder, library.header | {"rows": []})
    with pytest.raises(InputError, match="no compounds"):
        pilot.Sample.of(empty, 128, 300)


def test_the_pilot_screens_as_a_job_does(library, bundle, tmp_path):
    out = tmp_path / "scores.parquet"
    found = pilot.screen_sample(0.0, str(library.folder), [str(bundle)], "float32", 128, 300, str(out))
    assert found["rows"] == 3 * 128 and found["block_rows"] == 128 and found["seconds"] > 0
    assert found["disk"] == out.stat().st_size / found["rows"]
    scores = pd.read_parquet(out).set_index("row")
    stored = screen(library, Model.load(bundle)).set_index("row")
    np.testing.assert_allclose(scores["y"], stored["y"][scores.index], atol=1e-5)
    joined = stored.reset_index().astype({"y": "float64", "y_sd": "float64"})
    held = joined.memory_usage(deep=True, index=False).sum() / len(joined)
    assert found["score_bytes"] == pytest.approx(held, rel=0.2)
    assert found["table_disk"] < found["table_bytes"]


def test_a_precision_that_there_is_not_is_refused(library, bundle, tmp_path):
    with pytest.raises(UsageError, match="precision"):
        out = str(tmp_path / "x.csv")
        pilot.screen_sample(0.0, str(library.folder), [str(bundle)], "float8", 128, 300, out)


def test_preparing_is_of_the_rows_given(raw, tmp_path):
    found = pilot.prepare_sample(
        0.0, str(raw), str(raw), str(tmp_path / "made"), "molecule", {"id_column": "name"}, "smiles"
    )
    assert (found["rows"], found["accepted"]) == (800, 700)
    assert found["kept_bytes"] == pytest.approx(84 + 72 + 4, abs=1)
    assert len(Library.open(tmp_path / "made")) == 700


def test_the_watch_tells_when_the_processor_was_elsewhere(monkeypatch):
    for processor, seconds, busy in ((9.0, 10.0, False), (2.0, 2.0, True)):
        monkeypatch.setattr(pilot.time, "perf_counter", iter([0.0, 10.0]).__next__)
        monkeypatch.setattr(pilot.time, "process_time", iter([0.0, processor]).__next__)
        assert pilot.Stopwatch().read() == {"seconds": seconds, "busy": busy}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell")
def test_the_peak_is_of_the_process_itself():
    held = np.ones(40_000_000)
    assert pilot.peak_memory() >= held.nbytes
    code = "from riboswitch.screening.pilot import peak_memory; print(peak_memory())"
    started = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    if sys.platform == "linux":  # where getrusage would tell what this process holds
        assert int(started.stdout) < held.nbytes


def test_the_pilot_answers_in_json(tmp_path, monkeypatch, capsys):
    request = {"job": "prepare", "started": 0.0, "source": str(tmp_path / "none.smi"), "few": "none.smi",
               "folder": str(tmp_path / "made"), "modality": "molecule", "reading": {},
               "duplicates_by": "smiles"}  # fmt: skip
    monkeypatch.setattr(pilot.sys, "stdin", io.StringIO(json.dumps(request)))
    pilot.main()
    told = json.loads(capsys.readouterr().out)
    assert told["error"] == "InputError" and told["problem"] == "no such file"


def test_it_is_public():
    assert riboswitch.estimate is estimate
