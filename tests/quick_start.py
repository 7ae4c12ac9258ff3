"""Programs that begin at once: copies of a process that has imported all they need.

A test of the workflow starts a hundred processes, and each would import torch, RDKit and pandas anew, which
takes longer than what it does. A `Starter` imports them once. For each program it forks, and the copy runs
the program with the words, folder, environment and streams of its caller. What is tested remains a process
of its own, with exit code and signals. All copies have one seed of hashes: a test that compares two runs
takes two starters.
"""

from __future__ import annotations

import array
import contextlib
import importlib
import json
import os
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

from riboswitch.cli import ONE_THREAD

PROGRAMS = {"riboswitch": "riboswitch.cli", "snakemake": "snakemake.cli"}
HEAVY = ["numpy", "pandas", "pyarrow.parquet", "torch", "torch_geometric", "rdkit.Chem", "sklearn.ensemble",
         "numba", "scipy.stats", "jsonschema", "pyopal", *PROGRAMS.values()]  # fmt: skip
STREAMS = 3
CLIENT = """\
#!{python} -IS
import array, json, os, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect({address!r})
asked = json.dumps([{program!r}, sys.argv, os.getcwd(), dict(os.environ)]).encode()
streams = array.array("i", range(3)).tobytes()
line.sendmsg([len(asked).to_bytes(8, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
line.sendall(asked)
answer = line.recv(1)
sys.exit(answer[0] if answer else 1)
"""


class Starter:
    """A process that is ready, and a folder with programs that it runs; to be put first on PATH."""

    def __init__(self) -> None:
        # Addresses of sockets are short: a folder of pytest may be too long.
        self._place = tempfile.TemporaryDirectory(prefix="starter-")
        self.folder = Path(self._place.name)
        address = str(self.folder / "socket")
        for program in PROGRAMS:
            path = self.folder / program
            path.write_text(CLIENT.format(python=sys.executable, address=address, program=program))
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
        one = os.environ | dict.fromkeys(ONE_THREAD, "1")  # numpy reads it when it is imported
        command = [sys.executable, "-P", __file__, address]  # folders of tests have names of packages
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, env=one)
        assert self._process.stdout is not None
        with self._process.stdout as told:
            assert told.readline() == b"ready\n"

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._place.cleanup()


def serve(address: str) -> None:
    """Wait for programs to start."""
    for module in HEAVY:
        importlib.import_module(module)
    _all_verbs()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that watch over programs
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen(64)
        door.settimeout(5)
        parent = os.getppid()
        print("ready", flush=True)
        while os.getppid() == parent:  # tests that were killed could not close it
            try:
                line, _ = door.accept()
            except TimeoutError:
                continue
            if os.fork() == 0:
                door.close()
                _watch(line)
            line.close()


def _all_verbs() -> None:
    from riboswitch.steps.verbs import verbs

    for verb in verbs().values():
        importlib.import_module(f"riboswitch.steps.{verb.module}")


def _watch(line: socket.socket) -> None:
    """Run one program, and tell its caller how it ended; end it if the caller is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, parts, *_ = line.recvmsg(8, socket.CMSG_SPACE(STREAMS * array.array("i").itemsize))
    streams = array.array("i")
    streams.frombytes(parts[0][2])
    asked = b""
    while len(asked) < int.from_bytes(size, "big"):
        more = line.recv(1 << 16)
        if not more:
            os._exit(1)
        asked += more
    program = os.fork()
    if program == 0:
        line.close()
        _run(*json.loads(asked), streams)
    for stream in streams:
        os.close(stream)
    ended = os.pidfd_open(program)
    while ended not in select.select([line, ended], [], [])[0]:
        os.kill(program, signal.SIGTERM)
        select.select([ended], [], [])
    status = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
    with contextlib.suppress(OSError):
        line.sendall(bytes([status if status >= 0 else 128 - status]))
    os._exit(0)


def _run(
    program: str, words: list[str], folder: str, environment: dict[str, str], streams: array.array
) -> None:
    """Become a program: its words, folder, environment and streams."""
    code = 0
    try:
        for place, stream in enumerate(streams):
            os.dup2(stream, place)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv[:] = words
        importlib.import_module(PROGRAMS[program]).main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1])
