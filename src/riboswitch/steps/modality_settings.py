"""Settings that differ by modality, as `Options` of the verbs that take them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from riboswitch.config.setting_options import Options, Setting, settings_of
from riboswitch.modalities import kinds
from riboswitch.modalities.base import Modality


def _by_modality(source: Callable[[Modality], Any]) -> Callable[[], Mapping[str, list[Setting]]]:
    """The settings of every modality; ``source`` gives the function or class that has them."""
    return lambda: {name: settings_of(source(modality)) for name, modality in kinds().items()}


def training(
    settings: Callable[..., Any], changed: tuple[Setting, ...] = (), without: tuple[str, ...] = ()
) -> Options:
    """Settings of training, but for some; some defaults differ by modality."""

    def by_modality() -> Mapping[str, list[Setting]]:
        found = {name: settings_of(settings, own.network.TRAINING) for name, own in kinds().items()}
        return {name: [each for each in own if each.name not in without] for name, own in found.items()}

    only = tuple(each.name for each in settings_of(settings) if each.name not in without)
    return Options("Training", settings, by_modality, changed, only)


def audit_settings(modality: Modality) -> Any:
    """The settings of an audit; a modality without an auditor has none."""
    return modality.auditor.AuditSettings if modality.auditor else _nothing


def _nothing() -> None:
    """Nothing that could be set."""


def layout_settings(modality: Modality) -> list[Setting]:
    """Options of the reader that say how one file is laid out."""
    reader = modality.reader
    own = [s for s in settings_of(reader.read) if s.name in reader.FILE_OPTIONS and s.name != "repeated_ids"]
    help_text = "Columns to carry to the output. Repeat the option for several."
    return [s._replace(help=help_text) if s.name == "columns" else s for s in own]


NETWORK = Options("Network", by_modality=_by_modality(lambda modality: modality.network.NetworkSettings))
READING = Options("Reading", by_modality=_by_modality(lambda modality: modality.reader.read))
LAYOUT = Options("Reading", by_modality=lambda: {n: layout_settings(own) for n, own in kinds().items()})
"""Options of verbs that read new files for a model: what the inputs mean is the model's."""
ENCODING = Options("Encoding", by_modality=_by_modality(lambda modality: modality.encoder.EncoderSettings))
GROUPING = Options("Grouping", by_modality=_by_modality(lambda modality: modality.grouper.group))
AUDITING = Options("Audit", by_modality=_by_modality(audit_settings))
