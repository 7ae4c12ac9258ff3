"""stack, ensemble and predict: a forest beside the networks, from records to predictions."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from drugs import DRUGS
from riboswitch.data.model import Model
from riboswitch.data.predictions import STACK, Predictions
from riboswitch.data.records import Record, Records
from riboswitch.data.task import Task
from riboswitch.errors import BundleError, InputError, UsageError
from riboswitch.learning.inference import Predictor
from riboswitch.learning.stacking import Blend
from riboswitch.learning.trust.calibration import Calibration
from riboswitch.modalities import find
from riboswitch.modalities.molecule import stack as molecule_stack
from riboswitch.steps.baseline import baseline
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.evaluate import evaluate
from riboswitch.steps.featurize import featurize
from riboswitch.steps.predict import held_out, predict
from riboswitch.steps.screen import screen
from riboswitch.steps.split import split
from riboswitch.steps.stack import stack
from riboswitch.steps.train import refit, train

pytestmark = pytest.mark.usefixtures("few_trees")
QUICK = {"epochs": 1, "batch_size": 16}
SMALL = {"hidden": 8, "ffn_hidden": 8}
FRACTIONS = {"train": 0.5, "valid": 0.25, "test": 0.25}


@pytest.fixture(scope="module")
def drugs():
    """Records, arrays, split, and hardly trained networks of the repeats, of a task for forests."""
    rows = [
        Record(
            i, f"m{i}", {"molecule": text}, {"rings": text.count("1") / 2, "even": str(i % 2)}, "drugs.smi"
        )
        for i, text in enumerate(DRUGS, 1)
    ]
    records = Records.collect(rows, ["molecule"], modality="molecule", reading={})
    arrays = featurize(records)
    parts = split(records, "random", repeats=3, fractions=FRACTIONS)
    models = [
        train(records, arrays, parts, kind="regression", targets=["rings"], repeat=repeat, settings=QUICK,
              network=SMALL)
        for repeat in range(3)
    ]  # fmt: skip
    return records, arrays, parts, models


@pytest.fixture(scope="module")
def stacked(drugs):
    records, arrays, parts, models = drugs
    networks = held_out(records, arrays, parts, models)
    return networks, *stack(records, arrays, parts, networks)


@pytest.fixture(scope="module")
def bundle(drugs, stacked):
    records, arrays, parts, models = drugs
    return ensemble([*(refit(records, arrays, parts, models, seed=s) for s in (0, 1)), stacked[2]], records)


def test_rows_that_a_repeat_leaves_out_are_neither_learned_nor_evaluated(drugs):
    """A split of two groupings, from training to metrics."""
    records, arrays, _, _ = drugs
    table = records.table.assign(site=[f"s{i % 8}" for i in range(len(records))])
    records = Records(table, records.rejected, records.read, records.meta)
    parts = split(records, ["scaffold", "column"], column="site", repeats=2, fractions=FRACTIONS)
    used = [{part: parts.rows(part, r) for part in ("train", "valid", "test")} for r in range(2)]
    assert all(len(np.concatenate([*rows.values()])) + lost == len(records)
               for rows, lost in zip(used, parts.meta["left_out"], strict=True))  # fmt: skip
    assert min(parts.meta["left_out"]) > 0
    asked = {"kind": "regression", "targets": ["rings"]}
    models = [train(records, arrays, parts, **asked, repeat=r, settings=QUICK, network=SMALL) for r in (0, 1)]
    for rows, model in zip(used, models, strict=True):
        assert model.members[0]["rows"] == {part: len(rows[part]) for part in ("train", "valid")}
    networks = held_out(records, arrays, parts, models)
    made = [networks, stack(records, arrays, parts, networks)[0], baseline(records, parts, **asked)]
    for predictions in made:
        for (repeat, part, _), rows in predictions.table.groupby(["repeat", "part", "method"]):
            assert rows["id"].tolist() == [records.ids[i] for i in used[repeat][part]]
            assert rows["group"].tolist() == parts.table["group"].iloc[used[repeat][part]].tolist()
    metrics = evaluate(Predictions.concat(made), bootstrap=100, model=STACK)
    assert [metrics["counts"][str(r)]["rows"] for r in (0, 1)] == [len(rows["test"]) for rows in used]
    final = refit(records, arrays, parts, models, seed=0)
    assert final.members[0]["rows"]["train"] == len(records)


def test_networks_speak_of_validation_rows_too(drugs, stacked):
    records, _, parts, _ = drugs
    for (repeat, part), rows in stacked[0].table.groupby(["repeat", "part"]):
        assert rows["id"].tolist() == [records.ids[i] for i in parts.rows(part, repeat)]
    assert set(stacked[0].table["part"]) == {"valid", "test"}


def test_the_stack_answers_the_test_rows_and_beats_a_poor_network(stacked):
    networks, made, model = stacked
    assert made.methods == [STACK] and set(made.table["part"]) == {"test"}
    assert made.table["id"].tolist() == networks.part("test").table["id"].tolist()
    judged = evaluate(Predictions.concat([networks, made]), bootstrap=0, model=STACK)
    assert judged["comparisons"]["network"]["rmse"]["difference"] < 0
    assert "mean_of_all" not in judged["methods"]  # the network and what is made of it
    assert set(made.meta["blends"]) == {"0", "1", "2"}
    chosen = [Blend(tuple(b["weights"].values()), b["temperature"]) for b in made.meta["blends"].values()]
    assert Blend.middle(chosen).weight == model.header["stack"]["weights"]["network"] < 1


def test_a_bundle_predicts_the_weighted_mean_of_its_base_learners(drugs, stacked, bundle):
    arrays = drugs[1]
    predictor = Predictor(bundle, find(bundle.modality))
    networks = np.stack([predictor.member(i, arrays) for i in range(2)])
    weights = dict(stacked[2].header["stack"]["weights"])
    weight, learners = weights.pop("network"), predictor.stack.base_learners
    others = sum(w * learners[n].predict(arrays, np.arange(len(arrays))) for n, w in weights.items())
    mean, sd = predictor(arrays)
    np.testing.assert_allclose(mean, weight * networks.mean(0) + others)
    np.testing.assert_allclose(sd, weight * networks.std(0), atol=1e-12)
    rows = np.array([5, 2])
    np.testing.assert_allclose(predictor(arrays, rows)[0], mean[rows], atol=1e-5)
    assert predictor(arrays, rows[:0])[0].shape == (0, 1)


def test_a_calibrated_bundle_says_how_far_it_may_be_off(drugs, stacked, tmp_path):
    records, _, parts, models = drugs
    plain = ensemble([models[0], stacked[2]], records)
    made = ensemble([models[0], stacked[2]], records, held_out=stacked[1], split=parts)
    made.save(tmp_path / "m.safetensors")
    inputs = records.inputs["molecule"][:9]
    answers = predict(inputs, Model.load(tmp_path / "m.safetensors"))
    read = answers["status"] == "ok"
    inputs, answers = [i for i, ok in zip(inputs, read, strict=True) if ok], answers[read]
    assert len(inputs) > 1
    np.testing.assert_array_equal(answers["rings"], predict(inputs, plain)["rings"])
    half = Calibration.of(made).limits(0.9)[0, 0]
    assert 0 < half < np.inf
    np.testing.assert_allclose(answers["rings_to90"] - answers["rings"], half, atol=2e-6)
    np.testing.assert_allclose(answers["rings"] - answers["rings_from90"], half, atol=2e-6)
    screened = screen(inputs, made)
    apart = screened["out_of_fold"].to_numpy(bool)
    for column in ("rings", "rings_from90", "rings_to90"):
        np.testing.assert_allclose(screened[column][~apart], answers[column][~apart], rtol=1e-6)
    assert screened["in_domain"].all()
    assert "in_domain" not in screen(inputs, plain) and "rings_to90" not in screen(inputs, plain)


def test_a_training_compound_has_the_answer_of_those_that_did_not_see_it(drugs, stacked):
    """What the stack predicted of it when it was held out, on average over the repeats that did."""
    records, _, parts, models = drugs
    made = ensemble([models[0], stacked[2]], records, held_out=stacked[1], split=parts)
    screened = screen(records.inputs["molecule"], made).set_axis(records.ids)
    screened = screened[screened["status"] == "ok"]
    tested = stacked[1].table[stacked[1].table["part"] == "test"].groupby("id")["rings"].mean()
    tested = tested[tested.index.isin(screened.index)]
    apart = screened["out_of_fold"].astype(bool)
    assert {*screened.index[apart]} == {*tested.index} and len(tested)
    found = screened.loc[tested.index, "rings"].astype("float64")
    np.testing.assert_allclose(found, tested, atol=2e-6, rtol=1e-5)


def test_only_predictions_of_the_same_rows_and_task_calibrate(drugs, stacked):
    records, _, parts, models = drugs
    made = stacked[1]
    rows = Predictions(made.table.assign(id="other" + made.table["id"]), made.task)
    task = Task("regression", ("weight",))
    names = made.table.rename(columns={"rings": "weight", "y_rings": "y_weight"})
    for wrong, problem in ((rows, "of other records"), (Predictions(names, task), "of another task")):
        with pytest.raises(InputError, match=problem):
            ensemble([models[0], stacked[2]], records, held_out=wrong, split=parts)


def test_a_bundle_with_a_forest_comes_back_from_its_file(drugs, bundle, tmp_path):
    bundle.save(tmp_path / "m.safetensors")
    loaded = Model.load(tmp_path / "m.safetensors")
    Predictor(loaded, find(loaded.modality)).check_golden()
    inputs = drugs[0].inputs["molecule"][:3]
    np.testing.assert_array_equal(predict(inputs, loaded)["rings"], predict(inputs, bundle)["rings"])


def test_golden_answers_cover_the_forest(bundle):
    model = copy.deepcopy(bundle)
    model.tensors["stack.forest.value"] = model.tensors["stack.forest.value"] + np.float32(1)
    with pytest.raises(BundleError, match="answers differently"):
        Predictor(model, find(model.modality)).check_golden()


def test_a_forest_of_another_task_is_refused(bundle):
    model = copy.deepcopy(bundle)
    model.tensors["stack.forest.value"] = np.repeat(model.tensors["stack.forest.value"], 2, axis=1)
    with pytest.raises(BundleError, match="the forest is of another task; found '2 outputs'"):
        Predictor(model, find(model.modality))


def test_without_a_gain_over_the_network_there_is_no_forest(drugs, stacked, monkeypatch):
    monkeypatch.setattr(molecule_stack, "starting_weights", lambda task, meta: None)
    records, arrays, parts, models = drugs
    truth = stacked[0].table.assign(rings=stacked[0].table["y_rings"])
    knows_all = Predictions(truth, stacked[0].task)
    made, model = stack(records, arrays, parts, knows_all)
    assert model.header["stack"]["weights"] == {"network": 1} and not model.tensors
    np.testing.assert_array_equal(made.outputs, made.labels)
    joined = ensemble([*models[:1], model], records)
    assert Predictor(joined, find(joined.modality)).stack is None


def test_a_bundle_of_networks_alone_needs_no_descriptors(drugs, stacked):
    records, arrays, _, models = drugs
    joined = ensemble(models[:1], records)
    assert "descriptors" in arrays.meta and "descriptors" not in joined.header["encoder"]
    few = featurize(records, {"descriptors": "none"})
    network = Predictor(joined, find(joined.modality))
    np.testing.assert_array_equal(network(few)[0], Predictor(models[0], find(joined.modality))(arrays)[0])
    assert "descriptors" in ensemble([models[0], stacked[2]], records).header["encoder"]


def test_classes_are_stacked_as_well(drugs):
    records, arrays, parts, _ = drugs
    for kind, target in (("binary", "even"), ("multiclass", "even")):
        models = [
            train(records, arrays, parts, kind=kind, targets=[target], repeat=repeat, settings=QUICK,
                  network=SMALL)
            for repeat in range(3)
        ]  # fmt: skip
        networks = held_out(records, arrays, parts, models)
        made, model = stack(records, arrays, parts, networks)
        made.check()
        joined = ensemble([models[0], model], records)
        mean, _ = Predictor(joined, find(joined.modality))(arrays)
        assert ((mean >= 0) & (mean <= 1)).all()


def test_the_seed_and_not_the_threads_make_the_bytes(drugs, stacked, tmp_path):
    records, arrays, parts, _ = drugs
    networks, made, model = stacked
    again = stack(records, arrays, parts, networks, threads=2)
    for name, one, other in (("p", made, again[0]), ("f", model, again[1])):
        one.save(tmp_path / f"{name}1")
        other.save(tmp_path / f"{name}2")
        assert (tmp_path / f"{name}1").read_bytes() == (tmp_path / f"{name}2").read_bytes()


def test_predictions_of_other_rows_are_refused(drugs, stacked):
    records, arrays, parts, _ = drugs
    only = stacked[0].part("test")
    with pytest.raises(InputError, match="not of the valid rows of repeat 0; found '0 rows for"):
        stack(records, arrays, parts, only)


def test_an_ensemble_has_one_forest_of_the_same_kind(drugs, stacked, bundle):
    records, _, _, models = drugs
    forest = stacked[2]
    with pytest.raises(UsageError, match="found '0 networks, 1 of base learners'"):
        ensemble([forest], records)
    with pytest.raises(UsageError, match="found '1 networks, 2 of base learners'"):
        ensemble([models[0], forest, forest], records)
    other = Model({**forest.header, "task": forest.header["task"] | {"targets": ["other"]}}, forest.tensors)
    with pytest.raises(InputError, match="the stack differs from the first in its task"):
        ensemble([models[0], other], records)
    elsewhere = Model({**forest.header, "training": {"records": "0"}}, forest.tensors)
    with pytest.raises(InputError, match="not trained on these records"):
        ensemble([models[0], elsewhere], records)


def test_sequences_have_base_learners_of_their_own(learned, tmp_path):
    records, arrays, halves, models = learned
    networks = held_out(records, arrays, halves, models)
    made, model = stack(records, arrays, halves, networks)
    assert set(made.meta["blends"]["0"]["weights"]) == {"network", "neighbours"}
    ensemble([*models[:1], model], records).save(tmp_path / "m.safetensors")
    loaded = Model.load(tmp_path / "m.safetensors")
    Predictor(loaded, find(loaded.modality)).check_golden()
    told = predict(records.inputs["sequence"], loaded)
    assert (told["class"] == records.table["drug_class"]).mean() > 0.9
