"""Faults of disks and processes: one line that names the file, and nothing that is half written."""

from __future__ import annotations

import errno
import os
import resource
import signal
import socket
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.data import arrow_file
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.library import Library
from riboswitch.data.model import Model
from riboswitch.errors import InputError, LeakError, StorageError, UsageError, WorkerError
from riboswitch.io import disk_faults, table_writer
from riboswitch.io.atomic_files import atomic_path, sha256, write_json
from riboswitch.io.disk_faults import STDOUT, Reading, Writing, require_room, unnamed_fault
from riboswitch.io.parquet import read_parquet, write_parquet
from riboswitch.io.strict_json import read_json
from riboswitch.screening.process_pool import _killed
from riboswitch.screening.scorefile import open_scores
from riboswitch.steps.prepare import prepare

HOST = socket.gethostname()
BYTES = 2_000_000  # random: no packing makes them few


def failed(number, *names):
    return OSError(number, os.strerror(number), *names)


def in_words(text):
    """The fault as a library in Rust tells it."""
    return RuntimeError(f"Error while serializing: I/O error: {text}")


def hidden():
    """A fault that another error hides, as zipfile does when it is closed."""
    try:
        try:
            raise failed(errno.ENOSPC)
        finally:
            raise ValueError("Can't close the ZIP file while there is an open writing handle on it.")
    except ValueError as error:
        return error


# Writing

FULL = "the disk is full ("
SAID = [
    (failed(errno.ENOSPC), FULL),
    (in_words("No space left on device (os error 28)"), FULL),
    (OSError("[Errno 28] Error writing bytes to file. Detail: [errno 28] No space left on device"), FULL),
    (hidden(), FULL),
    (failed(errno.EDQUOT), "your quota of the disk is used up. Make room and run again"),
    (failed(errno.EFBIG), "larger than a file may be here. Raise the limit (ulimit -f) and run again"),
    (failed(errno.EROFS), f"the file system is read-only on {HOST}. Write elsewhere."),
    (failed(errno.EIO), f"reading or writing failed (Input/output error, on {HOST})"),
    (failed(errno.ESTALE), "reading or writing failed (Stale file handle"),
]


@pytest.mark.parametrize(("error", "told"), SAID, ids=lambda value: str(value)[:40])
def test_a_disk_fault_is_one_line_and_the_old_file_stays(tmp_path, error, told):
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(StorageError) as caught, atomic_path(path) as temporary:
        temporary.write_text("half")
        raise error
    assert str(caught.value).startswith(f"{path}: ") and told in str(caught.value)
    assert caught.value.__cause__ is error and caught.value.exit_code == 1
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("call", ["fsync", "chmod", "replace"])
def test_a_disk_fault_in_the_last_step_is_reported(tmp_path, monkeypatch, call):
    monkeypatch.setattr(os, call, fail_with(errno.ENOSPC))
    with pytest.raises(StorageError, match="the disk is full"):
        write_json({}, tmp_path / "a.json")
    assert not list(tmp_path.iterdir())


def fail_with(number):
    def call(*_, **__):
        raise failed(number)

    return call


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_a_folder_that_may_not_be_written_to(tmp_path, monkeypatch, number):
    def refuse(*_, dir, **__):
        raise failed(number, str(dir))

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(StorageError, match=r"a\.json: may not be written here: permission denied"):
        write_json({}, tmp_path / "a.json")


@pytest.mark.parametrize("leaving", [KeyboardInterrupt(), SystemExit(3), ValueError("x"), LeakError("x"),
                                     failed(errno.ENOENT, "input.csv"), failed(errno.EACCES, "/x/input.csv"),
                                     failed(errno.EPIPE), OSError("odd")])  # fmt: skip
def test_other_errors_are_left_as_they_are(tmp_path, leaving):
    with pytest.raises(type(leaving)) as caught, atomic_path(tmp_path / "out/a"):
        raise leaving
    assert caught.value is leaving
    assert not list((tmp_path / "out").iterdir())


