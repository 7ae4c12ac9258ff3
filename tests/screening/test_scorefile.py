"""A file of scores is whole or not there."""

from __future__ import annotations

import pytest

from riboswitch.steps.screen import command
from screening.compounds import Killed


def raise_killed():
    raise Killed


def test_a_screen_that_was_killed_starts_anew(small_blocks, bundle, tmp_path, monkeypatch):
    out = tmp_path / "scores.parquet"
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr("riboswitch.screening.scorefile._ParquetFile.write", lambda *_: raise_killed())
        command(str(small_blocks.folder), [str(bundle)], output=str(out), processes=1)
    assert not out.exists()
    (tmp_path / ".scores.parquet.x.partial").write_text("half")
    command(str(small_blocks.folder), [str(bundle)], output=str(out), processes=1)
    assert [path.name for path in tmp_path.iterdir()] == ["scores.parquet"]
