"""A training that was killed goes on where it was, and ends with the bytes it would have ended with.

A checkpoint is a safetensors file with one JSON string, as a bundle is, and a SHA-256 of all that is in it.
"""

from __future__ import annotations

import hashlib
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from riboswitch.config.settings import positive
from riboswitch.data.model import Model
from riboswitch.errors import BundleError, RiboswitchError, Stopped
from riboswitch.io.files import atomic_path
from riboswitch.io.locks import held
from riboswitch.learning.state import State

FORMAT = 1
MINUTES = 1.0  # between two checkpoints; what a killed run loses at most, where it is not told before


class Checkpoint:
    """The file beside an output that its training is continued from.

    Parameters
    ----------
    path : Path
    identity : dict
        JSON values: all that the result depends on, by names that a user knows. A file of another identity
        is not continued from.
    name : str
        Of the training, for messages.
    minutes : float
        How often it is written at most, but for when the process is told to stop.
    """

    def __init__(self, path: Path, identity: Mapping[str, Any], name: str, minutes: float = MINUTES):
        positive("checkpoint_minutes", minutes)
        self.path, self.name, self.minutes = Path(path), name, minutes
        self.identity = json.loads(json.dumps({"format": FORMAT, **identity}))
        self._written = time.monotonic()

    @contextmanager
    def keep(self, state: State) -> Iterator[Callable[[], None]]:
        """Restore the state, and give what is to be called wherever it is whole, as between two batches.

        That call writes the file if it is time to, or if SIGTERM came since the last one. Then it raises
        `Stopped`: in the middle of a batch the state would be torn.
        """
        self._restore(state)
        self._written = time.monotonic()
        with _deferred(signal.SIGTERM) as told_to_stop:

            def checkpoint_hook() -> None:
                if told_to_stop():
                    self._stop(state)
                if time.monotonic() - self._written >= 60 * self.minutes:
                    self._save(state)

            yield checkpoint_hook

    def _stop(self, state: State) -> None:
        hint = "Run the same command again to go on." if self._save(state) else ""
        raise Stopped(f"{self.name}: stopped by SIGTERM (a time limit or scancel) at {state}", hint=hint)

    def _save(self, state: State) -> bool:
        """Write the file; where that fails the training goes on without, for it is only a help."""
        header = json.dumps({"identity": self.identity, "state": state.facts}, sort_keys=True)
        tensors = {name: np.asarray(value, order="C") for name, value in state.tensors.items()}
        content = save(tensors, {"riboswitch": header, "sha256": _seal(header, tensors)})
        try:
            with atomic_path(self.path) as temporary:
                temporary.write_bytes(content)
        except (OSError, RiboswitchError) as error:
            self._say(f"the checkpoint could not be written ({error})")
            return False
        finally:
            self._written = time.monotonic()
        return True

    def _restore(self, state: State) -> None:
        try:
            header, tensors = _load(self.path)
        except FileNotFoundError:
            return
        except (OSError, BundleError) as error:
            self._say(f"the checkpoint cannot be read ({error}); starting anew")
            return
        other = sorted(k for k, v in self.identity.items() if header["identity"].get(k) != v)
        if other:
            self._say(f"the checkpoint is of another training ({', '.join(other)} differ); starting anew")
            return
        state.restore(header["state"], tensors)
        self._say(f"going on after {state}")

    def _say(self, text: str) -> None:
        print(f"{self.name}: {text}", file=sys.stderr, flush=True)


def write_trained(output: Path, minutes: float, training: Callable[..., Model]) -> None:
    """Train and write the bundle, with a checkpoint beside it for as long as it is not there.

    Parameters
    ----------
    output : Path
    minutes : float
        How often the checkpoint is written at most; 0: never.
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
    found = hashlib.sha256()
    for array in arrays:
        found.update(f"{array.dtype.str}{array.shape}".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()[:16]


def _seal(header: str, tensors: Mapping[str, np.ndarray]) -> str:
    names = sorted(tensors)
    return hashlib.sha256(f"{header}{names}{digest(*(tensors[n] for n in names))}".encode()).hexdigest()


def _load(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Header and arrays, if they are as they were written."""
    try:
        with safe_open(path, framework="np") as stored:
            facts = stored.metadata() or {}
            tensors = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise BundleError("damaged", found=error) from error
    header = facts.get("riboswitch", "")
    if facts.get("sha256") != _seal(header, tensors):
        raise BundleError("damaged")
    return json.loads(header), tensors


@contextmanager
def _deferred(number: int) -> Iterator[Callable[[], bool]]:
    """Note a signal for as long as this lasts; one that nobody looked at goes where it would have gone.

    Only the main thread hears signals: in another nothing is changed.
    """
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    former = signal.signal(number, lambda heard, _: came.append(heard))
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(number, former or signal.SIG_DFL)
    if came:
        signal.raise_signal(number)