def test_a_failed_removal_does_not_hide_the_error(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.unlink", fail_with(errno.EIO))
        with pytest.raises(StorageError, match="the disk is full"), atomic_path(tmp_path / "a"):
            raise failed(errno.ENOSPC)


def test_the_numbers_are_those_of_the_disk(tmp_path, monkeypatch):
    disk = SimpleNamespace(total=64e6, free=0.2e6)
    monkeypatch.setattr("shutil.disk_usage", lambda _: disk)
    monkeypatch.setattr("os.path.ismount", lambda path: path == tmp_path)
    with pytest.raises(StorageError) as caught, Writing(tmp_path / "new/3-of-32.parquet"):
        raise failed(errno.ENOSPC)
    assert str(caught.value) == (
        f"{tmp_path}/new/3-of-32.parquet: the disk is full (0.2 MB free of 64.0 MB on {tmp_path}). "
        "Make room and run again: what is finished is kept."
    )
    require_room(tmp_path / "x", 200_000)
    with pytest.raises(StorageError, match="the disk is full"):
        require_room(tmp_path / "x", 200_001)
    disk.free = 0
    with pytest.raises(StorageError, match="the disk is full"), Writing(tmp_path / "x"):
        raise OSError("4096 requested and 0 written")  # as numpy has it
    monkeypatch.setattr("os.statvfs", lambda _: SimpleNamespace(f_files=1000, f_favail=0))
    with pytest.raises(StorageError, match=rf"the disk takes no more files \(1000 on {tmp_path}\)"):
        require_room(tmp_path / "x", 1)


def test_standard_output_has_no_numbers():
    with (
        pytest.raises(StorageError, match=r"^standard output: the disk is full\. Make room"),
        Writing(STDOUT),
    ):
        raise failed(errno.ENOSPC)


def test_an_unexpected_error_is_one_line():
    assert str(unnamed_fault(failed(errno.ENOSPC))).startswith("standard output: the disk is full. ")
    assert str(unnamed_fault(failed(errno.ENXIO, "x"))) == f"x: No such device or address, on {HOST}"
    assert str(unnamed_fault(failed(errno.EIO))) == f"input or output: Input/output error, on {HOST}"


@given(st.sampled_from(sorted(errno.errorcode)), st.booleans(), st.booleans())
def test_no_number_is_lost(number, named, own):
    """Whatever a system says, it is told or left alone; never is another file blamed."""
    names = ([disk_faults.os.path.abspath("a.csv" if own else "/elsewhere/a.csv")]) if named else []
    fault = Writing("a.csv").fault(failed(number, *names))
    if fault is not None:
        assert fault.where == "a.csv" or (named and not own and fault.where == names[0])
    if number in disk_faults.ONLY_WRITING or (number in disk_faults.FAILING and (own or not named)):
        assert fault is not None


# All that writes


def table(rows=BYTES // 8):
    return pd.DataFrame({"x": np.random.default_rng(0).random(rows)})


def arrays():
    noise = np.random.default_rng(0).random(BYTES // 8)
    return RaggedArrays.pack("molecule", ["a"], [{"x": noise}])


def scores(path):
    with open_scores(path) as file:
        for _ in range(4):
            file.write(table(BYTES // 32))


WRITERS = {
    "a.json": lambda path: write_json("x" * BYTES, path),
    "a.parquet": lambda path: write_parquet(table(), path),
    "a.csv": lambda path: table_writer.write_table(table(), path),
    "a.npz": lambda path: arrays().save(path),
    "a.arrow": lambda path: arrow_file.save(arrays(), path),
    "a.safetensors": lambda path: Model({}, {"x": table()["x"].to_numpy()}).save(path),
    "scores.parquet": scores,
    "scores.csv": scores,
}


@pytest.mark.parametrize("limit", [0, 100_000, 1_500_000])
@pytest.mark.parametrize("name", WRITERS)
def test_a_file_that_has_no_room_is_named_and_leaves_nothing(tmp_path, name, limit):
    """For real: the system lets no file become larger."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(StorageError, match=rf"{name}(\.lock)?: larger than a file may be here"):
            WRITERS[name](tmp_path / name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


def test_a_library_is_continued_after_a_full_disk(tmp_path, monkeypatch):
    source = tmp_path / "library.smi"
    source.write_text("".join(f"{'C' * n}O\n" for n in range(1, 31)))
    whole = prepare(source, tmp_path / "whole", part_rows=10)
    real, calls = os.replace, []

    def replace(*names):
        calls.append(names)
        if len(calls) == 6:  # four files a part
            raise failed(errno.ENOSPC)
        real(*names)

    with monkeypatch.context() as patch, pytest.raises(StorageError, match="part-00001"):
        patch.setattr(os, "replace", replace)
        prepare(source, tmp_path / "made", part_rows=10)
    left = {path.name for path in (tmp_path / "made").iterdir()}
    assert "part-00000.json" in left and "part-00001.json" not in left and "library.json" not in left
    assert not [p for p in tmp_path.rglob("*") if p.name.endswith((".partial", ".lock"))]
    again = prepare(source, tmp_path / "made", part_rows=10)
    for path in whole.folder.iterdir():
        assert path.read_bytes() == (again.folder / path.name).read_bytes()


# Reading


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EACCES])
def test_an_unreadable_file_is_not_called_damaged(tmp_path, monkeypatch, number):
    source = tmp_path / "library.smi"
    source.write_text("CCO\n")
    library = prepare(source, tmp_path / "library")
    said = rf"cannot be read \({os.strerror(number)}, on {HOST}\)$"
    readers = {
        "pyarrow.parquet.ParquetFile": library.table,
        "pyarrow.OSFile": lambda: list(Library(library.folder, library.header).blocks()),
    }
    for function, read in readers.items():
        with monkeypatch.context() as patch, pytest.raises(InputError, match=rf"part-00000\.\w+: {said}"):
            patch.setattr(function, fail_with(number))
            read()
    monkeypatch.setattr("pyarrow.parquet.ParquetFile", lambda *_: pa.array(["x"], pa.int64()))
    with pytest.raises(InputError, match=r"is damaged.*Prepare it again"):
        library.table()


def test_every_unreadable_file_is_reported(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_text("x")
    monkeypatch.setattr("builtins.open", fail_with(errno.EACCES))
    monkeypatch.setattr("pathlib.Path.read_bytes", fail_with(errno.EACCES))
    monkeypatch.setattr("pyarrow.parquet.ParquetFile", fail_with(errno.EACCES))
    for read in (sha256, read_json, Model.load, RaggedArrays.load, read_parquet):
        with pytest.raises(InputError, match=r"a: cannot be read \(Permission denied, on "):
            read(path)


def test_another_file_is_not_blamed():
    with pytest.raises(OSError, match="elsewhere"), Reading("a"):
        raise failed(errno.EACCES, "elsewhere")
    with pytest.raises(UsageError, match="x"), Reading("a"):
        raise UsageError("x")


# Processes

DYING = """
import os, sys, time
from riboswitch.screening.process_pool import ordered
class Make:
    def __call__(self, item):
        if item == 7:
            os.kill(os.getpid(), int(sys.argv[1]))
        time.sleep(0.01)
        return item
if __name__ == "__main__":
    list(ordered(Make, (), range(40), 2))
"""


def test_a_worker_that_was_killed_is_reported_with_its_signal(tmp_path):
    (tmp_path / "script.py").write_text(DYING)
    words = [sys.executable, tmp_path / "script.py", str(int(signal.SIGKILL))]
    told = subprocess.run(words, capture_output=True, text=True).stderr.splitlines()[-1]
    assert told.endswith("a worker process was killed (SIGKILL). The system does this when memory is "
                         "used up: give the job more memory, or use fewer processes.")  # fmt: skip


ENDS = [
    ([-15, -9, -15], "killed (SIGKILL)"),
    ([-15, -11], "(signal 11: Segm"),
    ([-15, -15], "(signal 15: Term"),
    ([1, 255], "ended too early. If"),
]


@pytest.mark.parametrize(("codes", "told"), ENDS)
def test_the_reported_signal_is_the_one_that_the_pool_did_not_send(codes, told):
    assert told in str(_killed(codes)) and isinstance(_killed(codes), WorkerError)
