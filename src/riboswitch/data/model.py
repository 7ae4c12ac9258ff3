"""Model: a bundle, one safetensors file with everything that predict needs.

The header is one JSON string: task, encoder, network settings, and for each member (one trained network)
its seed, label scaling and temperature. Tensors are named ``<member>.<parameter>``. The bundle also holds
golden inputs with their predictions, so a machine that computes other values is noticed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from riboswitch.data.task import Task
from riboswitch.errors import BundleError, UsageError
from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.disk_faults import Reading

FORMAT = 2
LINE_SEPARATOR = "\u2028"  # stands for a line break within a text, such as a quoted id of a table


@dataclass
class Model:
    """An ensemble of networks, as arrays, without torch.

    Attributes
    ----------
    header : dict
        JSON values: ``format``, ``modality``, ``components``, ``task``, ``encoder``, ``network``,
        ``members``, ``training`` (settings, split digest, versions), and after `ensemble` ``golden``.
    tensors : dict of str to ndarray
        Parameters of all members; after `ensemble` also ``training.*``, the training rows.
    """

    header: dict[str, Any]
    tensors: dict[str, np.ndarray]

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

    def parameters(self, member: int) -> dict[str, np.ndarray]:
        """Parameters of one member by their names in the network."""
        prefix = f"{member}."
        return {k.removeprefix(prefix): v for k, v in self.tensors.items() if k.startswith(prefix)}

    def texts(self, name: str) -> list[str]:
        """Texts stored under ``name`` (see `pack_texts`); empty if there are none."""
        if f"{name}.text" not in self.tensors:
            return []
        raw = self.tensors[f"{name}.text"].tobytes()
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
        shapes = self.tensors[f"{key}.shapes"]
        flat = np.split(self.tensors[f"{key}.values"], np.cumsum(shapes.prod(1))[:-1])
        return [array.reshape(shape) for array, shape in zip(flat, shapes, strict=True)]

    def save(self, path: str | Path) -> None:
        """Write safetensors; equal content gives equal bytes."""
        header = json.dumps(self.header, sort_keys=True)
        tensors = {k: np.asarray(self.tensors[k], order="C") for k in sorted(self.tensors)}
        with atomic_path(path) as temporary:
            # Not save_file: if it is killed, it leaves a temporary file with a name of its own.
            temporary.write_bytes(save(tensors, {"riboswitch": header}))

    @classmethod
    def load(cls, path: str | Path) -> Model:
        """Read a bundle.

        Raises
        ------
        BundleError
            If the file is missing, no safetensors file, not made by riboswitch, or of another format.
        """
        try:
            # open() first: safetensors reports a file without read permission as missing.
            with Reading(path), open(path, "rb"), safe_open(path, framework="np") as stored:
                header = json.loads((stored.metadata() or {}).get("riboswitch", "null"))
                tensors = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
        except FileNotFoundError as error:
            raise BundleError("no such file", where=str(path)) from error
        except (SafetensorError, OSError, ValueError) as error:
            raise BundleError("not a readable model bundle (.safetensors)", where=str(path), found=error,
                              hint="Pickled checkpoints (.pt, .ckpt) are not read.") from error  # fmt: skip
        if not isinstance(header, dict) or "format" not in header:
            raise BundleError("a safetensors file, but not one that riboswitch wrote", where=str(path))
        if header["format"] > FORMAT:
            raise BundleError("the bundle is of a newer format", where=str(path), found=header["format"],
                              hint="Use a newer riboswitch.")  # fmt: skip
        if header["format"] < FORMAT:
            raise BundleError("the bundle is of an older format", where=str(path), found=header["format"],
                              hint="Train or import it again with this version.")  # fmt: skip
        return cls(header, tensors)


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
