"""GINE and AttentiveFP obey the laws of the molecule network, and travel in bundles like it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from drugs import DRUGS
from riboswitch.data.model import Model
from riboswitch.data.records import Record, Records
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find
from riboswitch.modalities.molecule.encode import encode
from riboswitch.modalities.molecule.network import Network, NetworkSettings, collate
from riboswitch.steps.featurize import featurize
from riboswitch.steps.split import split
from riboswitch.steps.train import train

KINDS = ("gine", "attentivefp")
ARRAYS = encode({"molecule": DRUGS}, DRUGS)
ROWS = np.arange(len(DRUGS))
CLOSE = {"rtol": 1e-4, "atol": 1e-5}
some_rows = st.lists(st.integers(0, len(DRUGS) - 1), min_size=1, max_size=6).map(np.array)


def network(kind, **sizes):
    torch.manual_seed(0)
    sizes = {"hidden": 12, "ffn_hidden": 8} | sizes
    made = Network(NetworkSettings(kind=kind, **sizes), 2, ARRAYS.meta)
    if made.features.mass:
        made.masses.fill_(12.0)  # as an imported model would have them
    made.fit_scalers(ARRAYS, ROWS)
    return made.eval()


NETS = {kind: network(kind) for kind in KINDS}


def outputs(net, arrays, rows):
    with torch.inference_mode():
        return net(collate(arrays, rows)).numpy()


def shuffled(smiles, rng):
    mol = Chem.MolFromSmiles(smiles)
    order = rng.permutation(mol.GetNumAtoms()).tolist()
    return Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12, deadline=None)
@given(rows=some_rows, seed=st.integers(0, 2**32 - 1))
def test_atom_order_changes_nothing(kind, rows, seed):
    rng = np.random.default_rng(seed)
    other = encode({"molecule": [shuffled(DRUGS[i], rng) for i in rows]}, [str(i) for i in rows])
    found = outputs(NETS[kind], other, np.arange(len(rows)))
    np.testing.assert_allclose(found, outputs(NETS[kind], ARRAYS, rows), **CLOSE)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12, deadline=None)
@given(rows=some_rows)
def test_company_in_the_batch_changes_nothing(kind, rows):
    apart = np.concatenate([outputs(NETS[kind], ARRAYS, rows[i : i + 1]) for i in range(len(rows))])
    np.testing.assert_allclose(outputs(NETS[kind], ARRAYS, rows), apart, **CLOSE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("aggregation", ["mean", "sum", "norm"])
def test_molecules_without_bonds_and_of_several_pieces(kind, aggregation):
    smiles = ["C", "[Na+].[Cl-]", "CCO.O", "O.CCO", "c1ccccc1", "O"]
    arrays, net = encode({"molecule": smiles}, smiles), network(kind, aggregation=aggregation)
    found = outputs(net, arrays, np.arange(6))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[2], found[3], **CLOSE)
    np.testing.assert_allclose(found[::-1], outputs(net, arrays, np.arange(6)[::-1]), **CLOSE)


@pytest.mark.parametrize("kind", KINDS)
def test_no_rows_no_outputs(kind):
    assert outputs(NETS[kind], ARRAYS, np.empty(0, np.int64)).shape == (0, 2)


def test_stereo_and_bonds_are_seen_by_gine():  # AttentiveFP's first weights see bonds too faintly to test
    smiles = ["C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "C/C=C/C", "C/C=C\\C", "CC=CC", "CCCC"]
    found = outputs(NETS["gine"], encode({"molecule": smiles}, smiles), np.arange(len(smiles)))
    assert len(np.unique(found.round(4), axis=0)) == len(smiles)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("features", ["chemprop-v1", "chemprop-v2", "chemprop-organic"])
def test_every_set_of_features_will_do(kind, features):
    net = network(kind, features=features, properties=False, activation="elu", batch_norm=True)
    assert np.isfinite(outputs(net, ARRAYS, ROWS[:20])).all()


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_learns(kind):
    net = network(kind)
    net(collate(ARRAYS, ROWS)).square().sum().backward()
    still = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum()]
    assert still == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_bundle_answers_like_the_network_it_was_made_of(kind, tmp_path):
    rows = [Record(i, f"m{i}", {"molecule": s}, {"size": len(s)}) for i, s in enumerate(DRUGS[4:24], 1)]
    records = Records.collect(rows, ["molecule"], modality="molecule")
    arrays = featurize(records)
    parts = split(records, "random", repeats=1, fractions={"train": 0.6, "valid": 0.2, "test": 0.2})
    model = train(records, arrays, parts, kind="regression", targets=["size"],
                  settings={"epochs": 2}, network={"kind": kind, "hidden": 8})  # fmt: skip
    model.save(tmp_path / "model.safetensors")
    again = Model.load(tmp_path / "model.safetensors")
    assert again.header["network"]["kind"] == kind
    np.testing.assert_array_equal(
        Predictor(again, find(again.modality))(arrays)[0], Predictor(model, find(model.modality))(arrays)[0]
    )
