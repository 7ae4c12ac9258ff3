"""SIGTERM, SIGINT and closed outputs: one line, an honest exit code, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from riboswitch import cli
from riboswitch.errors import Stopped
from waiting import alive, until

TOLD = "stopped by SIGTERM (a time limit, scancel or shutdown). Run again: what is finished is kept."
# Chunks so small that a few rows keep several processes busy. A shell may have had signals ignored.
PREPARE = """
import signal, sys
from riboswitch import cli
from riboswitch.screening import preparing
from riboswitch.steps import prepare as step
if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    preparing.CHUNK_ROWS, preparing.FEW_CHUNKS = 2, 1
    step.prepare.__kwdefaults__["part_rows"] = 4
    cli.main(sys.argv[1:])
"""
ROWS = "".join(f"{'C' * n}O\n" for n in range(1, 31)).encode()


@pytest.fixture
def waiting(tmp_path):
    """A preparation in its own process group that has taken its lock and waits for more rows."""
    (tmp_path / "script.py").write_text(PREPARE)
    words = [sys.executable, tmp_path / "script.py", "prepare", "-", "--reading", '{"format": "smi"}',
             "--output", tmp_path / "out/library", "--processes"]  # fmt: skip
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = []

    def start(processes):
        running = subprocess.Popen([*words, str(processes)], **pipes, start_new_session=True)
        started.append(running)
        there = tmp_path / "out/library.lock"
        if processes > 1:
            running.stdin.write(ROWS)
            running.stdin.flush()
            there = tmp_path / "out/library/part-00000.json"  # the processes have answered
        until(lambda: there.exists() or running.poll() is not None)
        return running

    yield start
    for running in started:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        until(lambda running=running: not alive(running.pid))


def left(folder):
    return [p.name for p in folder.rglob("*") if p.name.endswith((".lock", ".partial"))]


@pytest.mark.parametrize(("processes", "how"), [(1, "once"), (1, "thrice"), (2, "thrice"), (2, "group")])
def test_sigterm_is_one_line_and_ends_all_processes(waiting, tmp_path, processes, how):
    running = waiting(processes)
    if how == "group":
        os.killpg(running.pid, signal.SIGTERM)
    else:
        for _ in range(3 if how == "thrice" else 1):
            running.send_signal(signal.SIGTERM)
    told = running.stderr.read().decode().splitlines()  # to the end: no process holds it open
    told = [line for line in told if " a second" not in line]  # a slow machine says how far it is
    assert running.wait() == 143
    assert told[-1] == f"riboswitch: error: prepare: {TOLD}" and len(told) == 1
    assert not left(tmp_path)
    until(lambda: not alive(running.pid))


def test_an_interrupt_is_one_word(waiting, tmp_path):
    running = waiting(1)
    running.send_signal(signal.SIGINT)
    assert running.stderr.read() == b"riboswitch: error: interrupted\n" and running.wait() == 130
    assert not left(tmp_path)


def test_a_second_sigterm_does_not_disturb_the_clearing_away():
    cleared = []
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(Stopped) as caught, cli._stoppable("train"):
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)
                cleared.append(True)
        assert cleared and str(caught.value) == f"train: {TOLD}" and caught.value.exit_code == 143
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN  # until the process has gone
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_step_may_listen_itself_for_a_while():
    heard = []
    with cli._stoppable("train"):
        ours = signal.signal(signal.SIGTERM, lambda *_: heard.append(True))
        os.kill(os.getpid(), signal.SIGTERM)
        signal.signal(signal.SIGTERM, ours)
    assert heard and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_an_ignored_sigterm_stays_ignored():
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with cli._stoppable("train"):
            os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_command_may_run_in_any_thread(capsys):
    thread = threading.Thread(target=cli.main, args=(["--version"],))
    thread.start()
    thread.join()
    assert capsys.readouterr().out


# Outputs


def riboswitch(*words, **streams):
    return subprocess.run([sys.executable, "-m", "riboswitch", *words], **streams)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["doctor"]])
def test_a_full_disk_behind_standard_output_is_a_failure(words):
    with open("/dev/full", "w") as full:
        made = riboswitch(*words, stdout=full, stderr=subprocess.PIPE)
    told = made.stderr.decode().splitlines()
    assert made.returncode == 1 and len(told) == 1
    assert told[0].startswith("riboswitch: error: standard output: the disk is full. Make room")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_behind_standard_error_changes_no_exit_code():
    with open("/dev/full", "w") as full:
        made = riboswitch("nope", stdout=subprocess.PIPE, stderr=full)
    assert (made.returncode, made.stdout) == (2, b"")


def test_a_closed_standard_output_is_refused_before_the_work(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SystemExit) as leaving:
        cli.main(["predict", "none.faa", "none.safetensors"])
    assert leaving.value.code == 2
    assert capsys.readouterr().err == "riboswitch: error: standard output is closed. Give --output a file.\n"


def test_too_little_memory_is_one_line(monkeypatch, capsys):
    def grow(_):
        raise MemoryError("Unable to allocate 9.1 TiB")

    monkeypatch.setattr(cli, "app", grow)
    with pytest.raises(SystemExit) as leaving:
        cli.main(["screen"])
    told = "riboswitch: error: not enough memory (Unable to allocate 9.1 TiB). Give the job more of it.\n"
    assert leaving.value.code == 1 and capsys.readouterr().err == told


@pytest.fixture(scope="module")
def inputs(tmp_path_factory, of_lengths):
    folder = tmp_path_factory.mktemp("streams")
    of_lengths([f"C{'C' * n}O" for n in range(12)]).save(folder / "model.safetensors")
    (folder / "in.smi").write_bytes(ROWS)
    return folder


@pytest.mark.parametrize("closed", ["2>&-", "0<&-", "2>&- 0<&-"])
def test_a_stream_that_is_closed_gets_nothing_into_the_data(inputs, closed):
    command = f"exec {sys.executable} -m riboswitch predict {inputs}/in.smi {inputs}/model.safetensors"
    made = [subprocess.run(["sh", "-c", f"{command} {how}"], capture_output=True) for how in ("", closed)]
    assert [run.returncode for run in made] == [0, 0]
    assert made[0].stdout == made[1].stdout
    assert made[0].stdout.count(b"\n") == 31


@pytest.mark.parametrize("closed", ["2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-"])
def test_a_library_is_the_same_with_closed_streams(inputs, tmp_path, closed):
    for name, how in (("open", ""), ("closed", closed)):
        command = f"{sys.executable} -m riboswitch prepare {inputs}/in.smi --processes 2 --output {tmp_path}"
        made = subprocess.run(["sh", "-c", f"exec {command}/{name} {how}"], capture_output=True)
        assert (made.returncode, made.stdout) == (0, b"")
    files = {path.name: path.read_bytes() for path in (tmp_path / "open").iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "closed").iterdir()} == files


def test_input_from_a_closed_stream_is_refused(tmp_path):
    command = f"exec {sys.executable} -m riboswitch prepare - --output {tmp_path}/x"
    reading = """--reading '{"format": "smi"}'"""
    made = subprocess.run(["sh", "-c", f"{command} {reading} 0<&-"], capture_output=True)
    told = made.stderr.decode()
    assert made.returncode == 1 and told.startswith("riboswitch: error: standard input: it is closed")
