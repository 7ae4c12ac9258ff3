"""Laws of the molecule network: what a molecule's output may depend on, and what it must not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from riboswitch.data.arrays import RaggedArrays
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities.molecule.encode import encode
from riboswitch.modalities.molecule.nets.convert import from_pyg, to_pyg
from riboswitch.modalities.molecule.nets.dmpnn import DMPNN
from riboswitch.modalities.molecule.nets.features import OWN
from riboswitch.modalities.molecule.nets.settings import ACTIVATIONS, KINDS
from riboswitch.modalities.molecule.network import Network, NetworkSettings, batches, collate

DRUGS = [
    line.split("\t")[0] for line in (Path(__file__).parents[3] / "data/drugs.smi").read_text().splitlines()
]
ARRAYS = encode({"molecule": DRUGS}, DRUGS)
ROWS = np.arange(len(DRUGS))
CLOSE = {"rtol": 1e-5, "atol": 2e-6}
some_rows = st.lists(st.integers(0, len(DRUGS) - 1), min_size=1, max_size=8).map(np.array)
seeds = st.integers(0, 2**32 - 1)


def network(**sizes: object) -> DMPNN:
    torch.manual_seed(0)
    made = Network(NetworkSettings(**({"hidden": 16, "ffn_hidden": 8} | sizes)), 2, ARRAYS.meta)  # type: ignore[arg-type]
    made.fit_scalers(ARRAYS, ROWS)
    return made


NETWORKS = {a: network(aggregation=a) for a in ("mean", "sum", "norm")}
NET = NETWORKS["mean"]


def outputs(arrays: RaggedArrays, rows: np.ndarray, net: DMPNN = NET) -> np.ndarray:
    with torch.inference_mode():
        return net(collate(arrays, rows)).numpy()


def gradients(arrays: RaggedArrays, groups: list[np.ndarray]) -> list[np.ndarray]:
    """Gradients of the summed squares of all outputs, the rows taken group by group."""
    net = network()
    for rows in groups:
        net(collate(arrays, rows)).square().sum().backward()
    return [p.grad.numpy() for p in net.parameters()]  # type: ignore[union-attr]


def assert_same_gradients(one: list[np.ndarray], other: list[np.ndarray]) -> None:
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5 * max(1.0, float(np.abs(a).max())))


CHOICES = st.fixed_dictionaries(
    {
        "depth": st.integers(1, 5),
        "bias": st.booleans(),
        "activation": st.sampled_from(sorted(ACTIVATIONS)),
        "aggregation": st.sampled_from(["mean", "sum", "norm"]),
        "properties": st.booleans(),
        "batch_norm": st.booleans(),
    }
)


@settings(max_examples=40, deadline=None)
@given(rows=some_rows, choices=CHOICES)
def test_each_environment_once_is_as_good_as_every_one(rows: np.ndarray, choices: dict[str, object]) -> None:
    net = network(**choices).eval()
    batch = collate(ARRAYS, rows)
    once = torch.autograd.grad(net(batch).square().sum(), [*net.parameters()], allow_unused=True)
    each = torch.autograd.grad(net.plain(batch).square().sum(), [*net.parameters()], allow_unused=True)
    np.testing.assert_allclose(net(batch).detach(), net.plain(batch).detach(), **CLOSE)
    assert_same_gradients(*([g.numpy() for g in way if g is not None] for way in (once, each)))


@settings(max_examples=15, deadline=None)
@given(size=st.integers(1, len(DRUGS)))
def test_any_chunk_size_gives_the_same(size: int) -> None:
    chunks = [outputs(ARRAYS, rows) for rows in batches(ARRAYS, ROWS, size)]
    np.testing.assert_allclose(np.concatenate(chunks), outputs(ARRAYS, ROWS), **CLOSE)


def test_half_precision_is_close() -> None:
    net = network(hidden=64, properties=False)
    exact = outputs(ARRAYS, ROWS, net)
    net.precision = torch.bfloat16
    rough = outputs(ARRAYS, ROWS, net)
    assert not np.array_equal(rough, exact)
    assert np.abs(rough - exact).max() < 0.05 * np.abs(exact).max()


def shuffled(smiles: str, rng: np.random.Generator) -> str:
    mol = Chem.MolFromSmiles(smiles)
    order = rng.permutation(mol.GetNumAtoms()).tolist()
    return Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False)


@settings(max_examples=25, deadline=None)
@given(rows=some_rows, seed=seeds)
def test_atom_order_changes_nothing(rows: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    other = encode({"molecule": [shuffled(DRUGS[i], rng) for i in rows]}, [str(i) for i in rows])
    for net in NETWORKS.values():
        np.testing.assert_allclose(
            outputs(other, np.arange(len(rows)), net), outputs(ARRAYS, rows, net), **CLOSE
        )
    assert_same_gradients(gradients(other, [np.arange(len(rows))]), gradients(ARRAYS, [rows]))


@settings(max_examples=25, deadline=None)
@given(rows=some_rows, seed=seeds)
def test_order_of_rows_orders_the_outputs(rows: np.ndarray, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(rows))
    np.testing.assert_allclose(outputs(ARRAYS, rows[order]), outputs(ARRAYS, rows)[order], **CLOSE)


@settings(max_examples=25, deadline=None)
@given(rows=some_rows, cut=st.integers(0, 8))
def test_company_in_the_batch_changes_nothing(rows: np.ndarray, cut: int) -> None:
    for net in NETWORKS.values():
        apart = np.concatenate([outputs(ARRAYS, rows[i : i + 1], net) for i in range(len(rows))])
        np.testing.assert_allclose(outputs(ARRAYS, rows, net), apart, **CLOSE)
    parts = [p for p in (rows[:cut], rows[cut:]) if len(p)]
    assert_same_gradients(gradients(ARRAYS, parts), gradients(ARRAYS, [rows]))


@pytest.mark.parametrize("smiles", ["C", "O", "[NH4+]"])
def test_molecules_without_bonds(smiles: str) -> None:
    lone = DRUGS.index(smiles)
    alone = outputs(ARRAYS, np.array([lone]))
    assert np.isfinite(alone).all()
    crowd = outputs(ARRAYS, np.array([7, lone, lone, 9]))
    np.testing.assert_allclose(
        crowd, np.concatenate([outputs(ARRAYS, np.array([i])) for i in (7, lone, lone, 9)]), **CLOSE
    )


def test_no_rows_no_outputs() -> None:
    assert outputs(ARRAYS, np.empty(0, np.int64)).shape == (0, 2)
    assert list(batches(ARRAYS, np.empty(0, np.int64), 4)) == []


def naive(net: DMPNN, item: dict[str, np.ndarray], depth: int) -> np.ndarray:
    """D-MPNN as the paper writes it: a dict of messages, one loop for each sum."""
    state = {k: v.numpy().astype(float) for k, v in net.state_dict().items()}
    atoms, bonds = OWN.of_atoms(item["atoms"]).astype(float), OWN.of_bonds(item["bonds"]).astype(float)
    edges = {}
    for (v, w), features in zip(item["ends"].tolist(), bonds, strict=True):
        edges[v, w] = edges[w, v] = features
    first = {
        (v, w): state["input.weight"] @ np.concatenate([atoms[v], features])
        for (v, w), features in edges.items()
    }
    h = {e: np.maximum(0, x) for e, x in first.items()}
    for _ in range(depth - 1):
        m = {(v, w): sum((h[k, u] for k, u in edges if u == v and k != w), np.zeros(16)) for v, w in edges}
        h = {e: np.maximum(0, first[e] + state["message.weight"] @ m[e]) for e in edges}
    total = np.zeros(16)
    for v in range(len(atoms)):
        incoming = sum((h[k, u] for k, u in edges if u == v), np.zeros(16))
        both = np.concatenate([atoms[v], incoming])
        total += np.maximum(0, state["atom.weight"] @ both + state["atom.bias"])
    properties = (item["globals"][0] - state["globals_mean"]) / state["globals_sd"]
    x = np.concatenate([total / len(atoms), properties])
    x = np.maximum(0, state["head.1.weight"] @ x + state["head.1.bias"])
    return state["head.4.weight"] @ x + state["head.4.bias"]


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_equals_the_naive_loops(depth: int) -> None:
    smiles = ["C", "CO", "CCN", "C1CC1", "CC(=O)O", "c1ccsc1", "C/C=C/C#N", "C[C@H](N)O", "C1CC12CC2"]
    arrays, net = encode({"molecule": smiles}, smiles), network(depth=depth)
    expected = [naive(net, arrays.item(i), depth) for i in range(len(smiles))]
    np.testing.assert_allclose(outputs(arrays, np.arange(len(smiles)), net), expected, rtol=1e-4, atol=1e-5)


EMBEDDERS = {
    (kind, properties): network(kind=kind, properties=properties, batch_norm=properties).eval()
    for kind in KINDS
    for properties in (True, False)
}


@pytest.mark.parametrize("shape", EMBEDDERS)
@settings(max_examples=20, deadline=None)
@given(rows=some_rows)
def test_outputs_are_the_head_of_an_embedding(shape: tuple[str, bool], rows: np.ndarray) -> None:
    net = EMBEDDERS[shape]
    batch = collate(ARRAYS, rows)
    with torch.inference_mode():
        embedding = net.embed(batch)
        assert torch.equal(net(batch), net.head(embedding))
        alone = torch.cat([net.embed(collate(ARRAYS, rows[i : i + 1])) for i in range(len(rows))])
    assert embedding.shape == (len(rows), net.width)
    assert net.width == 16 + (ARRAYS.only.values["globals"].shape[1] if shape[1] else 0)
    np.testing.assert_allclose(embedding, alone, **CLOSE)


@pytest.mark.parametrize("shape", EMBEDDERS)
@settings(max_examples=20, deadline=None)
@given(rows=some_rows, data=st.data())
def test_a_molecule_that_comes_again_gets_the_same_row(
    shape: tuple[str, bool], rows: np.ndarray, data: st.DataObject
) -> None:
    again = np.array(data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=12)))
    smiles = [DRUGS[i] for i in rows[again]]
    arrays, net = encode({"molecule": smiles}, [str(i) for i in again]), EMBEDDERS[shape]
    assert len(arrays.only) == len(set(smiles))
    with torch.inference_mode():
        embedding = net.embed(collate(arrays, np.arange(len(arrays))))
        once = net.embed(collate(ARRAYS, rows))
    np.testing.assert_allclose(embedding, once[again], **CLOSE)
    expected = outputs(ARRAYS, rows, net)[again]
    np.testing.assert_allclose(outputs(arrays, np.arange(len(arrays)), net), expected, **CLOSE)


def test_stereo_and_bond_order_are_seen() -> None:
    smiles = ["C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "C/C=C/C", "C/C=C\\C", "CC=CC", "CCCC"]
    out = outputs(encode({"molecule": smiles}, smiles), np.arange(len(smiles)))
    assert len(np.unique(out.round(4), axis=0)) == len(smiles)


@settings(max_examples=50, deadline=None)
@given(n=st.integers(0, 40), size=st.integers(1, 10), shuffle=st.booleans(), seed=seeds)
def test_batches_hold_every_row_once(n: int, size: int, shuffle: bool, seed: int) -> None:
    rows = np.random.default_rng(seed).choice(len(DRUGS), n, replace=False)
    cut = list(batches(ARRAYS, rows, size, np.random.default_rng(seed) if shuffle else None))
    joined = np.concatenate([*cut, np.empty(0, np.int64)])
    np.testing.assert_array_equal(np.sort(joined) if shuffle else joined, np.sort(rows) if shuffle else rows)
    assert all(len(c) == size for c in cut[:-1])
    if shuffle and n > 1 and size > 1:
        assert len(cut[-1]) > 1


def test_scalers_look_at_the_given_rows_only() -> None:
    net = network()
    net.fit_scalers(ARRAYS, np.array([5, 6, 7]))
    values = ARRAYS.only.values["globals"][[5, 6, 7]]
    np.testing.assert_allclose(net.globals_mean, values.mean(0), rtol=1e-5)
    assert (net.globals_sd > 0).all()
    assert {"globals_mean", "globals_sd"} <= set(net.state_dict())


@settings(max_examples=10, deadline=None)
@given(rows=some_rows)
def test_to_pytorch_geometric_and_back(rows: np.ndarray) -> None:
    arrays = ARRAYS.take(rows)
    again = from_pyg(to_pyg(arrays), arrays.ids, arrays.meta)
    assert (again.ids, again.meta) == (arrays.ids, arrays.meta)
    items = arrays.each_item()
    for name, value in items.values.items():
        np.testing.assert_array_equal(again.only.values[name], value)
        np.testing.assert_array_equal(again.only.offsets[name], items.offsets[name])
        assert again.only.values[name].dtype == value.dtype


def test_graphs_with_other_edges_are_refused() -> None:
    graph = to_pyg(ARRAYS.take([9]))[0].coalesce()
    with pytest.raises(InputError, match="reversed"):
        from_pyg([graph], ["a"], {})


@pytest.mark.parametrize(
    "wrong",
    [
        {"hidden": 1.5}, {"hidden": True}, {"hidden": 0}, {"depth": float("nan")}, {"depth": "3"},
        {"ffn_layers": 0}, {"dropout": 1.0}, {"dropout": float("nan")}, {"dropout": -0.1},
        {"aggregation": "max"},
    ],
)  # fmt: skip
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        NetworkSettings(**wrong)  # type: ignore[arg-type]


def test_features_with_masses_are_not_trained_without_them() -> None:
    with pytest.raises(UsageError, match="imported"):
        network(features="chemprop-v2")


@pytest.mark.parametrize("layers", [1, 3])
def test_depth_of_the_head(layers: int) -> None:
    linear = [m for m in network(ffn_layers=layers).head if isinstance(m, torch.nn.Linear)]
    assert len(linear) == layers
    assert linear[-1].out_features == 2
