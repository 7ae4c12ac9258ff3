"""Checkpoints: a training that was killed continues, and its result is the same to the byte.

A checkpoint is a sealed file, as a bundle is: see `riboswitch.data.bundles.sealed_arrays`.
"""

from __future__ import annotations

import hashlib
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch.config.schemas import COUNT, SECTION, Schema, mismatch, record
from riboswitch.config.settings import positive
from riboswitch.data.bundles.sealed_arrays import check_seal, read_sealed_arrays, write_sealed_arrays
from riboswitch.data.model import Model
from riboswitch.errors import BundleError, DataError, RiboswitchError, Stopped
from riboswitch.io.locks import held
from riboswitch.io.log.messages import say
from riboswitch.io.strict_json import parse_json
from riboswitch.learning.training_state import STATE, State

FORMAT = 2
HEADER: Schema = record({"format": COUNT, "identity": SECTION, "state": STATE})
MINUTES = 1.0  # between two checkpoints: the most that a run loses if it is killed without SIGTERM


class Checkpoint:
    """The checkpoint file beside an output.

    Parameters
    ----------
    path : Path
    identity : dict
        JSON values: everything that the result depends on, by names that a user knows. A file with another
        identity is ignored.
    name : str
        Name of the training, for messages.
    minutes : float
        Least time between two writes. SIGTERM causes a write at any time.
    """

    def __init__(self, path: Path, identity: Mapping[str, Any], name: str, minutes: float = MINUTES):
        positive("checkpoint_minutes", minutes)
        self.path, self.name, self.minutes = Path(path), name, minutes
        self.identity = parse_json(json.dumps({"format": FORMAT, **identity}))
        self._written = time.monotonic()

    @contextmanager
    def keep(self, state: State) -> Iterator[Callable[[], None]]:
        """Restore the state, and yield a hook to be called when the state is complete (between batches).

        The hook writes the file if ``minutes`` have passed. After a SIGTERM it writes the file and raises
        `Stopped`; the signal itself may come in the middle of a batch, when the state is incomplete.
        """
        self._restore(state)
        self._written = time.monotonic()
        with _deferred(signal.SIGTERM) as stop_requested:

            def checkpoint_hook() -> None:
                if stop_requested():
                    self._stop(state)
                if time.monotonic() - self._written >= 60 * self.minutes:
                    self._save(state)

            yield checkpoint_hook

    def _stop(self, state: State) -> None:
        hint = "Run the same command again to go on." if self._save(state) else ""
        raise Stopped(f"{self.name}: stopped by SIGTERM (a time limit or scancel) at {state}", hint=hint)

    def _save(self, state: State) -> bool:
        """Write the file. If that fails the training continues: its result does not need the file."""
        header = {"format": FORMAT, "identity": self.identity, "state": state.json_values}
        try:
            write_sealed_arrays(header, state.tensors, self.path)
        except (OSError, RiboswitchError) as error:
            self._say(f"the checkpoint could not be written ({error})")
            return False
        finally:
            self._written = time.monotonic()
        return True

    def _restore(self, state: State) -> None:
        try:
            header, tensors = read_sealed_arrays(self.path)
            check_seal(header, tensors, self.path)
            if problem := mismatch(header, HEADER):
                raise BundleError("not the header of a checkpoint", where=str(self.path), found=problem)
        except FileNotFoundError:
            return
        except (OSError, DataError) as error:
            self._say(f"the checkpoint cannot be read ({error}); starting anew")
            return
        other = sorted(k for k, v in self.identity.items() if header["identity"].get(k) != v)
        if other:
            self._say(f"the checkpoint is of another training ({', '.join(other)} differ); starting anew")
            return
        try:
            state.restore(header["state"], tensors)
        except BundleError as error:
            self._say(f"the checkpoint cannot be used ({error}); starting anew")
            return
        self._say(f"going on after {state}")

    def _say(self, text: str) -> None:
        say("line", text, f"{self.name}: ")


def write_trained(output: Path, minutes: float, training: Callable[..., Model]) -> None:
    """Train and write the bundle; a checkpoint lies beside it until it is written.

    Parameters
    ----------
    output : Path
    minutes : float
        Least time between two writes of the checkpoint; 0: never.
    training : callable
        Takes ``checkpoint`` and ``checkpoint_minutes``, as `train` does.

    Raises
    ------
    LockedError
        If another process is training for this output.
    """
    positive("--checkpoint-minutes", minutes, zero=True)
    if not minutes:
        training().save(output)
        return
    path = Path(f"{output}.checkpoint")
    with held(path) as lock:
        model = training(checkpoint=path, checkpoint_minutes=minutes)
        lock.check()
        model.save(output)
        path.unlink(missing_ok=True)


def digest(*arrays: np.ndarray) -> str:
    """Short SHA-256 of arrays: their types, shapes and values."""
    sha256 = hashlib.sha256()
    for array in arrays:
        sha256.update(f"{array.dtype.str}{array.shape}".encode())
        sha256.update(np.ascontiguousarray(array).data)
    return sha256.hexdigest()[:16]


@contextmanager
def _deferred(number: int) -> Iterator[Callable[[], bool]]:
    """Hold a signal back while the block runs, and yield a function that says whether it came.

    If the block ends without an exception, the signal is raised again for the handler from before. Only the
    main thread can handle signals: in another thread nothing is changed.
    """
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    former = signal.signal(number, lambda received, _: came.append(received))
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(number, former or signal.SIG_DFL)
    if came:
        signal.raise_signal(number)
