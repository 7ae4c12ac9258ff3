"""Model: a bundle, one safetensors file with everything that predict needs.

The header is one JSON string: task, encoder, network settings, and for each member (one trained network)
its seed, label scaling and temperature. Tensors are named ``<member>.<parameter>``. The bundle also holds
golden inputs with their predictions, so a machine that computes other values is noticed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch.data.bundles.checks import check_arrays, check_header
from riboswitch.data.bundles.sealed_arrays import check_seal, read_sealed_arrays, write_sealed_arrays
from riboswitch.data.task import Task
from riboswitch.errors import BundleError, UsageError

FORMAT = 3
LINE_SEPARATOR = "\u2028"  # stands for a line break within a text, such as a quoted id of a table


@dataclass
class Model:
    """An ensemble of networks, as arrays, without torch.

    Attributes
    ----------
    header : dict
        JSON values: ``format``, ``modality``, ``components``, ``task``, ``encoder``, ``network``,
        ``members``, ``training`` (settings, split digest, versions) and ``golden``.
    tensors : dict of str to ndarray
        Parameters of all members, and ``golden.*``; after `ensemble` also ``training.*``, the training rows.
    source : str
        The file, for error messages.
    """

    header: dict[str, Any]
    tensors: dict[str, np.ndarray]
    source: str = field(default="bundle", compare=False, repr=False)

    @classmethod
    def of(cls, model: Model | str | Path) -> Model:
        """The model itself, or the one in a file (see `load`)."""
        return model if isinstance(model, Model) else cls.load(model)

    @property
    def modality(self) -> str:
        return self.header["modality"]

    @property
    def task(self) -> Task:
        return Task.from_dict(self.header["task"])

    @property
    def members(self) -> list[dict[str, Any]]:
        return self.header["members"]

    @property
    def network_weight(self) -> float:
        """Weight of the networks in a blend with base learners; 1 if there are none."""
        return float(self.header["stack"]["weights"]["network"]) if "stack" in self.header else 1.0

    def parameters(self, member: int) -> dict[str, np.ndarray]:
        """Parameters of one member by their names in the network."""
        prefix = f"{member}."
        return {k.removeprefix(prefix): v for k, v in self.tensors.items() if k.startswith(prefix)}

    def texts(self, name: str) -> list[str]:
        """Texts stored under ``name`` (see `pack_texts`); empty if there are none."""
        if f"{name}.text" not in self.tensors:
            return []
        stored = self.tensors[f"{name}.text"]
        if stored.dtype != np.uint8 or stored.ndim != 1:
            raise ValueError(f"{name} is no text")
        raw = stored.tobytes()
        return [t.replace(LINE_SEPARATOR, "\n") for t in raw.decode().split("\n")] if raw else []

    def pack_texts(self, name: str, texts: Sequence[str]) -> None:
        """Store texts as one tensor of bytes, a line each; no text may be empty."""
        lines = "\n".join(t.replace("\n", LINE_SEPARATOR) for t in texts)
        self.tensors[f"{name}.text"] = np.frombuffer(lines.encode(), np.uint8)

    def pack_inputs(self, name: str, inputs: Mapping[str, Sequence[Any]]) -> None:
        """Store inputs. The values of a component are texts, or numeric arrays of equal dimensionality."""
        for component, values in inputs.items():
            key = f"{name}.{component}"
            if all(isinstance(value, str) for value in values):
                self.pack_texts(key, values)
                continue
            arrays = [np.asarray(value) for value in values]
            self.tensors[f"{key}.values"] = np.concatenate([array.ravel() for array in arrays])
            self.tensors[f"{key}.shapes"] = np.array([array.shape for array in arrays], np.int64)

    def inputs(self, name: str) -> dict[str, list[Any]]:
        """Inputs stored under ``name`` (see `pack_inputs`); the lists are empty if there are none."""
        return {c: self._values(f"{name}.{c}") for c in self.header["components"]}

    def _values(self, key: str) -> list[Any]:
        if f"{key}.values" not in self.tensors:
            return self.texts(key)
        values, shapes = self.tensors[f"{key}.values"], self.tensors[f"{key}.shapes"]
        sizes = _sizes(shapes)
        if values.ndim != 1 or sum(sizes) != len(values):
            raise ValueError(f"{key}: {len(values)} values for arrays of {sum(sizes)}")
        flat = np.split(values, np.cumsum(sizes)[:-1])
        return [array.reshape(shape) for array, shape in zip(flat, shapes, strict=True)]

    def save(self, path: str | Path) -> None:
        """Write safetensors; equal content gives equal bytes."""
        write_sealed_arrays(self.header, self.tensors, path)

    @classmethod
    def load(cls, path: str | Path, *, base_learners: bool = False) -> Model:
        """Read a bundle, and check it.

        Parameters
        ----------
        path : path
        base_learners : bool
            Whether it may be a file of `stack`, which has base learners but no networks.

        Raises
        ------
        BundleError
            If the file is missing, no safetensors file, not made by riboswitch, of another format, damaged,
            or not what a bundle must be.
        """
        try:
            header, tensors = read_sealed_arrays(path)
        except FileNotFoundError as error:
            raise BundleError("no such file", where=str(path)) from error
        check_format(header["format"], str(path))
        check_seal(header, tensors, path)
        check_header(header, str(path))
        if not header["members"] and not base_learners:
            raise BundleError("a file of base learners, which has no networks", where=str(path),
                              hint="riboswitch ensemble joins them with networks.")  # fmt: skip
        model = cls(header, tensors, str(path))
        check_arrays(model)
        return model


def _sizes(shapes: np.ndarray) -> list[int]:
    """Number of values of each array, as Python integers, which do not overflow."""
    if shapes.ndim != 2 or shapes.dtype != np.int64 or (shapes < 0).any():
        raise ValueError("not the shapes of arrays")
    return [math.prod(shape) for shape in shapes.tolist()]


def check_format(found: object, where: str) -> None:
    """Raise `BundleError` unless the format of a bundle is that of this version."""
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise BundleError("the bundle has no known format", where=where, found=found,
                          hint="Train or import it again with this version.")  # fmt: skip
    if found > FORMAT:
        raise BundleError("the bundle is of a newer format", where=where, found=found,
                          hint="Use a newer riboswitch.")  # fmt: skip
    if found < FORMAT:
        raise BundleError("the bundle is of an older format", where=where, found=found,
                          hint="Train or import it again with this version.")  # fmt: skip


def named_models(words: Sequence[str]) -> dict[str, Model]:
    """Load models, given as one path or as several NAME=PATH.

    Raises
    ------
    UsageError
        If several models are given and not each has a name of its own.
    """
    pairs = [word.split("=", 1) if "=" in word else ("", word) for word in words]
    if len({name for name, _ in pairs}) < len(pairs) or (len(pairs) > 1 and not all(n for n, _ in pairs)):
        raise UsageError("name each of several models, as solubility=model.safetensors", found=[*words])
    return {name: Model.load(path) for name, path in pairs}
