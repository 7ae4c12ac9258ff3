"""A space, read once; a test that changes it copies it first."""

from __future__ import annotations

import pytest

from riboswitch.steps.space import space
from synthon_spaces import lines


@pytest.fixture(scope="session")
def space_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("space") / "synthons.txt"
    path.write_text("\n".join(lines()) + "\n")
    return path


@pytest.fixture(scope="session")
def folder(space_file, tmp_path_factory):
    made = tmp_path_factory.mktemp("space") / "made"
    space(space_file, output=made)
    return made


@pytest.fixture(scope="session")
def made(folder):
    from riboswitch.spaces.synthons.space import Space

    return Space.open(folder)
