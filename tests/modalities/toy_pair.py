"""Pairs of vectors: a modality of two components, composed of the parts of another one.

The second example of docs/extending.md; only tests use it.
"""

from pathlib import Path

import torch
from torch import nn

from modalities import toy
from riboswitch.config.settings import one_of
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.records import Record, Rejection
from riboswitch.io.delimited import read_small_table
from riboswitch.modalities.base import Modality

SIDES = ("left", "right")
MODALITY = Modality("pair", __name__, SIDES, dict.fromkeys(toy.PARTS, __name__))

# reader
FILE_OPTIONS, INPUT_COLUMNS, CARRIED = ("format",), (), {}


def read(path, *, format=None, largest=1e6):
    columns, rows = read_small_table(path, ",")
    for row in rows:
        cells = dict(zip(columns, row.cells, strict=True))
        sides = {side: cells.pop(side) for side in SIDES}
        yield record(row.number, cells.pop("id"), sides, largest, cells, Path(path).name)


def read_list(values, ids=None, *, largest=1e6):
    for n, value in enumerate(values, 1):
        yield record(n, f"row-{n}" if ids is None else ids[n - 1], value, largest, {}, "list")


def record(number, name, sides, largest, fields, source):
    read = {side: toy.record(number, name, sides[side], largest, fields, source) for side in SIDES}
    bad = next((item for item in read.values() if isinstance(item, Rejection)), None)
    components = {side: item.components["vector"] for side, item in read.items() if not bad}
    return bad or Record(number, name, components, fields, source)


def identity(components):
    return " | ".join(toy.identity({"vector": components[side]}) for side in SIDES)


def kin(components):
    return frozenset({identity(components)})


kin_hint = identity


SAME = ("same pair", "")
label_lengths = toy.label_lengths

# grouper
METHODS, RELATIVES = (*SIDES, "random"), None


def group(inputs, method="left"):
    one_of("way to group pairs", method, METHODS)
    if method in SIDES:
        return toy.group({"vector": inputs[method]})
    return [identity(dict(zip(SIDES, pair, strict=True))) for pair in zip(*inputs.values(), strict=True)]


settle = toy.settle


def size(inputs):
    return sum(toy.size({"vector": inputs[side]}) for side in SIDES)


# encoder
EncoderSettings, problem = toy.EncoderSettings, toy.problem
serves, for_networks, of_reading = toy.serves, toy.for_networks, toy.of_reading


def encode(inputs, ids, settings=None):
    made = {side: toy.encode({"vector": inputs[side]}, ids, settings) for side in SIDES}
    index = {side: arrays.items() for side, arrays in made.items()}
    return RaggedArrays(list(ids), {s: a.only for s, a in made.items()}, index, {"modality": "pair"})


def of_side(arrays, side):
    return RaggedArrays(arrays.ids, {side: arrays.components[side]}, {side: arrays.index[side]}, arrays.meta)


# network
TRUNK_SETTINGS = ()
IN_PAIRS = toy.IN_PAIRS
TRAINING, INFERENCE_ROWS, PER_POSITION, TRUNK = toy.TRAINING, toy.INFERENCE_ROWS, toy.PER_POSITION, SIDES
NetworkSettings, batches, suited, positions = toy.NetworkSettings, toy.batches, toy.suited, toy.positions


class Network(nn.Module):
    precision = None

    def __init__(self, settings, n_outputs, meta):
        super().__init__()
        self.left, self.right = (toy.Network(settings, 1, meta) for _ in SIDES)
        self.width = self.left.width + self.right.width
        self.head = nn.Sequential(nn.Linear(self.width, 8), nn.Tanh(), nn.Linear(8, n_outputs))

    def fit_scalers(self, arrays, rows):
        self.left.fit_scalers(of_side(arrays, "left"), rows)
        self.right.fit_scalers(of_side(arrays, "right"), rows)

    def embed(self, batch):
        return torch.cat([self.left.embed(batch[0]), self.right.embed(batch[1])], dim=1)

    def forward(self, batch):
        return self.head(self.embed(batch))


def collate(arrays, rows):
    return tuple(toy.collate(of_side(arrays, side), rows) for side in SIDES)


# baselines
def average(train_inputs, train_labels, inputs, task, *, seed, weights=None, threads=1):
    known, new = ({"vector": given["left"]} for given in (train_inputs, inputs))
    return toy.average(known, train_labels, new, task, seed=seed)


BASELINES, POSITION_BASELINES, SURVIVAL_BASELINES = {"average": average}, {}, {}
