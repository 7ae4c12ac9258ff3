"""Prepared libraries and small networks; a test that changes one copies it first."""

from __future__ import annotations

import shutil

import pytest
from rdkit import Chem

from riboswitch.data.library import Library
from riboswitch.io.sealed import write_sealed
from riboswitch.steps.prepare import prepare
from screening.compounds import AMINES, CHAINS, MANY_AMINES, PREPARING


@pytest.fixture(scope="session")
def raw(tmp_path_factory):
    """Every tenth row cannot be read, and some come twice."""
    path = tmp_path_factory.mktemp("raw") / "raw.csv"
    lines = ["smiles,name,price"]
    for i, smiles in enumerate(AMINES):
        bad = i % 10 == 9
        lines.append(f"{'C(' if bad else smiles},c{i if i % 50 else 0},{i}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="session")
def library(raw, tmp_path_factory):
    return prepare(raw, tmp_path_factory.mktemp("library") / "made", **PREPARING)


@pytest.fixture(scope="session")
def model(of_lengths):
    return of_lengths(map(Chem.CanonSmiles, AMINES[:40]))


@pytest.fixture(scope="session")
def bundle(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("bundle") / "model.safetensors"
    model.save(path)
    return path


@pytest.fixture(scope="session")
def small_blocks(library, tmp_path_factory):
    """The library in blocks of eight rows, three a part."""
    folder = shutil.copytree(library.folder, tmp_path_factory.mktemp("blocks") / "made")
    write_sealed(library.header | {"block_rows": 8}, folder / "library.json")
    return Library.open(folder)


@pytest.fixture(scope="session")
def chain_rows(tmp_path_factory):
    path = tmp_path_factory.mktemp("raw") / "raw.csv"
    lines = [
        "smiles,name",
        *(f"{s},0{i}" for i, s in enumerate(CHAINS)),
        "OC,again",
        "C(,bad",
        ",empty",
        "CCS,new",
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="session")
def chain_library(chain_rows, tmp_path_factory):
    return prepare(
        chain_rows, tmp_path_factory.mktemp("library") / "made", reading={"id_column": "name"}, part_rows=13
    )


@pytest.fixture(scope="session")
def chain_model(of_lengths):
    return of_lengths(CHAINS)


@pytest.fixture(scope="session")
def many_rows(tmp_path_factory):
    """One row of eight cannot be read."""
    path = tmp_path_factory.mktemp("raw") / "raw.csv"
    cells = ["C(" if i % 8 == 7 else smiles for i, smiles in enumerate(MANY_AMINES)]
    path.write_text("smiles,name\n" + "".join(f"{smiles},c{i}\n" for i, smiles in enumerate(cells)))
    return path


@pytest.fixture(scope="session")
def many_library(many_rows, tmp_path_factory):
    return prepare(many_rows, tmp_path_factory.mktemp("library") / "made", part_rows=512)
