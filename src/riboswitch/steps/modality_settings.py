"""Settings that differ by modality, as `Options` of the verbs that take them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from riboswitch.config.options import Options, Setting, settings_of
from riboswitch.modalities import load, names


def _by_modality(part: str, name: str) -> Callable[[], Mapping[str, list[Setting]]]:
    """Import this part of every modality, and give the settings of the function or class in it."""
    return lambda: {modality: settings_of(vars(load(modality, part))[name]) for modality in names()}


def training(settings: Callable[..., Any], changed: tuple[Setting, ...] = ()) -> Options:
    """How to train; a modality has defaults of its own for some of it."""

    def by_modality() -> Mapping[str, list[Setting]]:
        return {m: settings_of(settings, load(m, "network").TRAINING) for m in names()}

    return Options("Training", settings, by_modality, changed)


NETWORK = Options("Network", by_modality=_by_modality("network", "NetworkSettings"))
READING = Options("Reading", by_modality=_by_modality("read", "read"))
ENCODING = Options("Encoding", by_modality=_by_modality("encode", "EncoderSettings"))
GROUPING = Options("Grouping", by_modality=_by_modality("group", "group"))
