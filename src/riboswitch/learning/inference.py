"""Predictions of the networks in a bundle for encoded inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from riboswitch.config.settings import build
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.bounds.arrays import bounds_at
from riboswitch.data.bounds.columns import bounds_of
from riboswitch.data.bundles.versions import differing
from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.errors import BundleError, InputError, RiboswitchError
from riboswitch.learning.device import deterministic, find_device, set_precision
from riboswitch.learning.forms import FurtherForms, Range, over_forms
from riboswitch.learning.loop import infer
from riboswitch.learning.loss import LabelScale, activate
from riboswitch.learning.prediction_units import PredictionUnits
from riboswitch.learning.stacking import Stack
from riboswitch.learning.trust.calibration import Calibration
from riboswitch.modalities.base import Modality
from riboswitch.modalities.parts import Inputs

AGAIN = "Train or import it again."
GOLDEN = 8  # inputs with their predictions in a bundle
GOLDEN_ANSWERS = 512  # of them at most; inputs with labels for positions have one for each
GOLDEN_TOLERANCE = 1e-3


def golden_inputs(inputs: Inputs) -> dict[str, list[Any]]:
    """Eight of the inputs, evenly spread."""
    rows = np.unique(np.linspace(0, len(next(iter(inputs.values()))) - 1, GOLDEN).astype(int))
    return {name: [values[i] for i in rows] for name, values in inputs.items()}


def golden_sample(answers: np.ndarray) -> np.ndarray:
    """Answers that stand for all: evenly spread, the first and the last among them."""
    number = min(len(answers), GOLDEN_ANSWERS)
    return answers[np.linspace(0, len(answers) - 1, number).astype(int)]


def bundled_networks(model: Model, modality: Modality) -> list[Any]:
    """Make the network of each member, with its parameters.

    The header says how large a network is. Its layers are first laid out without memory and compared with
    the parameters, so that a wrong number takes neither memory nor time.

    Raises
    ------
    BundleError
        If the settings, the form of the encoded inputs or the parameters are not those of a network of this
        modality.
    """
    part, meta, outputs = modality.network, _encoder_meta(model, modality), len(model.task.outputs)
    if not model.members:
        raise BundleError("it has no networks", where=model.source,
                          hint="riboswitch ensemble joins base learners with networks.")  # fmt: skip
    try:
        settings: Any = build(part.NetworkSettings, model.header["network"], "network")
        with torch.device("meta"), _Unfilled():
            layout = _forms(part.Network(settings, outputs, meta))
    except (RiboswitchError, RuntimeError, OverflowError, MemoryError) as error:
        raise BundleError("the settings of the network are not as they should be", where=model.source,
                          found=error, hint=AGAIN) from error  # fmt: skip
    made = []
    for number in range(len(model.members)):
        state = {name: torch.tensor(values) for name, values in model.parameters(number).items()}
        _require_forms(layout, {n: (tuple(v.shape), v.dtype) for n, v in state.items()}, number, model)
        network = part.Network(settings, outputs, meta)
        network.load_state_dict(state)
        made.append(network)
    return made


class _Unfilled(TorchFunctionMode):
    """Parameters are made without first values, for which torch would load its compiler on this device."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if getattr(func, "__module__", "") == "torch.nn.init":
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


def _encoder_meta(model: Model, modality: Modality) -> dict[str, Any]:
    """The form of encoded inputs in the header, which must be what the encoder itself says."""
    stated: dict[str, Any] = model.header["encoder"]
    if model.header["components"] != [*modality.components]:
        raise BundleError("the inputs of the bundle are not those of its modality", where=model.source,
                          found=model.header["components"], hint=AGAIN)  # fmt: skip
    try:
        own = modality.encoder.encode({name: [] for name in modality.components}, [], stated).meta
    except RiboswitchError as error:
        raise BundleError("its inputs cannot be encoded", where=model.source, found=error,
                          hint=AGAIN) from error  # fmt: skip
    if own != stated:
        raise BundleError("its inputs are encoded otherwise here", where=model.source, found=stated,
                          hint=AGAIN)  # fmt: skip
    return stated


