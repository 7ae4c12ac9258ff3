"""Attacks on a bundle: which training rows can somebody find in it who has the file and nothing else?

The owner counts. A row is found if a text of it (id, input, key, also on the other strand), its letter
codes, its fingerprint or something close to it, its embedding, or its label is anywhere in the file: in the
bytes, in the header, in an array, or in what unpacks from them. Labels of classes are found if an array holds
a column that can only be labels.
"""

from __future__ import annotations

import bz2
import json
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.learning.inference import bundled_networks
from riboswitch.modalities import find

SHORTEST = 8  # bytes of a text that cannot be there by chance
WINDOW = 16  # letters in a row
CLOSE, NEAR = 0.85, 0.01  # Tanimoto similarity; distance of embeddings, relative to their length
LEAST = 20  # values of a column that can be labels
_PACKED: dict[bytes, Callable[[bytes], bytes]] = {
    b"\x78": zlib.decompress,
    b"\x1f\x8b": lambda data: zlib.decompressobj(31).decompress(data),
    b"BZh": bz2.decompress,
    b"\xfd7zXZ": lzma.decompress,
}


@dataclass
class Loot:
    """Everything that can be read from a file.

    Attributes
    ----------
    path : Path
    """

    path: Path

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name."""
        with safe_open(self.path, framework="np") as stored:
            return {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118

    @cached_property
    def header(self) -> Any:
        """The header as JSON values."""
        with safe_open(self.path, framework="np") as stored:
            return json.loads(stored.metadata()["riboswitch"])

    @cached_property
    def bytes(self) -> bytes:
        """The file, the texts of the header, every array, and what unpacks from these."""
        texts = "\n".join(value for value in _leaves(self.header) if isinstance(value, str))
        parts = [self.path.read_bytes(), texts.encode(), *(array.tobytes() for array in self.arrays.values())]
        return b"\n".join([*parts, *(found for part in parts for found in _unpacked(part))])

    @cached_property
    def windows(self) -> set[bytes]:
        """All stretches of bytes of one length."""
        return {self.bytes[i : i + WINDOW] for i in range(len(self.bytes) - WINDOW + 1)}

    @cached_property
    def numbers(self) -> np.ndarray:
        """All numbers of header and arrays, as distinct float32."""
        flat = [np.ravel(array).astype(np.float32) for array in self.arrays.values()]
        flat.append(np.array([v for v in _leaves(self.header) if isinstance(v, int | float)], np.float32))
        return np.unique(np.concatenate(flat))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value
        value = [*value.values()]
    if isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


def _unpacked(data: bytes) -> Iterator[bytes]:
    for magic, unpack in _PACKED.items():
        place = data.find(magic)
        while place >= 0:
            with suppress(zlib.error, OSError, ValueError, EOFError, lzma.LZMAError):
                yield unpack(data[place:])
            place = data.find(magic, place + 1)


def attack(path: Path, records: Records, labels: np.ndarray) -> dict[str, list[int]]:
    """The training rows that each attack finds.

    Parameters
    ----------
    path : Path
        The bundle.
    records : Records
        Its training rows, which only the owner has.
    labels : ndarray
        Their labels, shape (rows, targets).
    """
    loot, model = Loot(path), Model.load(path)
    found = {
        "texts": _texts(loot, records, model),
        "letters": _letters(loot, records, model),
        "fingerprints": _fingerprints(loot, records, model),
        "embeddings": _embeddings(loot, records, model),
        "labels": _labels(loot, labels, model),
    }
    return {name: np.flatnonzero(rows).tolist() for name, rows in found.items()}


def _texts(loot: Loot, records: Records, model: Model) -> np.ndarray:
    modality = find(model.modality)
    found = np.zeros(len(records), bool)
    for row, components in enumerate(records.each_input()):
        texts = {records.ids[row], modality.reader.identity(components), *map(str, components.values())}
        texts |= modality.reader.kin(components)
        if model.header["encoder"].get("alphabet") in ("dna", "codon"):
            texts |= {reverse_complement(text) for text in components.values()}
        forms = [text.encode(code) for text in texts for code in ("utf-8", "utf-16-le", "utf-32-le")]
        found[row] = any(form in loot.bytes for form in forms if len(form) >= SHORTEST)
    return found


def _letters(loot: Loot, records: Records, model: Model) -> np.ndarray:
    """Stretches of a row's letter codes; of other modalities the raw bytes of any encoded array."""
    arrays = find(model.modality).encoder.encode(records.inputs, records.ids, model.header["encoder"])
    part = next(iter(arrays.components.values()))
    found = np.zeros(len(records), bool)
    for name, values in part.values.items():
        offsets = part.offsets.get(name)
        if offsets is None or len(offsets) != len(records) + 1 or values.dtype.itemsize > 1:
            continue
        for row, (start, end) in enumerate(pairwise(offsets)):
            own = values[start:end].tobytes()
            pieces = (own[i : i + WINDOW] for i in range(0, len(own) - WINDOW + 1))
            found[row] |= any(piece in loot.windows for piece in pieces if len(set(piece)) > 2)
    return found


def _fingerprints(loot: Loot, records: Records, model: Model) -> np.ndarray:
    part = find(model.modality).similarity
    found = np.zeros(len(records), bool)
    if part is None:
        return found
    own = part.fingerprints(records.inputs)
    for values in loot.arrays.values():
        raw = np.frombuffer(values.tobytes(), np.uint8)
        rows = raw[: len(raw) // own.shape[1] * own.shape[1]].reshape(-1, own.shape[1])
        rows = rows[np.bitwise_count(rows).sum(1) < 4 * own.shape[1]]  # half of the bits: no fingerprint
        if len(rows):
            found |= part.nearest(own, np.ascontiguousarray(rows))[0] >= CLOSE
    return found


def _embeddings(loot: Loot, records: Records, model: Model) -> np.ndarray:
    modality = find(model.modality)
    arrays = modality.encoder.encode(records.inputs, records.ids, model.header["encoder"])
    batch = modality.network.collate(arrays, np.arange(len(records)))
    found = np.zeros(len(records), bool)
    for network in bundled_networks(model, modality):
        with torch.inference_mode():
            own = network.eval().embed(batch).numpy()
        for values in loot.arrays.values():
            for rows in (values, values.T):
                if rows.ndim == 2 and rows.shape[1] == own.shape[1] and rows.dtype.kind == "f":
                    gaps = np.linalg.norm(own[:, None] - rows[None], axis=2).min(1)
                    found |= gaps <= NEAR * np.linalg.norm(own, axis=1)
    return found


def _labels(loot: Loot, labels: np.ndarray, model: Model) -> np.ndarray:
    if model.task.kind == "regression":
        return np.isin(labels.astype(np.float32), loot.numbers).any(1)
    classes = len(model.task.classes) or 2
    found = np.zeros(len(labels), bool)
    for values in loot.arrays.values():
        columns = np.atleast_2d(values.T) if values.ndim in (1, 2) else []
        for column in columns:
            known = column[~np.isnan(column)] if column.dtype.kind == "f" else column
            alike = len(known) >= LEAST and np.isin(known, np.arange(classes)).all()
            if alike and len(np.unique(known)) > 1:
                found[: len(column)] = True
    texts = "\n".join(map(str, model.task.classes or ("0", "1"))).encode().split(b"\n")
    lines = loot.arrays.get("training.labels.text", np.empty(0, np.uint8)).tobytes().split(b"\n")
    found[: len(lines)] |= [line in texts for line in lines[: len(labels)]]
    return found
