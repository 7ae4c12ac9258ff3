from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem, DataStructs
from rdkit.Chem import Descriptors, rdFingerprintGenerator

from riboswitch.arrays import RaggedArrays
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities.molecule.encode import (
    ATOM_COLUMNS,
    BOND_COLUMNS,
    GLOBALS,
    encode,
    fingerprints,
    tanimoto,
    tanimoto_nearest,
)

DRUGS = [
    line.split("\t")[0] for line in (Path(__file__).parents[1] / "data/drugs.smi").read_text().splitlines()
]


def one(smiles: str) -> dict[str, np.ndarray]:
    return encode([smiles], ["it"]).item(0)


def atom_values(smiles: str, column: str) -> list[int | str]:
    known = [*ATOM_COLUMNS[column], "other"]
    return [known[code] for code in one(smiles)["atoms"][:, list(ATOM_COLUMNS).index(column)]]


def bond_values(smiles: str, column: str) -> list[int | str]:
    known = [*BOND_COLUMNS[column], "other"]
    return [known[code] for code in one(smiles)["bonds"][:, list(BOND_COLUMNS).index(column)]]


def test_atoms_of_a_zwitterion() -> None:
    smiles = "C[N+](C)(C)CC(=O)[O-]"
    assert atom_values(smiles, "element") == [6, 7, 6, 6, 6, 6, 8, 8]
    assert atom_values(smiles, "charge") == [0, 1, 0, 0, 0, 0, 0, -1]
    assert atom_values(smiles, "degree") == [4, 4, 4, 4, 4, 3, 1, 1]
    assert atom_values(smiles, "hydrogens") == [3, 0, 3, 3, 2, 0, 0, 0]


@pytest.mark.parametrize(
    ("smiles", "chirality"),
    [("C[C@H](N)C(=O)O", "S"), ("C[C@@H](N)C(=O)O", "R"), ("OC(=O)[C@@H](N)C", "S"), ("CC(N)C(=O)O", None)],
)
def test_chirality_is_that_of_the_molecule_not_of_the_text(smiles: str, chirality: str | None) -> None:
    assert sum(atom_values(smiles, "chirality")) == (ord(chirality) if chirality else 0)


@pytest.mark.parametrize(("smiles", "stereo"), [("C/C=C/C", 3), ("C/C=C\\C", 2), ("CC=CC", 0)])
def test_double_bonds_are_e_or_z(smiles: str, stereo: int) -> None:
    assert bond_values(smiles, "stereo") == [0, stereo, 0]
    assert bond_values(smiles, "order") == [2, 4, 2]


def test_aromatic_ring() -> None:
    assert bond_values("c1ccccc1C", "order") == [3, 3, 3, 3, 3, 2, 3]
    assert bond_values("c1ccccc1C", "ring") == [1, 1, 1, 1, 1, 0, 1]
    assert atom_values("c1ccccc1C", "aromatic") == [1] * 6 + [0]


def test_what_is_unknown_has_a_code_of_its_own() -> None:
    assert atom_values("C[Hg]C", "element") == [6, "other", 6]
    assert atom_values("[Ce+3]", "charge") == ["other"]


def test_codes_stay_below_their_sizes() -> None:
    arrays = encode(DRUGS, DRUGS)
    assert (arrays.values["atoms"] < arrays.meta["atom_sizes"]).all()
    assert (arrays.values["bonds"] < arrays.meta["bond_sizes"]).all()
    for name, expected in (("atoms", "GetNumAtoms"), ("bonds", "GetNumBonds"), ("ends", "GetNumBonds")):
        counts = [getattr(Chem.MolFromSmiles(s), expected)() for s in DRUGS]
        assert arrays.lengths(name).tolist() == counts


def test_bonds_join_the_atoms_they_join() -> None:
    assert one("CC(=O)N")["ends"].tolist() == [[0, 1], [1, 2], [1, 3]]


def test_globals_are_rdkits() -> None:
    item = one("CC(=O)Oc1ccccc1C(=O)O")
    mol = Chem.MolFromSmiles("CC(=O)Oc1ccccc1C(=O)O")
    for name, oracle in (
        ("amw", Descriptors.MolWt),
        ("tpsa", Descriptors.TPSA),
        ("kappa1", Descriptors.Kappa1),
    ):
        assert item["globals"][0, GLOBALS.index(name)] == pytest.approx(oracle(mol), rel=1e-5)


def test_a_molecule_without_bonds_keeps_its_shapes() -> None:
    item = one("C")
    assert item["atoms"].shape == (1, 7)
    assert item["bonds"].shape == (0, 4)
    assert item["ends"].shape == (0, 2)


def test_nothing_at_all_keeps_its_shapes() -> None:
    arrays = encode([], [])
    assert len(arrays) == 0
    assert arrays.values["ends"].shape == (0, 2)
    assert arrays.values["globals"].shape == (0, len(GLOBALS))


def test_types_and_file(tmp_path: Path) -> None:
    arrays = encode(DRUGS[:9], DRUGS[:9])
    assert {k: v.dtype.name for k, v in arrays.values.items()} == {
        "atoms": "uint8", "bonds": "uint8", "ends": "int32", "globals": "float32",
    }  # fmt: skip
    arrays.save(tmp_path / "a.npz")
    again = RaggedArrays.load(tmp_path / "a.npz")
    assert again.meta == arrays.meta
    assert encode(DRUGS[:1], ["x"], again.meta).meta == arrays.meta


@pytest.mark.parametrize("smiles", ["C1CC", "", "not a molecule", "C(C)(C)(C)(C)C"])
def test_what_rdkit_refuses_is_named(smiles: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="compound-7"):
        encode(["CC", smiles], ["compound-6", "compound-7"])
    assert capfd.readouterr().err == ""


def test_settings_are_refused() -> None:
    with pytest.raises(UsageError, match="radius"):
        encode(["C"], ["a"], {"radius": 3})
    with pytest.raises(UsageError, match="version"):
        encode(["C"], ["a"], encode(["C"], ["a"]).meta | {"encoder": 0})


def test_one_id_an_input() -> None:
    with pytest.raises(ValueError, match="2 ids for 1"):
        encode(["C"], ["a", "b"])


def test_fingerprints_are_rdkits() -> None:
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    oracle = [generator.GetFingerprint(Chem.MolFromSmiles(s)) for s in DRUGS]
    packed = fingerprints(DRUGS)
    assert packed.shape == (len(DRUGS), 256)
    assert packed.dtype == np.uint8
    bits = [list(np.flatnonzero(np.unpackbits(row))) for row in packed]
    assert bits == [list(o.GetOnBits()) for o in oracle]
    expected = [DataStructs.BulkTanimotoSimilarity(o, oracle) for o in oracle]
    np.testing.assert_allclose(tanimoto(packed, packed), expected, rtol=1e-6)


def test_nearest_is_the_row_maximum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("riboswitch.modalities.molecule.encode.BLOCK", 100)
    packed = fingerprints(DRUGS)
    similarity, index = tanimoto_nearest(packed, packed[:30])
    full = tanimoto(packed, packed[:30])
    np.testing.assert_array_equal(index, full.argmax(1))
    np.testing.assert_array_equal(similarity, full.max(1))
    assert (similarity[:30] == 1).all()


def test_prints_without_bits_are_like_nothing() -> None:
    nothing = np.zeros((1, 256), np.uint8)
    assert tanimoto(nothing, nothing) == 0
