"""The toys are modalities here, too: they have no auditor."""

from __future__ import annotations

import pytest

from modalities import toy, toy_pair
from riboswitch import modalities


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setattr(modalities, "_registered", dict(modalities._registered))
    for modality in (toy.MODALITY, toy_pair.MODALITY):
        modalities.register(modality)
