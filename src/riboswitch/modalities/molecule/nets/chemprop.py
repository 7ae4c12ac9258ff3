"""Reads checkpoints of chemprop 2 without running code in them, and renames their parameters.

A checkpoint is a pickle, and a pickle can call any function that it names. Here only the names in
`ALLOWED_NAMES` resolve, each to a class that does nothing. A checkpoint with any other name is refused before
it is loaded.

References
----------
Heid et al., J. Chem. Inf. Model. 2024, 64, 9.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError  # raised by torch; only torch unpickles here
from typing import Any

import numpy as np
import torch
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

from riboswitch.data.task import OutputKind
from riboswitch.errors import BundleError
from riboswitch.modalities.molecule.nets.features import FEATURES
from riboswitch.modalities.molecule.nets.settings import ACTIVATIONS

ALLOWED_NAMES = {
    f"{module}.{name}"
    for module, names in {
        "chemprop.nn.message_passing.base": "BondMessagePassing AtomMessagePassing",
        "chemprop.nn.message_passing.multi": "MulticomponentMessagePassing",
        "chemprop.nn.message_passing.mol_atom_bond": "MABAtomMessagePassing MABBondMessagePassing",
        "chemprop.nn.agg": "MeanAggregation SumAggregation NormAggregation AttentiveAggregation",
        "chemprop.nn.predictors": "RegressionFFN MveFFN EvidentialFFN QuantileFFN BinaryClassificationFFN "
        "BinaryDirichletFFN MulticlassClassificationFFN MulticlassDirichletFFN SpectralFFN",
        "chemprop.nn.ffn": "ConstrainerFFN",
        "chemprop.nn.transforms": "GraphTransform ScaleTransform UnscaleTransform",
        "chemprop.nn.utils": "Activation",
        "chemprop.nn.metrics": "MSE MAE RMSE BoundedMSE BoundedMAE BoundedRMSE R2Score MVELoss BCELoss SID "
        "EvidentialLoss PointQuantileLoss QuantileLoss CrossEntropyLoss BinaryMCCLoss BinaryMCCMetric "
        "MulticlassMCCLoss MulticlassMCCMetric BinaryAUROC BinaryAUPRC BinaryAccuracy BinaryF1Score "
        "DirichletLoss Wasserstein NLogProbEnrichment",
        "lightning.fabric.utilities.data": "AttributeDict",
        "lightning_fabric.utilities.data": "AttributeDict",
        "torch.nn.modules.activation": " ".join(torch.nn.modules.activation.__all__),
        "torch.nn.modules.linear": "Identity",
        "torchmetrics.metric": "jit_distributed_available",
        "torchmetrics.utilities.data": "dim_zero_cat dim_zero_sum dim_zero_mean dim_zero_max dim_zero_min",
    }.items()
    for name in names.split()
}
"""Names that a chemprop checkpoint may contain, in addition to those of tensors."""

OUTPUT_KINDS: dict[str, OutputKind] = {
    "RegressionFFN": "regression",
    "BinaryClassificationFFN": "binary",
    "MulticlassClassificationFFN": "multiclass",
}
AGGREGATIONS = {"MeanAggregation": "mean", "SumAggregation": "sum", "NormAggregation": "norm"}
SHAPES = {
    (features.atom_width, features.bond_width): name
    for name, features in FEATURES.items()
    if name.startswith("chemprop-")
}
ACTIVATION_STATE = {"leakyrelu": {"negative_slope": 0.01}, "elu": {"alpha": 1.0}}  # of our network
PARAMETERS = {"W_i": "input", "W_h": "message", "W_o": "atom"}  # chemprop's names, and ours
OLDER = {"argparse.Namespace": "v1_to_v2", "chemprop.nn.loss.": "v2_0_to_v2_1"}  # names in older checkpoints
# Errors of torch for a file that is damaged or not a checkpoint.
MALFORMED = (OSError, RuntimeError, ValueError, TypeError, AttributeError, LookupError, AssertionError)
ALTERNATIVE = "Predict with chemprop itself, or train again without it."


@dataclass(frozen=True)
class ChempropCheckpoint:
    """Contents of a checkpoint, with our names.

    Attributes
    ----------
    kind : str
        Kind of the outputs.
    outputs : int
        Number of targets, or of classes.
    targets : tuple of str
        Names of the targets; empty if the checkpoint has none.
    network : dict
        Fields of NetworkSettings.
    parameters : dict of str to ndarray
        Parameters by their names in our network. ``masses`` is not among them: chemprop computes it.
    label_mean, label_sd : tuple of float
        One a target.
    """

    kind: OutputKind
    outputs: int
    targets: tuple[str, ...]
    network: dict[str, Any]
    parameters: dict[str, np.ndarray]
    label_mean: tuple[float, ...]
    label_sd: tuple[float, ...]


def load(path: str | Path) -> ChempropCheckpoint:
    """Read a checkpoint of chemprop 2.x (.pt or .ckpt) for molecules.

    Raises
    ------
    BundleError
        If the file is not a checkpoint, contains a name that is not in `ALLOWED_NAMES`, or describes a
        network with a part that ours does not have.
    """
    with explained(path):
        content = read_checkpoint(path)
        if is_trunk(content):
            raise BundleError("message passing alone, without a head: it predicts nothing", where=str(path),
                              hint="Networks start from it: riboswitch train --init.")  # fmt: skip
        return _Converter(content).checkpoint()


@contextmanager
def explained(path: str | Path) -> Iterator[None]:
    """Raise what is wrong with a file as one `BundleError`."""
    try:
        yield
    except FileNotFoundError as error:
        raise BundleError("no such file", where=str(path)) from error
    except Unsupported as error:
        raise BundleError(f"our network has no {error}", where=str(path), hint=ALTERNATIVE) from error
    except (*MALFORMED, EOFError, UnpicklingError) as error:
        raise BundleError("not a readable checkpoint of chemprop 2", where=str(path), found=error) from error


def is_trunk(content: Any) -> bool:
    """Whether a checkpoint holds message passing alone, as that of CheMeleon does."""
    return isinstance(content, dict) and "W_i.weight" in (content.get("state_dict") or ())


def read_checkpoint(path: str | Path) -> Any:
    """Load a checkpoint if it contains only allowed names."""
    names = set(get_unsafe_globals_in_checkpoint(path))  # disassembles the pickle, runs nothing
    for older, conversion in OLDER.items():
        if any(name.startswith(older) for name in names):
            hint = f"Convert it first: chemprop convert --conversion {conversion}."
            raise BundleError("a checkpoint of an older chemprop", where=str(path), hint=hint)
    strange = sorted(names - ALLOWED_NAMES)
    if strange:
        raise BundleError(
            f"the checkpoint names {strange[0]}, which no network needs: it was not opened",
            where=str(path),
            hint="It may be an attack. If you trust it, save it again with save_model of chemprop.",
        )
    with safe_globals([_inert(name) for name in names]):
        return torch.load(path, map_location="cpu", weights_only=True)


class _Inert:
    """Replaces a class of a checkpoint: it stores its arguments and state and does nothing."""

    given: tuple[Any, ...] = ()
    state: Any = None

    def __init__(self, *given: Any):
        self.given = given

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Mapping:
    """Replaces Lightning's dictionary by a plain one, since torch fills no other."""

    def __new__(cls, *given: Any) -> Any:
        return {}


