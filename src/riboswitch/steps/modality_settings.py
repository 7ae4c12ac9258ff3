"""Settings that differ by modality, as `Options` of the verbs that take them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from riboswitch.config.setting_options import Options, Setting, settings_of
from riboswitch.modalities import find, names
from riboswitch.modalities.base import Modality


def _by_modality(source: Callable[[Modality], Any]) -> Callable[[], Mapping[str, list[Setting]]]:
    """The settings of every modality; ``source`` gives the function or class that has them."""
    return lambda: {name: settings_of(source(find(name))) for name in names()}


def training(settings: Callable[..., Any], changed: tuple[Setting, ...] = ()) -> Options:
    """Settings of training; some defaults differ by modality."""

    def by_modality() -> Mapping[str, list[Setting]]:
        return {name: settings_of(settings, find(name).network.TRAINING) for name in names()}

    return Options("Training", settings, by_modality, changed)


NETWORK = Options("Network", by_modality=_by_modality(lambda modality: modality.network.NetworkSettings))
READING = Options("Reading", by_modality=_by_modality(lambda modality: modality.reader.read))
ENCODING = Options("Encoding", by_modality=_by_modality(lambda modality: modality.encoder.EncoderSettings))
GROUPING = Options("Grouping", by_modality=_by_modality(lambda modality: modality.grouper.group))
