"""Vectors: three numbers a record, read from a CSV file. A whole modality whose input is not text.

The worked example of docs/extending.md; only tests use it. A folder of the source has a file for each part.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from riboswitch.config.settings import check_settings, known_names, one_of, whole
from riboswitch.data.arrays import Ragged, RaggedArrays, distinct
from riboswitch.data.records import Record, Rejection
from riboswitch.io.delimited import read_small_table
from riboswitch.modalities.base import Modality
from riboswitch.modalities.defaults import IN_PAIRS as IN_PAIRS
from riboswitch.modalities.defaults import PER_POSITION as PER_POSITION
from riboswitch.modalities.defaults import POSITION_BASELINES as POSITION_BASELINES
from riboswitch.modalities.defaults import SURVIVAL_BASELINES as SURVIVAL_BASELINES
from riboswitch.modalities.defaults import for_networks as for_networks
from riboswitch.modalities.defaults import label_lengths as label_lengths
from riboswitch.modalities.defaults import of_reading as of_reading
from riboswitch.modalities.defaults import positions as positions
from riboswitch.modalities.defaults import problem as problem
from riboswitch.modalities.defaults import serves as serves
from riboswitch.modalities.defaults import settle as settle
from riboswitch.modalities.defaults import suited as suited

LENGTH = 3
PARTS = ("reader", "grouper", "encoder", "network", "baselines")
MODALITY = Modality("vector", __name__, ("vector",), dict.fromkeys(PARTS, __name__))

# reader
FILE_OPTIONS, INPUT_COLUMNS, CARRIED = ("format",), ("numbers",), {}


def read(path, *, format=None, largest=1e6):
    columns, rows = read_small_table(path, ",")
    for row in rows:
        cells = dict(zip(columns, row.cells, strict=True))
        yield record(row.number, cells.pop("id"), cells.pop("vector"), largest, cells, Path(path).name)


def read_list(values, ids=None, *, largest=1e6):
    for n, value in enumerate(values, 1):
        yield record(n, f"row-{n}" if ids is None else ids[n - 1], value, largest, {}, "list")


def record(number, name, value, largest, fields, source):
    try:
        vector = np.array(value.split() if isinstance(value, str) else value, np.float32)
    except (TypeError, ValueError):
        vector = np.empty(0)
    if vector.shape == (LENGTH,) and (abs(vector) <= largest).all():
        return Record(number, name, {"vector": vector}, fields, source)
    return Rejection(number, name, str(value), "BAD_VECTOR", f"not {LENGTH} numbers", source=source)


def identity(components):
    return " ".join(map(str, components["vector"].tolist()))


def kin(components):
    return frozenset({identity(components)})


kin_hint = identity


SAME = ("same vector", "")


# grouper
METHODS, RELATIVES = ("first", "random"), "first"


def group(inputs, method="first"):
    one_of("way to group vectors", method, METHODS)
    return [f"{v[0]:.0f}" if method == "first" else identity({"vector": v}) for v in inputs["vector"]]


def size(inputs):
    return LENGTH * len(inputs["vector"])


# encoder
@dataclass(frozen=True)
class EncoderSettings:
    pass


def encode(inputs, ids, settings=None):
    known_names(settings or {}, ["modality"], "encoder")
    vectors, index = distinct(inputs["vector"])
    x = np.reshape(vectors, (-1, LENGTH)).astype(np.float32)
    items = {"vector": Ragged({"x": x}, {"x": np.arange(len(x) + 1)})}
    return RaggedArrays(list(ids), items, {"vector": index}, {"modality": "vector"})


# network
TRUNK_SETTINGS = ()
TRAINING, INFERENCE_ROWS, TRUNK = {"epochs": 30, "learning_rate": 0.03}, 64, ("body",)


@dataclass(frozen=True)
class NetworkSettings:
    hidden: int = whole(16)

    def __post_init__(self):
        check_settings(self)


class Network(nn.Module):
    precision = None

    def __init__(self, settings, n_outputs, meta):
        super().__init__()
        self.width = settings.hidden
        self.register_buffer("scale", torch.ones(LENGTH))
        self.body = nn.Sequential(nn.Linear(LENGTH, self.width), nn.Tanh())
        self.head = nn.Linear(self.width, n_outputs)

    def fit_scalers(self, arrays, rows):
        self.scale.copy_(collate(arrays, rows).abs().amax(0).clip(1e-6))

    def embed(self, batch):
        return self.body(batch / self.scale)

    def forward(self, batch):
        return self.head(self.embed(batch))


def collate(arrays, rows):
    return torch.from_numpy(arrays.only.values["x"][arrays.items(rows)])


def batches(arrays, rows, batch_size, rng=None):
    ordered = rows if rng is None else rng.permutation(rows)
    yield from (ordered[i : i + batch_size] for i in range(0, len(rows), batch_size))


# baselines
def average(train_inputs, train_labels, inputs, task, *, seed, weights=None, threads=1):
    classes = np.eye(len(task.classes))
    votes = classes[train_labels[:, 0].astype(int)] if task.kind == "multiclass" else train_labels
    return np.tile(np.nanmean(votes, 0), (len(inputs["vector"]), 1))


BASELINES = {"average": average}
