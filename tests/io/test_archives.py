"""Names and sizes in archives."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.errors import FetchError
from riboswitch.io import archives
from riboswitch.io.archives import choose, unpack

NAME = st.text("abc", min_size=1, max_size=2)


PATHS = st.lists(NAME, min_size=1, max_size=3).map("/".join)


@given(names=st.lists(PATHS, unique=True, max_size=6))
def test_names_choose_themselves(names: list[str]) -> None:
    assert choose(names, names, "") == names


def packed(path: Path, data: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("table.csv", data)
    return path


def test_a_member_that_is_packed_as_no_data_are_is_refused(tmp_path: Path) -> None:
    bomb = packed(tmp_path / "bomb.zip", bytes(archives.SMALL + 1))
    with pytest.raises(FetchError, match=r"bomb\.zip: table\.csv: a member of the archive is too large"):
        unpack(bomb, ["table.csv"], tmp_path)
    assert not (tmp_path / "table.csv").exists()


def test_a_member_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "LARGEST", 8)
    with pytest.raises(FetchError, match="too large; found '9 bytes"):
        unpack(packed(tmp_path / "x.zip", b"123456789"), ["table.csv"], tmp_path)


def test_a_member_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "x.zip", b"123456789" * 1000)
    data = path.read_bytes()
    path.write_bytes(data.replace((9000).to_bytes(4, "little"), (90).to_bytes(4, "little")))
    with pytest.raises(FetchError):
        unpack(path, ["table.csv"], tmp_path)


def test_an_honest_member_is_unpacked(tmp_path: Path) -> None:
    unpack(packed(tmp_path / "x.zip", b"a,b\n" * 9000), ["table.csv"], tmp_path)
    assert (tmp_path / "table.csv").read_bytes() == b"a,b\n" * 9000
