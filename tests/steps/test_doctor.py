"""What is missing is named, with what needs it: packages, and modalities."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modalities.toy import MODALITY
from riboswitch import modalities
from riboswitch.errors import DataError
from riboswitch.steps import doctor as part
from riboswitch.steps.doctor import command, doctor


@pytest.fixture
def registered():
    """A modality that needs a package that nobody has."""
    modalities.register(replace(MODALITY, name="smell", packages=("numpy", "no-such-nose")))
    yield
    modalities._registered.pop("smell")


def test_every_modality_is_looked_at():
    found = {name: (state, good) for name, state, good in doctor()}
    for name in modalities.names():
        state, good = found[f"modality {name}"]
        assert good and all(package in state for package in modalities.find(name).packages)
    assert found["modality profile"][0] == "has all that it needs (no package of its own)"


def test_a_modality_that_lacks_a_package_says_which(registered, capsys):
    command()
    assert "MISSING modality smell lacks no-such-nose: pip install no-such-nose\n" in capsys.readouterr().out


def test_what_alone_needs_an_optional_package_is_said(monkeypatch, capsys):
    assert part.FOR.keys() == part.WANTED.keys()
    monkeypatch.setitem(part.WANTED, "optuna", "no.such.module")
    command()
    said = capsys.readouterr().out
    assert (
        "MISSING optuna cannot be imported" in said
        and "(only riboswitch tune (riboswitch[tune]) needs it)" in said
    )


def test_a_needed_package_that_is_missing_is_an_error(monkeypatch, capsys):
    monkeypatch.setitem(part.NEEDED, "numba", "no.such.module")
    with pytest.raises(DataError, match="the installation is incomplete; found 'numba'"):
        command()
