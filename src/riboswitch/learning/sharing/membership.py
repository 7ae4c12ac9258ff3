"""Whether an input was a training row, by keyed hashes from which no input can be listed.

Whoever has the bundle has its secret, too. So they can hash a compound that they know of and find out whether
it was in training. What they cannot do is read compounds off the hashes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from riboswitch.data.bundles.shared_checks import KEYS, SECRET
from riboswitch.data.model import Model

BYTES = 8  # of a hash: among a million rows a stranger is taken for one of them once in 10^13 times


@dataclass(frozen=True)
class Membership:
    """Keyed hashes of the training rows, sorted, so that their order says nothing.

    Attributes
    ----------
    secret : bytes
        32 bytes, another for each model: the hashes of two bundles cannot be joined, and no table of hashes
        can be made before the bundle is there.
    hashes : mapping of str to ndarray
        For each kind of key uint64, shape (distinct keys,).
    """

    secret: bytes
    hashes: Mapping[str, np.ndarray]

    @classmethod
    def fit(cls, keys: Mapping[str, Sequence[str]], parameters: Mapping[str, np.ndarray]) -> Membership:
        """Hash the keys of training rows.

        Parameters
        ----------
        keys : mapping of str to sequence of str
            For each kind of key those of the rows.
        parameters : mapping of str to ndarray
            Those of the networks: the secret is their digest, so that equal models give equal bundles.
        """
        secret = digest(parameters)
        return cls(secret, {kind: np.unique(_hashed(secret, texts)) for kind, texts in keys.items()})

    @classmethod
    def of(cls, model: Model) -> Membership | None:
        """That of a bundle; None if it has none."""
        if SECRET not in model.tensors:
            return None
        hashes = {
            name.removeprefix(f"{KEYS}."): values
            for name, values in model.tensors.items()
            if name.startswith(f"{KEYS}.")
        }
        return cls(model.tensors[SECRET].tobytes(), hashes)

    def store(self, model: Model) -> None:
        """Put it into a bundle; `of` gives it back."""
        model.tensors[SECRET] = np.frombuffer(self.secret, np.uint8)
        model.tensors |= {f"{KEYS}.{kind}": values for kind, values in self.hashes.items()}

    def __call__(self, texts: Iterable[str], kind: str) -> np.ndarray:
        """Whether each key is that of a training row, bool of shape (texts,)."""
        return np.isin(_hashed(self.secret, texts), self.hashes[kind])


def digest(arrays: Mapping[str, np.ndarray]) -> bytes:
    """SHA-256 of arrays by their names."""
    sha256 = hashlib.sha256()
    for name in sorted(arrays):
        sha256.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}\n".encode())
        sha256.update(np.ascontiguousarray(arrays[name]).tobytes())
    return sha256.digest()


def _hashed(secret: bytes, texts: Iterable[str]) -> np.ndarray:
    """HMAC-SHA256 of each text, its first 8 bytes as uint64 of shape (texts,)."""
    hashed = [hmac.digest(secret, text.encode(), "sha256")[:BYTES] for text in texts]
    return np.frombuffer(b"".join(hashed), "<u8").astype(np.uint64)
