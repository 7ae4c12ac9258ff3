"""train, refit, ensemble, predict, held_out, from records to tables."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest

from riboswitch.config.settings import build
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.errors import BundleError, InputError, UsageError
from riboswitch.learning.inference import Predictor
from riboswitch.learning.loop import progress
from riboswitch.learning.settings import TrainSettings
from riboswitch.learning.training_job import Job
from riboswitch.modalities import find
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.featurize import featurize
from riboswitch.steps.predict import held_out, predict
from riboswitch.steps.split import split
from riboswitch.steps.train import refit, train

QUICK = {"settings": {"epochs": 1, "batch_size": 16}, "network": {"embedding": 4, "hidden": 4}}
CLASS = {"kind": "multiclass", "targets": ["drug_class"], **QUICK}


def test_the_network_learns_what_is_there_to_learn(learned):
    records, arrays, halves, models = learned
    made = held_out(records, arrays, halves, models).part("test")
    assert made.methods == ["network"]
    for repeat in range(2):
        rows = made.table[made.table["repeat"] == repeat]
        assert rows["id"].tolist() == [records.ids[i] for i in halves.rows("test", repeat)]
    right = made.outputs.argmax(1) == made.labels[:, 0]
    assert right.mean() > 0.6
    member = models[0].members[0]
    history = [epoch["valid_loss"] for epoch in member["history"]]
    assert history[member["epoch"] - 1] == min(history) and len(history) == 12
    assert member["rows"] == {part: len(halves.rows(part, 0)) for part in ("train", "valid")}


def test_predictions_come_in_the_order_of_the_inputs_rejections_in_place(proteins, gene_model):
    good = proteins.inputs["sequence"][:3]
    inputs = [good[0], "M*K", good[1], "", good[0], "MK-LV", None, good[2]]
    table = predict(inputs, gene_model)
    assert table["id"].tolist() == [f"row-{i}" for i in range(1, 9)]
    codes = ["ok", "INTERNAL_STOP", "ok", "EMPTY", "ok", "GAP", "EMPTY", "ok"]
    assert table["status"].tolist() == codes
    assert (table["probability"].isna() == (table["status"] != "ok")).all()
    assert (table.loc[table["status"] != "ok", "reason"] != "").all()
    alone = predict(good, gene_model)
    columns = [c for c in table if c.startswith("p_")]
    np.testing.assert_allclose(table.loc[[0, 2, 7], columns], alone[columns], atol=2e-6)
    np.testing.assert_allclose(table.loc[[0], columns], table.loc[[4], columns], atol=2e-6)
    sums = table.loc[[0, 2, 4, 7], [f"p_{c}" for c in gene_model.task.classes]].sum(axis=1)
    assert sums.to_numpy() == pytest.approx(1, abs=1e-5)


def test_tables_are_predicted_too_and_gaps_in_them_are_no_sequence(gene_model, proteins):
    table = pd.DataFrame({"input": [proteins.inputs["sequence"][0], None, np.nan], "id": ["a", "b", None]})
    made = predict(table, gene_model)
    assert made["status"].tolist() == ["ok", "EMPTY", "EMPTY"] and made["id"].tolist() == ["a", "b", "row-3"]
    twice = predict(
        table.iloc[[0, 0, 0]].assign(id=["a", "a", None], name=[7, 8, None]), gene_model, columns=["name"]
    )
    assert twice["status"].tolist() == ["ok"] * 3 and twice["id"].tolist() == ["a", "a", "row-3"]
    assert twice["name"].tolist()[:2] == [7, 8]
    with pytest.raises(UsageError, match="needs the column 'sequence'"):
        predict(table.rename(columns={"input": "letters"}), gene_model)
    with pytest.raises(UsageError, match="not one text"):
        predict("MKV", gene_model)


@pytest.mark.parametrize("inputs", [[], ["M*K"]])
def test_no_usable_input_is_a_table_without_predictions(gene_model, inputs):
    made = predict(inputs, gene_model)
    assert len(made) == len(inputs) and made["probability"].isna().all()
    assert {"id", "status", "reason", "class", "p_none", "p_none_sd"} <= set(made)


@pytest.mark.parametrize("change", ["number", "nan", "shape"])
def test_tampered_golden_answers_are_noticed(gene_model, change):
    Predictor(gene_model, find(gene_model.modality)).check_golden()
    model = copy.deepcopy(gene_model)
    if change == "shape":
        model.header["golden"] = model.header["golden"][:-1]
    else:
        model.header["golden"][1][0] += 0.01 if change == "number" else np.nan
    told = "do not fit this model" if change == "shape" else "answers differently"
    with pytest.raises(BundleError, match=told):
        Predictor(model, find(model.modality)).check_golden()


def test_a_bundle_with_a_parameter_of_another_shape_is_refused(gene_model):
    model = Model(gene_model.header, {**gene_model.tensors, "0.head.1.bias": np.zeros(9, np.float32)})
    with pytest.raises(BundleError, match="parameters of member 0"):
        Predictor(model, find(model.modality))


def test_an_ensemble_is_the_mean_of_its_members(learned, gene_model):
    records, arrays, _, models = learned
    mean, sd = Predictor(gene_model, find(gene_model.modality))(arrays)
    members = np.stack([Predictor(m, find(m.modality)).member(0, arrays) for m in models])
    np.testing.assert_allclose(mean, members.mean(0), atol=1e-6)
    np.testing.assert_allclose(sd, members.std(0), atol=1e-6)
    assert gene_model.texts("training.ids") == records.ids
    assert [m["repeat"] for m in gene_model.members] == [0, 1]
    nested = ensemble([gene_model, models[0]], records)
    assert len(nested.members) == 3
    np.testing.assert_array_equal(nested.parameters(2)["head.1.bias"], models[0].parameters(0)["head.1.bias"])


def test_networks_trained_otherwise_do_not_join(learned):
    records, arrays, halves, models = learned
    other = train(records, arrays, halves, **CLASS)
    with pytest.raises(InputError, match="model 2 differs from the first in its network"):
        ensemble([models[0], other], records)


@pytest.mark.parametrize(
    ("kind", "targets"),
    [("regression", ["charge"]), ("binary", ["logical"]), ("multiclass", ["drug_class"])],
)
@pytest.mark.parametrize("valid", [True, False])
def test_every_kind_of_task_goes_all_the_way(proteins, kind, targets, valid):
    shares = {"train": 0.5, "valid": 0.2, "test": 0.3} if valid else {"train": 0.5, "test": 0.5}
    records = Records(proteins.table.copy(), proteins.rejected, proteins.read, proteins.meta)
    if kind != "multiclass":
        records.table[targets] = records.table[targets].astype(float)
    records.table.loc[records.table.index[::7], targets[0]] = None
    arrays, halves = featurize(records), split(records, fractions=shares, repeats=1)
    model = train(records, arrays, halves, kind=kind, targets=targets, **QUICK)
    assert len(model.members[0]["thresholds"]) == (kind == "binary")
    again = refit(records, arrays, halves, [model], epochs="all")
    assert again.members[0]["repeat"] is None
    assert again.members[0]["rows"]["train"] == records.table[targets[0]].notna().sum()
    made = predict(records, ensemble([again], records))
    assert np.isfinite(made[model.task.columns].to_numpy()).all()
    assert len(held_out(records, arrays, halves, [model]).part("test")) == len(halves.rows("test", 0))
    with pytest.raises(InputError, match="none held out"):
        held_out(records, arrays, halves, [again])


def test_unknown_settings_are_named(learned):
    records, arrays, halves, _ = learned
    with pytest.raises(UsageError, match=r"unknown setting 'epoch'. Did you mean 'epochs'\?"):
        train(records, arrays, halves, **{**CLASS, "settings": {"epoch": 3}})
    with pytest.raises(UsageError, match=r"network: unknown setting 'hiden'. Did you mean 'hidden'\?"):
        train(records, arrays, halves, **{**CLASS, "network": {"hiden": 3}})


@pytest.mark.parametrize(
    "bad",
    [{"epochs": 0}, {"epochs": 1.5}, {"epochs": True}, {"learning_rate": 0}, {"learning_rate": float("nan")},
     {"label_smoothing": 1.0}, {"group_power": 1.1}, {"clip": -1}, {"batch_size": "8"}],
)  # fmt: skip
def test_settings_out_of_range_are_refused(bad):
    with pytest.raises(UsageError, match=next(iter(bad))):
        build(TrainSettings, bad)


def test_records_features_and_splits_of_other_rows_are_refused(learned):
    records, arrays, halves, models = learned
    half = Records(records.table[:24], records.rejected, 24, records.meta)
    other = split(half, fractions={"train": 0.5, "test": 0.5}, repeats=1)
    with pytest.raises(InputError, match="the split was made for other rows"):
        train(records, arrays, other, **CLASS)
    with pytest.raises(InputError, match="the split was made for other rows"):
        train(half, arrays, halves, **CLASS)
    with pytest.raises(InputError, match="features: the split was made for other rows"):
        train(half, arrays, other, **CLASS)
    with pytest.raises(InputError, match="features: the split was made for other rows"):
        held_out(half, arrays, other, models)
    with pytest.raises(InputError, match="trained on another split"):
        held_out(records, arrays, split(records, "family", repeats=2, seed=5), models)
    with pytest.raises(InputError, match="no such repeat"):
        train(records, arrays, halves, repeat=2, **CLASS)
    for targets in (["drug_clas"], []):
        with pytest.raises((InputError, UsageError)):
            train(records, arrays, halves, **{**CLASS, "targets": targets})
    with pytest.raises(UsageError, match="seed must be"):
        train(records, arrays, halves, seed=-1, **CLASS)


def test_training_needs_labels(learned):
    records, arrays, halves, _ = learned
    empty = Records(records.table.assign(y=np.nan), records.rejected, records.read, records.meta)
    with pytest.raises(InputError, match="no labelled rows"):
        train(empty, arrays, halves, **{**CLASS, "kind": "regression", "targets": ["y"]})


def test_a_target_without_labels_in_training_does_no_harm(learned):
    records, arrays, halves, _ = learned
    labels = records.table.assign(y=np.arange(48.0), z=np.nan)
    two = Records(labels, records.rejected, records.read, records.meta)
    model = train(two, arrays, halves, **{**CLASS, "kind": "regression", "targets": ["y", "z"]})
    assert np.isfinite(Predictor(model, find(model.modality))(arrays)[0]).all()


@pytest.mark.parametrize("epochs", [1, 7, 10, 19, 100])
def test_a_log_has_at_most_ten_lines(epochs, capsys):
    assert list(progress(range(epochs), "train", "epoch")) == list(range(epochs))
    lines = capsys.readouterr().err.splitlines()
    assert 1 <= len(lines) <= 10 and lines[-1] == f"train: epoch {epochs} of {epochs}"


def test_the_split_is_kept_by_its_digest(learned):
    _, _, halves, models = learned
    assert models[0].header["training"]["split"] == Split(halves.table.copy()).digest


def test_a_model_that_was_not_trained_here_is_not_trained_again(learned):
    records, arrays, halves, models = learned
    foreign = copy.deepcopy(models[0])
    foreign.header["training"] = {"source": "chemprop 2"}
    with pytest.raises(InputError, match="not trained here"):
        refit(records, arrays, halves, [foreign])


def test_shuffled_labels_are_the_same_in_another_order_and_the_bundle_says_so(learned):
    records, arrays, halves, models = learned
    task, modality = models[0].task, find("sequence")
    job = Job.make(records, arrays, halves, task, QUICK["settings"], QUICK["network"], modality)
    rows = {part: job.labelled(halves.rows(part, 0)) for part in ("train", "valid")}
    wrong = job.shuffled(rows, 0)
    for part in ("train", "valid"):
        assert sorted(wrong.labels[rows[part], 0]) == sorted(job.labels[rows[part], 0])
    assert (wrong.labels[rows["train"]] != job.labels[rows["train"]]).any()
    assert np.isnan(wrong.labels[halves.rows("test", 0)]).all()
    np.testing.assert_array_equal(wrong.labels, job.shuffled(rows, 0).labels)
    control = [refit(records, arrays, halves, models, seed=seed, epochs=1, shuffled=True) for seed in (0, 1)]
    joined = ensemble(control, records)
    assert joined.header["training"]["labels"] == "shuffled" and "labels" not in models[0].header["training"]
    first, second = (model.parameters(0) for model in control)
    assert any(not np.array_equal(first[name], second[name]) for name in first)