def _inert(dotted: str) -> type:
    module, _, name = dotted.rpartition(".")
    base = _Mapping if name == "AttributeDict" else _Inert
    return type(name, (base,), {"__module__": module})


class Unsupported(Exception):
    """A part of chemprop that our network does not have; the text names it."""


class _Converter:
    """Converts one checkpoint part by part; a parameter that was used is removed from ``unused``.

    Parameters
    ----------
    content : dict
        ``hyper_parameters``, ``state_dict`` and, in a .pt file, ``output_columns``.
    """

    def __init__(self, content: Any):
        sections = ("hyper_parameters", "state_dict")
        if not isinstance(content, dict) or not all(isinstance(content.get(s), dict) for s in sections):
            raise ValueError(f"no {' and '.join(sections)}")
        self.hyper = content["hyper_parameters"]
        if "mol_predictor" in self.hyper:
            raise Unsupported("prediction of atoms and bonds")
        parts = ("message_passing", "agg", "predictor")
        if not all(isinstance(self.hyper.get(part), dict) for part in parts):
            raise ValueError(f"no {', '.join(parts)}")
        self.passing, self.pooling, self.head = (self.hyper[part] for part in parts)
        tensors = {k: v for k, v in content["state_dict"].items() if isinstance(v, torch.Tensor)}
        self.unused = {k: (v.float() if v.is_floating_point() else v).numpy() for k, v in tensors.items()}
        self.columns = content.get("output_columns")

    def checkpoint(self) -> ChempropCheckpoint:
        """Convert all parts."""
        self._refuse_unsupported()
        network = self._network()
        parameters = self._parameters()
        outputs = len(parameters[f"head.{3 * network['ffn_layers'] - 2}.weight"])
        kind = OUTPUT_KINDS[_name(self.head)]
        if kind == "multiclass" and outputs != self.head["n_classes"]:
            raise Unsupported(f"classes of several targets ({outputs // self.head['n_classes']})")
        mean, sd = self._scale(1 if kind == "multiclass" else outputs)
        self._require_all_used()
        targets = tuple(map(str, self.columns or ()))
        return ChempropCheckpoint(kind, outputs, targets, network, parameters, mean, sd)

    def _refuse_unsupported(self) -> None:
        pooling, head = _name(self.pooling), _name(self.head)
        refuse_passing(self.passing, _name(self.passing))
        for found, part in (
            (self.hyper.get("X_d_transform"), "extra descriptors of molecules (--descriptors-path)"),
            (pooling not in AGGREGATIONS, f"{pooling} (--aggregation)"),
            (head not in OUTPUT_KINDS, f"{head} (--task-type)"),
            (self.head.get("input_dim") != self.passing.get("d_h"), "extra descriptors of molecules"),
        ):
            if found:
                raise Unsupported(part)

    def _network(self) -> dict[str, Any]:
        """Fields of NetworkSettings."""
        activations = {activation_of(self.passing), activation_of(self.head)}
        if len(activations) > 1:
            raise Unsupported(f"activations that differ from part to part ({', '.join(sorted(activations))})")
        widths = {len(self.unused[name]) for name in self._layers()[:-1]}
        if len(widths) > 1:
            raise Unsupported(f"hidden layers of different widths in the head ({sorted(widths)})")
        return {
            **passing_settings(self.passing),
            "dropout": 0.0,
            "aggregation": AGGREGATIONS[_name(self.pooling)],
            "norm": float(self.pooling.get("norm", 100.0)),
            "batch_norm": bool(self.hyper.get("batch_norm")),
            "ffn_hidden": widths.pop() if widths else 1,
            "ffn_layers": len(self._layers()),
            "properties": False,
        }

    def _layers(self) -> list[str]:
        """Names of the weights of the linear layers of the head, in order."""
        found = (re.fullmatch(r"predictor\.ffn\.(\d+)\.\d+\.weight", name) for name in self.unused)
        return [m[0] for m in sorted((m for m in found if m), key=lambda m: int(m[1]))]

    def _take(self, theirs: str, ours: str) -> dict[str, np.ndarray]:
        """Take the parameters of one of chemprop's modules, renamed."""
        names = [name for name in self.unused if name.startswith(f"{theirs}.")]
        return {f"{ours}{name.removeprefix(theirs)}": self.unused.pop(name) for name in names}

    def _parameters(self) -> dict[str, np.ndarray]:
        pairs = {f"message_passing.{theirs}": ours for theirs, ours in PARAMETERS.items()} | {"bn": "norm"}
        linear = [name.removesuffix(".weight") for name in self._layers()]
        pairs |= {theirs: f"head.{3 * i + 1}" for i, theirs in enumerate(linear)}
        return {k: v for theirs, ours in pairs.items() for k, v in self._take(theirs, ours).items()}

    def _scale(self, targets: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and standard deviation of the labels, one a target."""
        taken = self._take("predictor.output_transform", "")
        mean, sd = taken.get(".mean", np.zeros(targets)), taken.get(".scale", np.ones(targets))
        return tuple(mean.ravel().tolist()), tuple(sd.ravel().tolist())

    def _require_all_used(self) -> None:
        """Raise if a parameter was not used, since it would affect the predictions."""
        training_only = ("metrics.", "criterion.", "predictor.criterion.")
        unused = [name for name in self.unused if not name.startswith(training_only)]
        if unused:
            raise Unsupported(f"parameter that matches {unused[0]}")


def _name(part: Mapping[str, Any]) -> str:
    """Name of the class of a part of the network."""
    return getattr(part.get("cls"), "__name__", "unknown part")


def refuse_passing(passing: Mapping[str, Any], kind: str) -> None:
    """Raise `Unsupported` for message passing of a ``kind`` and with parts that our network lacks."""
    shape = passing.get("d_v"), passing.get("d_e")
    for found, part in (
        (kind != "BondMessagePassing", f"message passing by {kind}"),
        (passing.get("undirected"), "undirected messages (--undirected)"),
        (passing.get("d_vd"), "extra descriptors of atoms (--atom-descriptors-path)"),
        (shape == (52, 2), "RIGR features (--multi-hot-atom-featurizer-mode RIGR)"),
        (shape not in SHAPES, f"extra features of atoms or bonds (their widths are {shape[0]}, {shape[1]})"),
    ):
        if found:
            raise Unsupported(part)


def passing_settings(passing: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of NetworkSettings that message passing decides."""
    return {
        "kind": "dmpnn",
        "features": SHAPES[passing["d_v"], passing["d_e"]],
        "hidden": passing["d_h"],
        "depth": passing["depth"],
        "activation": activation_of(passing),
        "bias": bool(passing["bias"]),
    }


def activation_of(part: Mapping[str, Any]) -> str:
    """Our name of the activation of a part; chemprop stores a text, an Activation, or a layer of torch."""
    given = part.get("activation", "relu")
    if isinstance(given, _Inert) and type(given).__name__ != "Activation":
        name, state = type(given).__name__.lower(), given.state or {}
    else:
        name = str(given.given[0] if isinstance(given, _Inert) else given).lower()
        state = {"negative_slope": 0.1, "alpha": 1.0}  # defaults of chemprop
    if name not in ACTIVATIONS:
        raise Unsupported(f"activation {name} (--activation)")
    for setting, ours in ACTIVATION_STATE.get(name, {}).items():
        if state.get(setting) != ours:
            raise Unsupported(f"{name} with {setting} {state.get(setting)}; ours is {ours}")
    return name
