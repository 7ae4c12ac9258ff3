"""explain: where the truth is known it is found, and what cannot be trusted is not shown."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem
from torch_geometric.explain import Explainer as PygExplainer
from torch_geometric.explain import GNNExplainer

from drugs import DRUGS
from riboswitch import modalities
from riboswitch.chem.atom_maps import LOWERS, RAISES, colour, draw
from riboswitch.data.model import Model
from riboswitch.data.records import Record, Records
from riboswitch.errors import UsageError
from riboswitch.evaluation.maps import LEAST_PARTS, agreement, by_part, doubt, effect_scale
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find
from riboswitch.modalities.molecule import MODALITY
from riboswitch.modalities.molecule import explain as molecules
from riboswitch.modalities.molecule.encode import encode
from riboswitch.modalities.molecule.nets.convert import to_pyg
from riboswitch.modalities.molecule.nets.pyg_explain import GRAPH, OnData, OnFeatures, WithoutEach
from riboswitch.modalities.molecule.network import collate
from riboswitch.reporting.explained import full_scale, render
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.explain import COLUMNS, command, explain
from riboswitch.steps.featurize import featurize
from riboswitch.steps.predict import predict
from riboswitch.steps.split import split
from riboswitch.steps.train import refit, train

LARGE = [s for s in DRUGS if Chem.MolFromSmiles(s).GetNumAtoms() > 8]
WORTH = {"C": 0.2, "N": -0.8, "O": -0.5, "S": 0.9, "Cl": 1.0, "F": 0.6, "Br": 1.2}


def truth(smiles):
    return [WORTH.get(atom.GetSymbol(), 0.0) for atom in Chem.MolFromSmiles(smiles).GetAtoms()]


def bundle(worth, network, seeds=3, kind="regression", epochs=40):
    rows = [Record(i, f"m{i}", {"molecule": s}, {"worth": worth(s)}) for i, s in enumerate(LARGE, 1)]
    records = Records.collect(rows, ["molecule"], modality="molecule", reading={})
    arrays = featurize(records)
    parts = split(records, "random", repeats=1, fractions={"train": 0.8, "valid": 0.1, "test": 0.1})
    how = {"epochs": epochs, "batch_size": 8, "learning_rate": 5e-3, "group_power": 0.0}
    made = train(records, arrays, parts, kind=kind, targets=["worth"], settings=how, network=network)
    return ensemble(
        [refit(records, arrays, parts, [made], seed=i, epochs="all") for i in range(seeds)], records
    )


@pytest.fixture(scope="module")
def model():
    return bundle(lambda s: sum(truth(s)), {"hidden": 32, "ffn_hidden": 16})


@pytest.fixture(scope="module")
def gine():
    return bundle(lambda s: sum(truth(s)), {"kind": "gine", "hidden": 16, "ffn_hidden": 16}, seeds=1)


@pytest.mark.parametrize("smiles", ["CC(=O)Oc1ccccc1C(=O)O", "CCO.O", "O", "C[C@H](N)C(=O)[O-].[Na+]"])
def test_variants_are_the_molecule_and_then_each_without_one_atom(smiles):
    arrays, mol = encode({"molecule": [smiles]}, ["a"]), Chem.MolFromSmiles(smiles)
    items = molecules.without_each(arrays, 0)
    assert len(items) == mol.GetNumAtoms() + 1
    for name, value in arrays.item(0).items():
        np.testing.assert_array_equal(items.item(0)[name], value)
    for gone in range(mol.GetNumAtoms()):
        left = Chem.RWMol(mol)
        left.RemoveAtom(gone)
        item = items.item(gone + 1)
        np.testing.assert_array_equal(item["atoms"], np.delete(arrays.item(0)["atoms"], gone))
        bonds = [(b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in left.GetBonds()]
        assert [tuple(pair) for pair in item["ends"].tolist()] == bonds
        heavy = items.meta["globals"].index("heavy_atoms")
        assert item["globals"][0, heavy] == left.GetNumAtoms()
    assert molecules.parts(arrays, 0) == [atom.GetSymbol() for atom in mol.GetAtoms()]


def test_the_known_contribution_of_an_atom_is_found(model):
    table = explain(LARGE, model)
    assert (table["status"] == "ok").mean() > 0.8
    found = []
    for _, rows in table[table["status"] == "ok"].groupby("id"):
        known = np.array(truth(rows["input"].iloc[0]))
        if len(set(known)) > 2:
            found.append(np.corrcoef(rows["score"], known)[0, 1])
    assert len(found) > 20
    assert np.mean(found) > 0.8


def test_every_input_ends_as_a_map_or_as_a_rejection_in_its_place(model):
    inputs = [LARGE[0], "C1CC", "", "CC", LARGE[1], None]
    table = explain(inputs, model)
    assert list(table.columns) == COLUMNS
    assert table["id"].unique().tolist() == [f"row-{i}" for i in range(1, 7)]
    states = table.groupby("id")["status"].agg(lambda s: "/".join(s.unique()))
    assert states["row-3"] == "EMPTY" and states["row-4"] == "unstable"
    rejected = table[~table["status"].isin(["ok", "unstable"])]
    assert rejected["id"].tolist() == ["row-2", "row-3", "row-6"]
    assert rejected["score"].isna().all() and (rejected["reason"] != "").all()
    for _, rows in table[table["score"].notna()].groupby("id"):
        atoms = Chem.MolFromSmiles(rows["input"].iloc[0]).GetAtoms()
        assert rows["number"].tolist() == list(range(1, len(atoms) + 1))
        assert rows["part"].tolist() == [a.GetSymbol() for a in atoms]
    pd.testing.assert_frame_equal(table, explain(inputs, model))


def test_only_rejections_and_nothing_at_all_are_tables_too(model):
    assert explain(["C1CC", "x"], model)["status"].ne("ok").tolist() == [True, True]
    assert explain([], model).empty


def test_one_network_is_no_reason_for_trust(gine):
    table = explain(LARGE[:2], gine)
    assert (table["status"] == "unstable").all()
    assert table["reason"].str.startswith("one network alone").all()


def test_the_predicted_class_is_explained_unless_another_is_given():
    names = ["few", "many"]
    classes = bundle(lambda s: names[sum(truth(s)) > 0], {"hidden": 8}, 2, "multiclass", epochs=4)
    predicted, few, many = (explain(LARGE[:4], classes, of=of) for of in (None, *names))
    assert set(few["of"]) == {"few"} and (predicted["prediction"] >= 0.5).all()
    np.testing.assert_allclose(few["score"], -many["score"], atol=2e-6)  # log odds of one against the other
    chosen = np.where(predicted["of"] == "few", few["score"], many["score"])
    np.testing.assert_allclose(predicted["score"], chosen)


def test_maps_no_steadier_than_the_control_are_not_shown(model):
    table = explain(LARGE[:3], model, control=model)
    assert (table["status"] == "unstable").all()
    assert table["reason"].str.contains("learned nothing agree as well").all()


def test_unknown_outputs_controls_and_modalities_are_refused(model, gene_model):
    with pytest.raises(UsageError, match="output of this model"):
        explain(["CCO"], model, of="weight")
    with pytest.raises(UsageError, match="control"):
        explain(["CCO"], model, control=gene_model)
    with pytest.raises(UsageError, match="no such modality"):
        explain(["CCO"], Model(model.header | {"modality": "picture"}, model.tensors))


def test_a_modality_need_not_explain(model, monkeypatch):
    parts = {name: part for name, part in MODALITY.parts.items() if name != "explainer"}
    monkeypatch.setitem(modalities._registered, "picture", replace(MODALITY, name="picture", parts=parts))
    silent = Model(model.header | {"modality": "picture"}, model.tensors)
    with pytest.raises(UsageError, match="answers of this modality cannot be explained; found 'picture'"):
        explain(["CCO"], silent)
    assert predict(["CCO"], silent)["worth"].notna().all()


def test_one_row_a_change_gives_the_same_map_of_molecules(model):
    parts, changes = explain(LARGE[:2], model), explain(LARGE[:2], model, changes=True)
    assert set(changes["to"]) == {""}
    pd.testing.assert_frame_equal(changes.drop(columns="to"), parts)


maps = st.integers(5, 30).flatmap(
    lambda n: st.lists(st.lists(st.floats(-5, 5), min_size=n, max_size=n), min_size=2, max_size=4)
)


@settings(max_examples=40, deadline=None)
@given(maps, st.floats(0.01, 100))
def test_agreement_is_of_the_order_alone(rows, factor):
    found = np.array(rows)
    value = agreement(found)
    assert np.isnan(value) or -1 - 1e-9 <= value <= 1 + 1e-9
    np.testing.assert_allclose(agreement(found * factor), value, atol=0.2)
    same = agreement(found[[0, 0]])
    assert np.isnan(same) or np.isclose(same, 1)
    assert np.isnan(same) or np.isclose(agreement(found[:1], -found[:1]), -1)


@settings(max_examples=40, deadline=None)
@given(maps)
def test_agreement_by_value_is_pearsons(rows):
    found = np.array(rows)
    value = agreement(found, None, ranked=False)
    spread = np.ptp(found, axis=1) / np.maximum(np.abs(found).max(1), 1e-300)
    if (spread > 0.01).all():
        table = np.corrcoef(found)
        np.testing.assert_allclose(value, table[np.triu_indices(len(found), 1)].mean(), atol=1e-6)
    assert np.isnan(value) or -1 - 1e-9 <= value <= 1 + 1e-9


def test_a_parts_score_is_the_mean_over_its_changes():
    scores = np.array([[1.0, 3.0, 5.0, -1.0]])
    np.testing.assert_allclose(by_part(scores, np.array([0, 0, 1, 2]), 3), [[2.0, 5.0, -1.0]])
    np.testing.assert_allclose(effect_scale(np.array([0.5, 0.75]), "binary"), [0, np.log(3)])
    np.testing.assert_array_equal(effect_scale(np.array([0.0, 7.0]), "regression"), [0, 7])
    assert np.isfinite(effect_scale(np.array([0.0, 1.0]), "multiclass")).all()


def test_doubts():
    steady = np.tile(np.arange(6.0), (3, 1))
    assert doubt(steady, 0.9, 0.1) == "" == doubt(steady, 0.9, np.nan)
    assert "agree too little" in doubt(steady, 0.4, 0.1)
    assert doubt(steady, 0.5, 0.1, least=0.4) == ""
    assert "all parts are alike" in doubt(np.ones((3, 6)), agreement(np.ones((3, 6))), 0.1)
    assert f"fewer than {LEAST_PARTS}" in doubt(steady[:, :4], 1.0, 0.1)


def test_pytorch_geometrics_explainer_agrees(gine):
    arrays, network = (
        encode({"molecule": LARGE[:3]}, ["a", "b", "c"]),
        Predictor(gine, find(gine.modality)).networks[0],
    )
    wrapped = OnData(network, arrays.meta)
    asked = {"explanation_type": "model", "node_mask_type": "object", "model_config": GRAPH}
    explainer = PygExplainer(wrapped, WithoutEach(), **asked)
    table, sd = explain(LARGE[:3], gine), gine.members[0]["label_sd"][0]
    for number, data in enumerate(to_pyg(arrays), 1):
        found = explainer(data.x, data.edge_index, edge_attr=data.edge_attr, globals=data.globals)
        scores = table.loc[table["id"] == f"row-{number}", "score"]
        np.testing.assert_allclose(found.node_mask[:, 0] * sd, scores, rtol=1e-3, atol=1e-4)


def test_pytorch_geometrics_own_explainers_work_on_its_networks(gine):
    arrays, network = encode({"molecule": LARGE[:1]}, ["a"]), Predictor(gine, find(gine.modality)).networks[0]
    batch = collate(arrays, np.array([0]))
    x, edges, bonds = network.graph(batch)
    asked = {"explanation_type": "model", "node_mask_type": "object", "edge_mask_type": "object"}
    explainer = PygExplainer(OnFeatures(network), GNNExplainer(epochs=3), model_config=GRAPH, **asked)
    found = explainer(x, edges, edge_attr=bonds, batch=batch.molecule(), properties=batch.globals)
    assert found.node_mask.shape == (len(x), 1) and found.edge_mask.shape == (edges.shape[1],)


def test_colours_go_from_white_to_full():
    assert colour(0.0, 1.0) == colour(1.0, 0.0) == (1.0, 1.0, 1.0)
    for score, full in ((2.0, RAISES), (-9.0, LOWERS)):
        assert "#" + bytes(round(255 * c) for c in colour(score, 2.0)).hex() == full


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=30))
def test_a_drawing_keeps_any_name_within_its_label(name):
    drawn = draw("CCO", [1.0, -1.0, 0.0], 1.0, name)
    assert re.findall(r"<(\w+)", drawn)[0] == "svg" and "<script" not in drawn
    assert drawn.count("<ellipse") == 3 and "<ellipse" not in draw("CCO", None, 1.0, name)


def test_the_page_shows_maps_and_says_why_there_is_none(model):
    ids = ["good", "<b>small", "bad"]
    table = explain(pd.DataFrame({"input": [LARGE[0], "CC", "C1CC"], "id": ids}), model)
    inputs = dict(zip(table["id"], table["input"], strict=True))
    page = render(table, model, molecules, inputs)
    assert page.count("<figure") == 2 == page.count("<svg")
    assert "&lt;b&gt;small" in page and "<b>small" not in page
    assert f"No map: fewer than {LEAST_PARTS} parts" in page and "1 of 3 inputs have a map" in page
    assert not re.search(r"(src|href)=", page)
    assert render(table, model, molecules, inputs) == page
    nothing = table[table["status"] != "ok"]
    assert full_scale(nothing) == 0 and "Not read" in render(nothing, model, molecules, inputs)


def test_from_file_to_file(model, tmp_path):
    model.save(tmp_path / "model.safetensors")
    (tmp_path / "some.smi").write_text("\n".join([*LARGE[:2], "C1CC"]) + "\n")
    out = {name: tmp_path / name for name in ("maps.tsv", "maps.html", "counts.json")}
    command(str(tmp_path / "some.smi"), tmp_path / "model.safetensors", output=str(out["maps.tsv"]),
            page=out["maps.html"], summary=out["counts.json"])  # fmt: skip
    assert pd.read_csv(out["maps.tsv"], sep="\t")["id"].nunique() == 3
    assert '"read": 3' in out["counts.json"].read_text() and "<svg" in out["maps.html"].read_text()
