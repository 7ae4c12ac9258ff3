"""Take out of a bundle what it holds of single training rows.

Nothing is kept but what is named here: what another version adds to a bundle stays with its owner.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from riboswitch.data.model import Model
from riboswitch.errors import InputError, UsageError
from riboswitch.learning.inference import GOLDEN, Predictor
from riboswitch.learning.sharing.card import KEY
from riboswitch.learning.sharing.familiarity import LEAST_ROWS, Familiarity
from riboswitch.learning.sharing.membership import Membership, digest
from riboswitch.learning.trust.calibration import Calibration
from riboswitch.modalities.base import Modality
from riboswitch.modalities.parts import Inputs

WITHOUT_STACK = (
    "Give --library with public inputs: a network learns its answers to them. Or join the networks without "
    "base learners (riboswitch ensemble) and share that; or give --networks-only: answers change."
)
_PLAIN = ("format", "modality", "components", "task", "encoder", "network")
_OF_MEMBER = ("epoch", "temperature", "thresholds", "label_mean", "label_sd", "rows")
_OF_TRAINING = ("settings", "split_name", "versions", "source")


def require_sharable(model: Model, networks_only: bool, library: bool = False) -> None:
    """Raise `UsageError` or `InputError` if a bundle cannot be made fit to be shared.

    Parameters
    ----------
    model : Model
    networks_only, library : bool
        Whether base learners may be left out, or there are public inputs to replace them.
    """
    if library and (networks_only or model.network_weight == 1):
        found = "--networks-only, too" if networks_only else "no base learners"
        raise UsageError("--library replaces base learners", where=model.source, found=found,
                         hint="Leave it out.")  # fmt: skip
    if "shared" in model.header:
        raise UsageError("the bundle was shared already", where=model.source, hint="Hand it on as it is.")
    if not model.members:
        raise UsageError("it has no networks", where=model.source, hint="Base learners cannot be shared.")
    if model.network_weight < 1 and not (networks_only or library):
        names = ", ".join(name for name in model.header["stack"]["weights"] if name != "network")
        raise UsageError("training rows can be read off its base learners", where=model.source, found=names,
                         hint=WITHOUT_STACK)  # fmt: skip
    for target, rows in _labelled(model).items():
        if rows < LEAST_ROWS:
            raise InputError(f"what is said of all training rows says too much of each (target {target})",
                             where=model.source, found=f"{rows} rows with a label",
                             hint=f"{LEAST_ROWS} are needed.")  # fmt: skip


def _labelled(model: Model) -> dict[str, int]:
    """Training rows with a label of each target; where a bundle does not know, the rows of its networks."""
    targets, labels = model.task.targets, model.texts("training.labels")
    if not labels:
        rows = [member["rows"].get("train") for member in model.members]
        return dict.fromkeys(targets, min((n for n in rows if n is not None), default=LEAST_ROWS))
    if len(targets) == 1:
        return {targets[0]: sum(text != "" for text in labels)}
    return {t: sum(f" {t}=" in f" {text}" for text in labels) for t in targets}


def stripped(model: Model, reading: Mapping[str, Any]) -> Model:
    """The networks of a bundle, its task and how inputs are read: a bundle without anything of training rows.

    Golden answers, membership, domain and calibration are still missing. ``reading`` are the checked settings
    for reading inputs.
    """
    header: dict[str, Any] = {key: model.header[key] for key in _PLAIN}
    training = {key: model.header["training"][key] for key in _OF_TRAINING if key in model.header["training"]}
    # The seeds stay away: who knows how a network began can compute more from how it ended.
    header |= {
        "reading": dict(reading),
        "members": [{key: member[key] for key in _OF_MEMBER} | {"repeat": None, "seed": None, "history": []}
                    for member in model.members],
        "training": training | {"records": None, "split": None},
    }  # fmt: skip
    return Model(header, parameters(model), model.source)


def parameters(model: Model) -> dict[str, np.ndarray]:
    """The arrays of the networks by their names."""
    owners = {str(number) for number in range(len(model.members))}
    return {name: values for name, values in model.tensors.items() if name.split(".")[0] in owners}


def add_calibration(made: Model, model: Model) -> str:
    """Keep what calibrates answers, and no calibration row; the sentence that says what changes."""
    calibration = Calibration.of(model)
    if calibration is None:
        return "it is not calibrated, as before"
    if model.network_weight < 1:
        return "intervals and sets are missing, and nothing is calibrated anew: both were of the blend"
    made.header["calibration"] = calibration.without_rows()
    return "the calibration keeps its maps and limits and loses its rows: rank makes no promise with it"


def add_membership(made: Model, model: Model, modality: Modality) -> str:
    """Keep keyed hashes of the training rows; the sentence that says what they tell."""
    keys = model.texts("training.keys")
    if not keys or modality.library is None:
        return "in_training is missing: neither the bundle nor its modality knows it"
    identity, *others = modality.library.KEYS
    inputs = model.inputs("training.inputs")
    kinds = {identity: keys} | {by: modality.library.keys(inputs, by) for by in others}
    Membership.fit(kinds, parameters(made)).store(made)
    return (
        "in_training comes from keyed hashes: whoever has the bundle can ask about compounds that they know"
    )


def add_domain(made: Model, model: Model, modality: Modality) -> str:
    """Keep which parts of inputs are common in the training data; the sentence that says so."""
    grouping = model.header.get("calibration", {}).get("grouping")
    inputs = model.inputs("training.inputs")
    if not grouping or modality.similarity is None or not model.texts("training.ids"):
        return "in_domain is missing: it needs a calibrated bundle, of inputs that can be compared"
    taken = inspect.signature(modality.grouper.group).parameters
    options = {name: value for name, value in grouping["options"].items() if name in taken}
    groups = modality.grouper.group(inputs, grouping["method"], **options)
    found = Familiarity.fit(modality.similarity.fingerprints(inputs), np.array(groups))
    if found is None:
        return "in_domain is missing: there are too few groups or rows"
    found.store(made)
    return (
        "in_domain comes from familiarity, the share of an input's fingerprint that at least "
        f"{LEAST_ROWS} training rows have, and no longer by the nearest training row"
    )


def add_card(made: Model, model: Model, notes: str) -> None:
    """Keep the facts of the card, which are sums over rows; without metrics if they were of other answers."""
    facts = dict(model.header.get(KEY, {}))
    if model.network_weight < 1:
        facts.pop("metrics", None)
    if notes:
        facts = {"rows": len(model.texts("training.ids")), "labels": {}} | facts | {"notes": notes}
    if facts:
        made.header[KEY] = facts


def invented(made: Model, modality: Modality) -> list[Any]:
    """Values of inputs that stem from no data, for golden answers; none is a training row.

    Raises
    ------
    UsageError
        If inputs of the modality cannot be made up.
    """
    part = modality.required("inventor", modality.inventor)
    seed = int.from_bytes(digest(parameters(made))[:8])
    return part.invent(4 * GOLDEN, seed, made.header["reading"], made.header["encoder"])


def add_golden(made: Model, model: Model, modality: Modality, inputs: Inputs) -> None:
    """Store inputs with their answers, for the test at loading.

    Raises
    ------
    UsageError
        If there are none but training rows.
    """
    own = {*model.texts("training.keys"), *_keys(model.inputs("golden"), modality)}
    rows = [row for row, key in enumerate(_keys(inputs, modality)) if key not in own][:GOLDEN]
    if not rows:
        raise UsageError("there is no input with which the bundle could test itself", where=model.source,
                         hint="Give --examples that the model accepts and was not trained on.")  # fmt: skip
    chosen = {name: [values[row] for row in rows] for name, values in inputs.items()}
    Predictor(made, modality).add_golden(chosen)


def _keys(inputs: Inputs, modality: Modality) -> list[str]:
    rows = [dict(zip(inputs, values, strict=True)) for values in zip(*inputs.values(), strict=True)]
    return [modality.reader.identity(components) for components in rows]
