"""Files appear whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.errors import InputError, StorageError, UsageError
from riboswitch.io.atomic_files import atomic_path, check_folder, json_text, sha256, write_json
from riboswitch.io.strict_json import read_json


def test_a_file_takes_its_name_only_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with atomic_path(path) as temporary:
        temporary.write_text("one")
        assert not path.exists() and temporary.parent == path.parent
    assert path.read_text() == "one"
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "one"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_permissions_are_those_of_any_new_file(tmp_path):
    before = os.umask(0o027)
    try:
        with atomic_path(tmp_path / "a") as temporary:
            temporary.write_text("x")
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640
    finally:
        assert os.umask(before) == 0o027


def test_equal_json_is_equal_bytes(tmp_path):
    write_json({"b": 1, "a": [2.5, None, "é"]}, tmp_path / "a.json")
    write_json({"a": [2.5, None, "é"], "b": 1}, tmp_path / "b.json")
    assert sha256(tmp_path / "a.json") == sha256(tmp_path / "b.json")
    assert sha256(tmp_path / "a.json") == hashlib.sha256((tmp_path / "a.json").read_bytes()).hexdigest()
    assert read_json(tmp_path / "a.json") == {"a": [2.5, None, "é"], "b": 1}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"a": float("nan")}, tmp_path / "a.json")
    assert read_json(tmp_path / "a.json")["b"] == 1


def test_a_file_that_is_no_json_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.json: no such file"):
        read_json(tmp_path / "none.json")
    for content in (b"{", b"\xff\xfe", b""):
        (tmp_path / "a.json").write_bytes(content)
        with pytest.raises(InputError, match=r"a\.json: not valid JSON"):
            read_json(tmp_path / "a.json")


def test_the_content_is_on_the_disk_before_the_name_and_the_name_before_the_end(tmp_path, monkeypatch):
    done, real, rename = [], os.fsync, os.replace

    def fsync(number):
        done.append("folder" if stat.S_ISDIR(os.fstat(number).st_mode) else "content")
        real(number)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", lambda *names: done.append("name") or rename(*names))
    with atomic_path(tmp_path / "a") as temporary:
        temporary.write_text("x")
    assert done == ["content", "name", "folder"]
    done.clear()
    with atomic_path(tmp_path / "new/deep/a") as temporary:
        temporary.write_text("x")
    assert done == ["folder", "folder", "content", "name", "folder"]


def test_a_file_system_that_cannot_sync_folders_is_no_fault(tmp_path, monkeypatch):
    real = os.fsync

    def fsync(number):
        if stat.S_ISDIR(os.fstat(number).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        real(number)

    monkeypatch.setattr(os, "fsync", fsync)
    write_json({}, tmp_path / "a.json")
    assert read_json(tmp_path / "a.json") == {}


def test_a_folder_is_no_place_for_a_file_nor_a_file_for_a_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a folder, where a file is to be written"):
        write_json({}, tmp_path)
    with pytest.raises(UsageError, match="is a file, where a folder is to be written"):
        check_folder(tmp_path / "file")
    check_folder(tmp_path), check_folder(tmp_path / "none")
    with pytest.raises(StorageError, match="cannot be written here"):
        write_json({}, tmp_path / "file" / "a.json")


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner)
    | st.dictionaries(st.integers(), inner),
)  # fmt: skip


@given(values)
def test_the_text_is_that_of_pythons_own_writer(value):
    assert json_text(value) == json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n"
