"""The estimate: its sample, small and raw libraries, and what is refused. No time is asserted."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import riboswitch
from riboswitch.data.model import Model
from riboswitch.errors import BundleError, InputError, RejectedError, UsageError, WorkerError
from riboswitch.io.strict_json import read_json
from riboswitch.screening import estimating
from riboswitch.screening.estimating import RUNS, runs_of_rows
from riboswitch.screening.sizing import RANK_MOST, Estimate, LibrarySize
from riboswitch.steps.estimate import command, estimate


@given(st.integers(1, 300_000), st.integers(1, 50_000))
def test_runs_lie_in_the_file_and_make_up_the_sample(rows, sample):
    runs = runs_of_rows(rows, sample)
    assert len(runs) <= RUNS
    assert all(0 <= run.start < run.stop <= rows for run in runs)
    assert all(one.stop <= other.start for one, other in pairwise(runs))
    made, size = sum(map(len, runs)), -(-sample // RUNS)
    assert made == rows if rows <= sample else sample - size < made < sample + RUNS


def test_a_small_library_is_one_job(many_library, bundle, tmp_path, capsys):
    command(str(many_library.folder), [f"amine={bundle}"], output=tmp_path / "estimate.json")
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


def test_a_raw_file_can_be_scaled_to_ten_million_compounds(many_rows, model):
    made = estimate(many_rows, {"amine": model}, compounds=10**7, reading={"id_column": "name"}, slots=4,
                    duplicates_by="smiles")  # fmt: skip
    assert (made.compounds, made.counted) == (10**7, "given")
    assert made.accepted == 8_750_000 and made.sample == 700  # seven of eight can be read
    assert any("blocks of 700 compounds" in note and "8,192" in note for note in made.notes)
    assert made.prepare is not None and made.prepare.rate > 0
    assert 1 <= made.shards <= 1069 and made.hours_wall > 0
    if sys.platform != "win32":
        least = 10**7 * 7 / 8 * 84 / 1e6  # MB for digests alone
        assert made.prepare.memory_mb > least and made.rank.memory_mb <= RANK_MOST / 1e6
    assert "prepare" in str(made) and "8,750,000 of them to screen" in str(made)


def test_a_slow_start_is_tried_once_more(many_library, model, tmp_path, monkeypatch):
    starts = iter([40.0, 3.0, 4.0])
    monkeypatch.setattr(estimating, "run_pilot", lambda *_, **__: {"start": next(starts)})
    request = estimating.EstimateRequest(None, 20.0, 16, 100, "smiles", "float32")
    size = LibrarySize.of_library(many_library, None)
    for expected in (3.0, 4.0):
        found = estimating._try_screening(many_library.folder, {"": model}, size, tmp_path, request)
        assert found["start"] == expected


def test_a_wrong_request_is_refused_before_any_work(many_library, model, monkeypatch):
    monkeypatch.setattr(estimating, "run_pilot", lambda *_, **__: pytest.fail("work"))
    sequences = Model(model.header | {"modality": "sequence"}, model.tensors)
    for request in ({"minutes": 0}, {"minutes": -1.0}, {"slots": 0}, {"sample": 0}, {"compounds": 0},
                    {"duplicates_by": "name"}):  # fmt: skip
        with pytest.raises(UsageError, match=next(iter(request))):
            estimate(many_library, model, **request)
    with pytest.raises(UsageError, match="no libraries of this modality"):
        estimate(many_library, sequences)
    with pytest.raises(UsageError, match="Give a file"):
        estimate("-", model)


def test_unreadable_sources_are_refused_before_any_work(model, tmp_path, monkeypatch):
    monkeypatch.setattr(estimating, "run_pilot", lambda *_, **__: pytest.fail("work"))
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


def test_errors_of_the_pilot_are_raised_by_estimate(model, tmp_path):
    bad = tmp_path / "bad.smi"
    bad.write_text("C(\n" * 30)
    with pytest.raises(RejectedError, match=r"a sample of .*bad\.smi: 30 of 30 rows"):
        estimate(bad, model)


def test_a_pilot_that_was_killed_is_reported(monkeypatch):
    def killed(*_, **__):
        return subprocess.CompletedProcess([], -9, "", "")

    monkeypatch.setattr(estimating.subprocess, "run", killed)
    with pytest.raises(WorkerError, match=r"ended too early; found 'exit code -9'.*memory"):
        estimating.run_pilot("screen")


def test_estimate_is_public():
    assert riboswitch.estimate is estimate