def _forms(network: nn.Module) -> dict[str, Any]:
    return {name: (tuple(value.shape), value.dtype) for name, value in network.state_dict().items()}


def _require_forms(layout: dict[str, Any], found: dict[str, Any], number: int, model: Model) -> None:
    differing = sorted(n for n in layout.keys() | found.keys() if layout.get(n) != found.get(n))
    if differing:
        name = differing[0]
        shape = found[name][0] if name in found else "nothing"
        raise BundleError(f"the parameters of member {number} do not fit the network: {name}",
                          where=model.source, found=shape, hint=AGAIN)  # fmt: skip


class Predictor:
    """The networks of a bundle, with its base learners and its calibration if it has any, ready for arrays.

    Parameters
    ----------
    model : Model
    modality : Modality
        The modality of the model.
    precision : {"float32", "bfloat16"}
        Precision of everything before the head; the second is faster and not exact.
    device : {"cpu", "cuda", "auto"}
        ``auto`` takes a GPU if there is one.

    Raises
    ------
    UsageError
        If the network does not have this precision, or there is no GPU.
    BundleError
        If the bundle is not one of such networks.
    """

    def __init__(self, model: Model, modality: Modality, *, precision: str = "float32", device: str = "cpu"):
        self.model, self.task, self.modality, self.part = model, model.task, modality, modality.network
        networks = bundled_networks(model, modality)
        self.stack, self.calibration = Stack.of(model, modality), Calibration.of(model)
        self.networks = []
        for network in networks:
            if precision != "float32":
                set_precision(network, precision)
            self.networks.append(network.eval().to(find_device(device)))

    def encode(self, inputs: Inputs) -> RaggedArrays:
        """Encode inputs with the settings of the training; their ids are their numbers from 0."""
        ids = [str(i) for i in range(len(next(iter(inputs.values()))))]
        return self.modality.encoder.encode(inputs, ids, self.model.header["encoder"])

    def member(self, number: int, arrays: RaggedArrays, rows: np.ndarray | None = None) -> np.ndarray:
        """Predictions of one member, shape (rows, outputs), or (positions of the rows, outputs)."""
        rows = np.arange(len(arrays)) if rows is None else rows
        units = PredictionUnits.of(self.task, self.part, arrays)
        with deterministic():
            raw = infer(self.part, self.networks[number], arrays, rows, units)
        return self.finish(number, raw) if len(rows) else np.empty((0, len(self.task.outputs)))

    def members(self, arrays: RaggedArrays, rows: np.ndarray | None = None) -> np.ndarray:
        """Predictions of each network without base learners, shape (networks, ...); see `member`."""
        return np.stack([self.member(number, arrays, rows) for number in range(len(self.networks))])

    def blended(
        self, members: np.ndarray, arrays: RaggedArrays, rows: np.ndarray | None = None
    ) -> np.ndarray:
        """Predictions of `members`, blended with those of the base learners and calibrated, if there are any.

        Each network is blended and calibrated alone, as those of the calibration rows were.
        """
        blended = members if self.stack is None else self.stack(members, arrays, rows)
        return blended if self.calibration is None else self.calibration(blended)

    def finish(self, number: int, raw: np.ndarray) -> np.ndarray:
        """Raw outputs of one member's network to probabilities or values, of the same shape."""
        member = self.model.members[number]
        # JSON may hold whole numbers that are too large for numpy's.
        mean, sd = (tuple(map(float, member[key])) for key in ("label_mean", "label_sd"))
        return activate(self.task, raw.astype(np.float64), LabelScale(mean, sd), float(member["temperature"]))

    def __call__(self, arrays: RaggedArrays, rows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation over the members, each of the shape that `member` returns.

        If there are base learners, each member is blended with them first.
        """
        return _over_networks(self.blended(self.members(arrays, rows), arrays, rows))

    def of_forms(
        self, arrays: RaggedArrays, forms: FurtherForms | None
    ) -> tuple[np.ndarray, np.ndarray, Range | None]:
        """Mean over the forms of each row and over the members, its standard deviation, and the range.

        Parameters
        ----------
        arrays : RaggedArrays
            One form of each row.
        forms : FurtherForms, optional
            The other forms; None if inputs have one form each: then there is no range.
        """
        members = self.blended(self.members(arrays), arrays)
        if forms is None:
            return *_over_networks(members), None
        further = np.empty((len(members), 0, members.shape[2]))
        if forms.arrays is not None:
            further = self.blended(self.members(forms.arrays), forms.arrays)
        means, span = over_forms(members, further, forms)
        return *_over_networks(means), span

    def add_golden(self, inputs: Inputs) -> None:
        """Store inputs with their predictions in the model, for `check_golden`."""
        answers = golden_sample(self(self.encode(inputs))[0])
        self.model.header["golden"] = np.round(answers, 6).tolist()
        self.model.pack_inputs("golden", inputs)

    def check_golden(self) -> None:
        """Raise `BundleError` if predictions here differ from those of the machine that trained the model."""
        if "golden" not in self.model.header:  # a model in memory; a bundle in a file has them
            return
        where, stated = self.model.source, np.array(self.model.header["golden"], np.float64)
        try:
            with np.errstate(all="ignore"):  # what is not finite is refused below
                found = self(self.encode(self.model.inputs("golden")))[0]
        except (InputError, BundleError) as error:
            raise BundleError("the stored golden inputs cannot be predicted", where=where, found=error,
                              hint=AGAIN) from error  # fmt: skip
        if len(stated) != len(found):  # a bundle of an earlier version has all answers
            found = golden_sample(found)
        if found.shape != stated.shape:
            raise BundleError("the stored golden predictions do not fit this model", where=where,
                              found=stated.shape, hint=AGAIN)  # fmt: skip
        with np.errstate(all="ignore"):
            worst = float(np.abs(found - stated).max())
        if not worst <= GOLDEN_TOLERANCE * max(1.0, float(np.abs(stated).max())):  # true for NaN, too
            raise BundleError(
                f"the model answers differently here than where it was made (by {worst:.2g})",
                where=where,
                hint=differing(self.model.header["training"]["versions"]),
            )


def _over_networks(members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if len(members) == 1:
        return members[0], np.zeros_like(members[0])
    return members.mean(0), members.std(0)


def held_out_of_repeat(
    predictor: Predictor, records: Records, features: RaggedArrays, split: Split
) -> Predictions:
    """Predictions of one network for the validation and test rows of the repeat that it was trained on.

    Raises
    ------
    InputError
        If it was trained on another split or other features, or on all rows.
    """
    model, member = predictor.model, predictor.model.members[0]
    if model.header["encoder"] != features.meta:
        raise InputError("the features were encoded differently than the model expects",
                         found=features.meta, hint="Give the features it was trained on.")  # fmt: skip
    if model.header["training"]["split"] != split.digest:
        raise InputError("a model was trained on another split than this", found=split.meta.get("name"))
    if member["repeat"] is None:
        raise InputError("a model that was trained on all rows has none held out",
                         hint="Give the networks of the split's repeats.")  # fmt: skip
    parts = {part: split.rows(part, member["repeat"]) for part in ("valid", "test")}
    rows = np.concatenate(list(parts.values()))
    part_of_row = np.repeat(list(parts), [len(r) for r in parts.values()])
    units = PredictionUnits.of(model.task, predictor.part, features)
    table = split.table.iloc[rows]
    bounds = bounds_of(records, model.task.targets)
    return Predictions.build(
        model.task, units.names(rows, table["id"]), units.repeated(rows, table["group"]),
        member["repeat"], units.repeated(rows, part_of_row.tolist()), "network",
        model.task.labels(records.table)[units(rows)], predictor.member(0, features, rows),
        member["thresholds"] or None, bounds_at(bounds, units(rows)),
    )  # fmt: skip
