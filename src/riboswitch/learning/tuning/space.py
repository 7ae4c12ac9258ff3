"""Which settings a search may change, and to what."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

from riboswitch.errors import UsageError
from riboswitch.learning.starting import USES

PARTS = ("settings", "network", "start")
"""What a setting belongs to: the training, the network, or the network that it starts from."""

Space = dict[str, dict[str, Any]]
"""By ``PART.NAME``, as ``network.hidden``: ``low``, ``high`` and perhaps ``log``; or ``choices``."""

TRAINING: Space = {
    "settings.learning_rate": {"low": 3e-4, "high": 1e-2, "log": True},
    "settings.weight_decay": {"low": 1e-4, "high": 0.3, "log": True},
    "settings.batch_size": {"choices": [32, 64, 128]},
}
WIDTHS = ("hidden", "ffn_hidden")
"""Settings of networks that are halved and doubled."""

RATES = ("dropout",)
"""Settings of networks that are fractions."""

SIMPLE = (bool, int, float, str)


class Draws(Protocol):
    """What draws values: a trial of Optuna."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float: ...
    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int: ...
    def suggest_categorical(self, name: str, choices: list[Any]) -> Any: ...


def default_space(network: Any, started: bool = False) -> Space:
    """Training settings, and the widths and dropouts that the settings of a network have.

    Parameters
    ----------
    network : dataclass
        The settings of a network as they are without tuning.
    started : bool
        Whether there is a network to start from: then how it is used, if at all.
    """
    own: Space = {}
    for name, value in dataclasses.asdict(network).items():
        if name in WIDTHS:
            own[f"network.{name}"] = {"choices": [max(value // 2, 1), value, 2 * value]}
        elif name in RATES:
            own[f"network.{name}"] = {"low": 0.0, "high": 0.4}
    return {**TRAINING, **own, **({"start.use": {"choices": [*USES]}} if started else {})}


def check_space(space: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> Space:
    """The space, which holds the values without tuning, too: a search begins with them.

    Parameters
    ----------
    space : mapping
    known : mapping
        By part the settings that exist, with their values without tuning.

    Raises
    ------
    UsageError
        If a name is no setting, or its values are neither an interval nor a list of choices.
    """
    if not space:
        raise UsageError("there is nothing to tune", where="--space", hint="Name at least one setting.")
    for name, values in space.items():
        part, _, setting = name.partition(".")
        if part not in PARTS or setting not in known.get(part, ()):
            there = ", ".join(f"{p}.{s}" for p in PARTS for s in known.get(p, ()))
            raise UsageError("no such setting", where="--space", found=name, hint=f"There are {there}.")
        if not _is_interval(values) and not _is_choice(values):
            hint = 'As {"low": 0.001, "high": 0.1, "log": true} or {"choices": [64, 128]}.'
            raise UsageError(f"{name} has no values to try", where="--space", found=values, hint=hint)
        if name == "start.use" and not set(values.get("choices", (None,))) <= {*USES}:
            raise UsageError("a start cannot be used in this way", where="--space", found=values,
                             hint=f"Choose from {', '.join(USES)}.")  # fmt: skip
    return {
        name: _holding(values, known[name.split(".")[0]][name.split(".")[1]])
        for name, values in space.items()
    }


def _holding(values: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """The values to try, among them one more."""
    if "choices" in values:
        choices = values["choices"]
        return {"choices": [*choices, *([] if value in choices else [value])]}
    low, high = values["low"], values["high"]
    return {**values, "low": min(low, value), "high": max(high, value)}


def _is_interval(values: Any) -> bool:
    if not isinstance(values, Mapping) or not {"low", "high"} <= values.keys() <= {"low", "high", "log"}:
        return False
    low, high = values["low"], values["high"]
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (low, high))
    return numbers and low < high and (low > 0 or not values.get("log"))


def _is_choice(values: Any) -> bool:
    if not isinstance(values, Mapping) or values.keys() != {"choices"}:
        return False
    choices = values["choices"]
    return isinstance(choices, list) and bool(choices) and all(isinstance(c, SIMPLE) for c in choices)


def drawn(space: Space, trial: Draws) -> dict[str, dict[str, Any]]:
    """Settings that a trial draws, by part."""
    found: dict[str, dict[str, Any]] = {part: {} for part in PARTS}
    for name, values in space.items():
        part, _, setting = name.partition(".")
        found[part][setting] = _value(name, values, trial)
    return found


def _value(name: str, values: dict[str, Any], trial: Draws) -> Any:
    if "choices" in values:
        return trial.suggest_categorical(name, values["choices"])
    low, high, log = values["low"], values["high"], bool(values.get("log"))
    if isinstance(low, int) and isinstance(high, int):
        return trial.suggest_int(name, low, high, log=log)
    return trial.suggest_float(name, low, high, log=log)
