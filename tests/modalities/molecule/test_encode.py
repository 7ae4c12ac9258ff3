"""Packed facts and properties of molecules, with RDKit's getters and descriptors as oracles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem, DataStructs
from rdkit.Chem import Descriptors, Lipinski, rdFingerprintGenerator, rdMolDescriptors

from drugs import DRUGS
from riboswitch.chem import graphs as graphs_module
from riboswitch.chem.descriptors.packed import GLOBALS
from riboswitch.chem.descriptors.rdkit import DESCRIPTORS
from riboswitch.chem.graphs import format_is_known, from_rdkit, graphs
from riboswitch.chem.packing import ATOM_FIELDS, BOND_FIELDS, unpack
from riboswitch.chem.rdkit_pickle import compact
from riboswitch.chem.similarity import fingerprints, tanimoto, tanimoto_nearest
from riboswitch.data.arrays import RaggedArrays
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities.molecule.encode import encode, encode_mols, for_networks, serves
from riboswitch.modalities.molecule.nets.convert import from_pyg, to_pyg

ODD_LINES = """\
C [Rn] [H][H] [2H]O[2H] [13CH4] [NH4+] [O-]C [Fe+2] [U] C[CH]C [CH3:7]C [CH3:700]C *C [1*]C [*:2]C
C/C=C/C C/C=C\\C CC=CC C1CCC/C=C/CC1 C[C@H](N)C(=O)O C[C@@H]1CC[C@H](C)CC1 F/C(Cl)=C(/F)Br C=[C@]=C
[NH3]->[Fe+2] N[Pt@SP1](F)(Cl)Br F[P@TB1](Cl)(Br)(I)N C[S@](=O)c1ccccc1 C[P@](=O)(O)c1ccccc1
c1ccc2[nH]ccc2c1 C12C3C4C1C5C2C3C45 C1CC2CC1C2 [Na+].[Cl-] c1ccccc1.c1ccccc1.CC [Al+3]
[O-][Cl+3]([O-])([O-])O O=C1c2ccccc2C(=O)N1 C1CC1.C1CC1CC#CC#N [Hg+]
C[Si](C)(C)C B1OB1 [Og] [100C] [BH4-] [cH-]1cccc1 [te]1cccc1
"""
ODD = ODD_LINES.split()
LONG = [
    "N" * 255,
    "N" * 256,
    "C1CC1" + "C/C=C/" * 90 + "C",
    "[CH3:1]" + "C" * 260,
    "C[C@H](N)C(=O)" * 60 + "O",
]


def one(smiles: str) -> dict[str, np.ndarray]:
    return encode({"molecule": [smiles]}, ["it"]).item(0)


def atom_values(smiles: str, field: str) -> list[int]:
    return unpack(one(smiles)["atoms"], ATOM_FIELDS)[field].tolist()


def bond_values(smiles: str, field: str) -> list[int]:
    return unpack(one(smiles)["bonds"], BOND_FIELDS)[field].tolist()


def shuffled(smiles: str, seed: int) -> str:
    mol = Chem.MolFromSmiles(smiles)
    order = np.random.default_rng(seed).permutation(mol.GetNumAtoms()).tolist()
    return Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False)


def assert_as_asked(inputs: list[str]) -> None:
    mols = [Chem.MolFromSmiles(smiles) for smiles in inputs]
    for found, expected in zip(graphs([compact(mol) for mol in mols]), from_rdkit(mols), strict=True):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


def test_the_binary_format_of_this_rdkit_is_known() -> None:
    assert format_is_known(), "encoding is right but slow with this version of RDKit: see rdkit_pickle.py"


@pytest.mark.parametrize("inputs", [DRUGS, ODD, LONG, []], ids=["drugs", "odd", "long", "none"])
def test_packed_values_are_those_of_the_getters(inputs: list[str]) -> None:
    assert_as_asked(inputs)


@given(st.lists(st.tuples(st.sampled_from([*DRUGS, *ODD]), st.integers(0, 999)), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_packed_values_are_those_of_the_getters_in_any_order(picked: list[tuple[str, int]]) -> None:
    assert_as_asked([shuffled(smiles, seed) for smiles, seed in picked])


def test_fields_are_right_with_an_rdkit_whose_format_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs_module, "format_is_known", lambda: False)
    assert_as_asked([*DRUGS, *ODD, *LONG])


def test_a_molecule_that_was_written_and_altered_is_read_as_it_is() -> None:
    mol = Chem.AddHs(Chem.MolFromSmiles("C[C@H](N)C(=O)O"))
    Chem.MolToSmiles(mol)
    mol.GetAtomWithIdx(0).SetProp("note", "x")
    mol.GetAtomWithIdx(1).SetProp("_hidden", "R")
    for found, expected in zip(graphs([compact(mol)]), from_rdkit([mol]), strict=True):
        np.testing.assert_array_equal(found, expected)


@given(st.sampled_from([*DRUGS, *ODD]), st.integers(0, 999))
@settings(max_examples=60, deadline=None)
def test_only_the_tag_depends_on_the_order_of_atoms(smiles: str, seed: int) -> None:
    def facts(text: str) -> tuple[list[int], list[int], list[float]]:
        item = one(text)
        atoms = item["atoms"] & ~ATOM_FIELDS["tag"].mask
        return sorted(atoms.tolist()), sorted(item["bonds"].tolist()), item["globals"][0].round(2).tolist()

    assert facts(shuffled(smiles, seed)) == facts(smiles)


def test_atoms_of_a_zwitterion() -> None:
    smiles = "C[N+](C)(C)CC(=O)[O-]"
    assert atom_values(smiles, "element") == [6, 7, 6, 6, 6, 6, 8, 8]
    assert atom_values(smiles, "charge") == [0, 1, 0, 0, 0, 0, 0, -1]
    assert atom_values(smiles, "degree") == [4, 4, 4, 4, 4, 3, 1, 1]
    assert atom_values(smiles, "hydrogens") == [3, 0, 3, 3, 2, 0, 0, 0]


@pytest.mark.parametrize(
    ("smiles", "cip"),
    [("C[C@H](N)C(=O)O", 2), ("C[C@@H](N)C(=O)O", 1), ("OC(=O)[C@@H](N)C", 2), ("CC(N)C(=O)O", 0)],
)
def test_chirality_is_that_of_the_molecule_not_of_the_text(smiles: str, cip: int) -> None:
    assert sum(atom_values(smiles, "cip")) == cip
    assert atom_values("[13CH3][C@H](C)N", "isotope") == [13, 0, 0, 0]


@pytest.mark.parametrize(("smiles", "stereo"), [("C/C=C/C", 3), ("C/C=C\\C", 2), ("CC=CC", 0)])
def test_double_bonds_are_e_or_z(smiles: str, stereo: int) -> None:
    assert bond_values(smiles, "stereo") == [0, stereo, 0]
    assert bond_values(smiles, "type") == [1, 2, 1]


def test_aromatic_ring() -> None:
    assert bond_values("c1ccccc1C", "type") == [12, 12, 12, 12, 12, 1, 12]
    assert bond_values("c1ccccc1C", "ring") == [1, 1, 1, 1, 1, 0, 1]
    assert atom_values("c1ccccc1C", "aromatic") == [1] * 6 + [0]


def test_bonds_join_the_atoms_they_join() -> None:
    assert one("CC(=O)N")["ends"].tolist() == [[0, 1], [1, 2], [1, 3]]


def _elements(mol: Chem.Mol, *numbers: int) -> int:
    return sum(atom.GetAtomicNum() in numbers for atom in mol.GetAtoms())


ORACLES = {
    "weight": Descriptors.MolWt,
    "heavy_atoms": Chem.Mol.GetNumHeavyAtoms,
    "hetero_atoms": rdMolDescriptors.CalcNumHeteroatoms,
    "halogens": lambda mol: _elements(mol, 9, 17, 35, 53),
    "acceptors": Lipinski.NOCount,
    "donors": Lipinski.NHOHCount,
    "charge": Chem.GetFormalCharge,
    "aromatic_atoms": lambda mol: len(mol.GetAromaticAtoms()),
    "sp3_carbons": rdMolDescriptors.CalcFractionCSP3,
    "stereo_centres": lambda mol: sum(a.HasProp("_CIPCode") for a in mol.GetAtoms()),
    "rings": lambda mol: len(Chem.GetSSSR(mol)),
    "rotatable_bonds": lambda mol: rdMolDescriptors.CalcNumRotatableBonds(mol, False),
    "conjugated_bonds": lambda mol: sum(b.GetIsConjugated() for b in mol.GetBonds()),
}


@pytest.mark.parametrize("name", GLOBALS)
def test_properties_are_rdkits(name: str) -> None:
    more = ["C[N+](C)(C)C", "[O-]C(=O)C", "C12C3C4C1C5C2C3C45", "CC#CCC", "C.C1CC1.O", "FC(Cl)(Br)I", "O"]
    inputs = [*(drug for drug in DRUGS if "[2H]" not in drug), *more]
    arrays = encode({"molecule": inputs}, inputs)
    found = arrays.only.values["globals"][arrays.items(), GLOBALS.index(name)]
    expected = [ORACLES[name](Chem.MolFromSmiles(smiles)) for smiles in inputs]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_each_distinct_molecule_is_encoded_once() -> None:
    inputs = ["CCO", "C", "CCO", "N", "C"]
    arrays = encode({"molecule": inputs}, list("abcde"))
    assert (len(arrays), len(arrays.only), arrays.items().tolist()) == (5, 3, [0, 1, 0, 2, 1])
    for i, smiles in enumerate(inputs):
        for name, values in one(smiles).items():
            np.testing.assert_array_equal(arrays.item(i)[name], values)


def test_properties_do_not_depend_on_the_company() -> None:
    together = encode({"molecule": DRUGS}, DRUGS)
    for i in (0, 7, len(DRUGS) - 1):
        np.testing.assert_array_equal(one(DRUGS[i])["globals"], together.item(i)["globals"])


def test_molecules_that_are_parsed_already() -> None:
    mols = [Chem.MolFromSmiles(smiles) for smiles in DRUGS]
    expected = encode({"molecule": DRUGS}, DRUGS)
    for given_mols in (mols, iter(mols), [compact(mol) for mol in mols]):
        arrays = encode_mols(given_mols, DRUGS)
        for name, values in expected.only.values.items():
            np.testing.assert_array_equal(arrays.only.values[name], values)
            np.testing.assert_array_equal(arrays.only.offsets[name], expected.only.offsets[name])


def test_graphs_for_pytorch_geometric_and_back() -> None:
    arrays = encode({"molecule": [*DRUGS, *ODD]}, [*DRUGS, *ODD])
    made = to_pyg(arrays)
    assert made[0].x.shape[1] == len(ATOM_FIELDS)
    assert made[0].edge_attr.shape[1] == len(BOND_FIELDS)
    again = from_pyg(made, arrays.ids, arrays.meta)
    each = arrays.only.take(arrays.items())
    for name, values in each.values.items():
        assert again.only.values[name].dtype == values.dtype
        np.testing.assert_array_equal(again.only.values[name], values)
        np.testing.assert_array_equal(again.only.offsets[name], each.offsets[name])
    made[0].x = made[0].x[:, :3]
    with pytest.raises(InputError, match="a table of 9 columns"):
        from_pyg(made, arrays.ids, arrays.meta)


def test_a_molecule_without_bonds_keeps_its_shapes() -> None:
    item = one("C")
    assert item["atoms"].shape == (1,)
    assert item["bonds"].shape == (0,)
    assert item["ends"].shape == (0, 2)


def test_nothing_at_all_keeps_its_shapes() -> None:
    arrays = encode({"molecule": []}, [])
    assert len(arrays) == 0
    assert arrays.only.values["ends"].shape == (0, 2)
    assert arrays.only.values["globals"].shape == (0, len(GLOBALS))


def test_arrays_with_descriptors_serve_models_without_and_not_the_other_way():
    more, fewer = (encode({"molecule": []}, [], {"descriptors": kind}).meta for kind in ("rdkit", "none"))
    assert serves(more, more) and serves(fewer, fewer) and serves(more, fewer)
    assert not serves(fewer, more)
    assert not serves(more | {"encoder": 1}, fewer)


def test_types_and_file(tmp_path: Path) -> None:
    arrays = encode({"molecule": DRUGS[:9]}, DRUGS[:9])
    assert {k: v.dtype.name for k, v in arrays.only.values.items()} == {
        "atoms": "int64", "bonds": "int16", "ends": "uint16", "globals": "float32", "descriptors": "float32",
    }  # fmt: skip
    arrays.save(tmp_path / "a.npz")
    again = RaggedArrays.load(tmp_path / "a.npz")
    plain = {"modality": "molecule", "encoder": 2, "globals": list(GLOBALS)}
    assert again.meta == arrays.meta == plain | {"descriptors": list(DESCRIPTORS)}
    fewer = encode({"molecule": DRUGS[:9]}, DRUGS[:9], {"descriptors": "none"})
    assert fewer.meta == plain and set(fewer.only.values) == set(arrays.only.values) - {"descriptors"}
    assert encode({"molecule": DRUGS[:1]}, ["x"], fewer.meta).meta == plain
    assert encode({"molecule": DRUGS[:1]}, ["x"], again.meta).meta == arrays.meta


@pytest.mark.parametrize("smiles", ["C1CC", "", "not a molecule", "C(C)(C)(C)(C)C"])
def test_errors_of_rdkit_are_named(smiles: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="compound-7"):
        encode({"molecule": ["CC", smiles]}, ["compound-6", "compound-7"])
    assert capfd.readouterr().err == ""


def test_a_giant_is_named() -> None:
    with pytest.raises(InputError, match="giant: a molecule of more than 65536 atoms"):
        encode({"molecule": ["C", "C" * 65537]}, ["small", "giant"])


def test_settings_are_refused() -> None:
    with pytest.raises(UsageError, match="radius"):
        encode({"molecule": ["C"]}, ["a"], {"radius": 3})
    with pytest.raises(UsageError, match="version"):
        encode({"molecule": ["C"]}, ["a"], encode({"molecule": ["C"]}, ["a"]).meta | {"encoder": 1})


def test_one_id_an_input() -> None:
    with pytest.raises(ValueError, match="2 ids for 1 inputs"):
        encode({"molecule": ["C"]}, ["a", "b"])
    with pytest.raises(ValueError, match="2 ids for 1 molecules"):
        encode_mols([Chem.MolFromSmiles("C")], ["a", "b"])


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
    monkeypatch.setattr("riboswitch.chem.similarity.QUERIES_TOGETHER", 7)
    packed = fingerprints(DRUGS)
    similarity, index = tanimoto_nearest(packed, packed[:30])
    full = tanimoto(packed, packed[:30])
    np.testing.assert_array_equal(index, full.argmax(1))
    np.testing.assert_array_equal(similarity, full.max(1))
    assert (similarity[:30] == 1).all()


def test_fingerprints_without_bits_have_similarity_zero() -> None:
    nothing = np.zeros((1, 256), np.uint8)
    assert tanimoto(nothing, nothing) == 0


def test_networks_read_no_descriptors():
    more, fewer = (encode({"molecule": []}, [], {"descriptors": kind}).meta for kind in ("rdkit", "none"))
    assert for_networks(more) == for_networks(fewer) == fewer
