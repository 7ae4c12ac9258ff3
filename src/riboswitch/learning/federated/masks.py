"""Masks that hide each owner's numbers and cancel in the sum of all.

Numbers become whole numbers modulo 2 ** 64. For each pair of owners both know a key that the coordinator does
not know. Of its random numbers one adds, the other subtracts the same: Bonawitz et al., CCS 2017, without
their recovery of owners that drop out. The key of a pair is made of a secret that all owners share, or of
X25519 (RFC 7748). SHAKE-256 makes random numbers of a key and of the state that is answered, so that no mask
is used twice.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch.errors import InputError, UsageError

KEY_BYTES = 32
BITS = {"sums": 20, "train": 32, "close": 20}
"""Binary digits after the point, at each stage: the rounding is half of the last one."""
INSTALL = "pip install 'riboswitch[federated]'"


def to_whole(values: np.ndarray, bits: int, owners: int, where: str) -> np.ndarray:
    """Numbers as whole numbers modulo 2 ** 64, uint64.

    Raises
    ------
    InputError
        If one is not finite, or so large that the sum of all owners may not fit.
    """
    most = 2.0 ** (62 - bits) / owners
    bad = np.flatnonzero(~(np.abs(values) < most))
    if len(bad):
        raise InputError("a number is too large to be hidden behind masks", where=where, found=values[bad[0]],
                         hint=f"At most {most:g}: scale inputs and labels, or lower the rate.")  # fmt: skip
    return np.rint(values * 2.0**bits).astype(np.int64).view(np.uint64)


def from_whole(total: np.ndarray, bits: int) -> np.ndarray:
    """The numbers whose sum `to_whole` made, float64."""
    return total.view(np.int64).astype(np.float64) * 2.0**-bits


def masked(whole: np.ndarray, owner: str, pair_keys: Mapping[str, bytes], context: str) -> np.ndarray:
    """Whole numbers behind the masks of an owner.

    Parameters
    ----------
    whole : ndarray
        uint64.
    owner : str
    pair_keys : mapping of str to bytes
        The key that this owner has in common with each of the others.
    context : str
        The state that is answered: another one gives other masks.
    """
    total = whole.copy()
    for other, key in sorted(pair_keys.items()):
        mask = _random(key, context, len(whole))
        total = total + mask if owner < other else total - mask
    return total


def _random(key: bytes, context: str, length: int) -> np.ndarray:
    """Random numbers of a key, uint64 of shape (length,)."""
    stream = hashlib.shake_256(b"riboswitch mask" + key + context.encode()).digest(8 * length)
    return np.frombuffer(stream, "<u8").astype(np.uint64)


def shared_keys(secret: bytes, owner: str, owners: Sequence[str]) -> dict[str, bytes]:
    """Keys of pairs from one secret that all owners share."""
    return {other: _pair_key(secret, owner, other) for other in owners if other != owner}


def agreed_keys(private: bytes, owner: str, public: Mapping[str, str]) -> dict[str, bytes]:
    """Keys of pairs from an owner's private key and the public keys of all, as hexadecimal digits.

    Raises
    ------
    InputError
        If a public key is none, or the owner's own is another one.
    """
    x25519 = _x25519()
    own = x25519.X25519PrivateKey.from_private_bytes(private)
    if public.get(owner) != public_key(private).hex():
        raise InputError("the secret is not the one of this owner's public key", found=owner,
                         hint="Give the file that federate-train made at the stage keys.")  # fmt: skip
    found = {}
    for other, key in public.items():
        if other != owner:
            try:
                both = own.exchange(x25519.X25519PublicKey.from_public_bytes(bytes.fromhex(key)))
            except ValueError as error:
                raise InputError("not a public key", where=other, found=error) from error
            found[other] = _pair_key(both, owner, other)
    return found


def _pair_key(secret: bytes, one: str, other: str) -> bytes:
    return hmac.new(secret, "|".join(sorted((one, other))).encode(), hashlib.sha256).digest()


def public_key(private: bytes) -> bytes:
    """The public key of a private one."""
    return bytes(_x25519().X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw())


def fingerprint(public: Mapping[str, str]) -> str:
    """A short text of all owners' public keys, to be compared by telephone."""
    text = "\n".join(f"{name} {key}" for name, key in sorted(public.items()))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return " ".join(digest[i : i + 4] for i in range(0, 24, 4))


def new_secret(path: Path) -> bytes:
    """Write a new private key, for its owner's eyes only; `UsageError` if the file is there."""
    secret = secrets.token_bytes(KEY_BYTES)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except FileExistsError as error:
        raise UsageError("the file of the new secret is there", where=str(path),
                         hint="Give the name of a new file.") from error  # fmt: skip
    with os.fdopen(handle, "w") as file:
        file.write(secret.hex() + "\n")
    return secret


def read_secret(path: Path) -> bytes:
    """The secret in a file: 64 hexadecimal digits.

    Raises
    ------
    InputError
    """
    try:
        secret = bytes.fromhex(path.read_text("ascii").strip())
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(path)) from error
    except ValueError as error:
        raise InputError("not a secret", where=str(path), hint=MAKE) from error
    if len(secret) != KEY_BYTES:
        raise InputError("not a secret", where=str(path), found=f"{2 * len(secret)} digits", hint=MAKE)
    return secret


MAKE = "It is 64 hexadecimal digits, as openssl rand -hex 32 prints."


def _x25519() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import x25519
    except ModuleNotFoundError as error:
        raise UsageError("agreeing on keys needs cryptography, which is not installed",
                         hint=f"{INSTALL}, or --secure shared.") from error  # fmt: skip
    return x25519
