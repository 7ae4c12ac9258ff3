"""What must hold of federated training, whatever the data."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.federated.owners import NAMES, everyone, halves, owned, registered, run, start
from modalities import toy
from riboswitch.data.model import Model
from riboswitch.learning.federated import masks
from riboswitch.learning.federated.layout import CLOSE, KEYS, SUMS, TRAIN, layout_of
from riboswitch.learning.federated.local import Common, LocalTraining, PrivateTraining
from riboswitch.learning.federated.owner import Owner
from riboswitch.learning.federated.plan import load_arrays, made_network
from riboswitch.learning.federated.privacy import Sampling, spent
from riboswitch.learning.federated.server import combine
from riboswitch.learning.federated.simulation import simulate
from riboswitch.learning.federated.state import State, Update
from riboswitch.learning.loss import LabelScale
from riboswitch.steps.card import card
from riboswitch.steps.featurize import featurize
from riboswitch.steps.federate import compare_federated
from riboswitch.steps.predict import predict
from riboswitch.steps.train import train


@pytest.fixture(autouse=True)
def vectors():
    with registered():
        yield


def weights(model):
    return {name: value for name, value in model.tensors.items() if name.startswith("0.")}


def owners_of(state, records=None):
    return [Owner(state.plan, name, found, toy.MODALITY)
            for name, found in (everyone() if records is None else records).items()]  # fmt: skip


def answers(state, owners, secret=None):
    return [owner.answer(state, secret) for owner in owners]


def after_sums(**more):
    """A state before its first round, and its owners."""
    state = start(**more)
    owners = owners_of(state)
    return combine(state, answers(state, owners), toy.MODALITY), owners


@pytest.mark.parametrize(("kind", "target"), [("regression", "sum"), ("binary", "up")])
def test_one_owner_and_one_round_are_a_plain_training(kind, target):
    records = owned()
    split = halves(records)
    settings = {"keep": "last", "batch_size": 16, "learning_rate": 0.03}
    model = run({"alone": records}, kind, target, splits={"alone": split}, settings=settings,
                federation={"rounds": 1, "local_epochs": 4})  # fmt: skip
    plain = train(records, featurize(records), split, kind=kind, targets=[target], seed=3,
                  settings=settings | {"epochs": 4}, network={"hidden": 6})  # fmt: skip
    assert all((weights(plain)[name] == value).all() for name, value in weights(model).items())
    for mine, theirs in zip(model.members[0]["history"][-1:], plain.members[0]["history"][-1:], strict=True):
        assert mine["train_loss"] == pytest.approx(theirs["train_loss"], abs=1e-5)


def test_the_order_of_owners_and_updates_does_not_change_a_byte(tmp_path):
    state, owners = after_sums(owners=NAMES[::-1])
    assert state.plan.owners == NAMES
    made = set()
    for number, order in enumerate(itertools.permutations(answers(state, owners))):
        combine(state, order, toy.MODALITY).save(tmp_path / f"{number}.safetensors")
        made.add((tmp_path / f"{number}.safetensors").read_bytes())
    assert len(made) == 1


def test_repetition_gives_the_same_bytes_and_a_run_goes_on_where_it_ended(tmp_path, monkeypatch):
    records = everyone()
    files = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        run(records, "binary", "up", folder=tmp_path / name).save(tmp_path / f"{name}.safetensors")
        files.append({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()})
    assert files[0] == files[1] and len(files[0]) == 5 * 4
    assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "two.safetensors").read_bytes()
    (tmp_path / "one" / "0002-paris.safetensors").unlink()
    (tmp_path / "one" / "0003-rome.safetensors").write_bytes(b"half a file")
    trained, answer = [], Owner.answer

    def noted(self, state, secret=None):
        trained.append(self.name)
        return answer(self, state, secret)

    monkeypatch.setattr(Owner, "answer", noted)
    run(records, "binary", "up", folder=tmp_path / "one").save(tmp_path / "again.safetensors")
    assert trained == ["paris", "rome"]
    assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "one.safetensors").read_bytes()


@pytest.mark.parametrize("secure", ["shared", "keys"])
def test_masks_cancel_in_the_sum(secure):
    if secure == "keys":
        pytest.importorskip("cryptography")
    records = everyone()
    plain, hidden = run(records), run(records, federation={"secure": secure})
    for name, value in weights(plain).items():
        assert np.abs(value - weights(hidden)[name]).max() < 1e-5
    assert hidden.members[0]["rows"] == plain.members[0]["rows"]


@given(st.lists(st.lists(st.integers(0, 2**64 - 1), min_size=5, max_size=5), min_size=3, max_size=5))
def test_the_sum_of_masked_numbers_is_exact(numbers):
    whole = np.array(numbers, np.uint64)
    names = [f"o{i}" for i in range(len(whole))]
    hidden = [
        masks.masked(v, n, masks.shared_keys(b"s" * 32, n, names), "state")
        for n, v in zip(names, whole, strict=True)
    ]
    assert (np.sum(hidden, axis=0, dtype=np.uint64) == np.sum(whole, axis=0, dtype=np.uint64)).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8))
def test_numbers_come_back_from_whole_ones_to_half_a_digit(values):
    for bits in masks.BITS.values():
        whole = masks.to_whole(np.array(values), bits, 3, "here")
        assert np.abs(masks.from_whole(whole, bits) - values).max() <= 0.5 * 2.0**-bits


def test_a_masked_update_looks_like_noise():
    state, owners = after_sums(federation={"secure": "none"})
    plain = owners[0].answer(state).vector
    whole = masks.to_whole(plain, masks.BITS[TRAIN], 3, "here")
    whole = np.tile(whole, 200)
    keys = masks.shared_keys(b"s" * 32, "berlin", NAMES)
    seen = masks.masked(whole, "berlin", keys, "state")
    bits = np.unpackbits(seen.view(np.uint8))
    assert abs(bits.mean() - 0.5) < 5 * 0.5 / len(bits) ** 0.5
    counts = np.bincount(seen.view(np.uint8), minlength=256)
    expected = counts.sum() / 256
    assert ((counts - expected) ** 2 / expected).sum() < 255 + 6 * (2 * 255) ** 0.5
    centred = seen.astype(np.float64) / 2.0**64 - 0.5
    small = whole.view(np.int64).astype(np.float64)
    assert abs(np.corrcoef(centred, small)[0, 1]) < 5 / len(seen) ** 0.5
    other = masks.masked(whole, "berlin", keys, "another state")
    assert (other != seen).mean() > 0.99


def test_no_row_appears_in_what_an_owner_sends(tmp_path):
    state = start()
    owners = owners_of(state)
    for number in range(4):
        sent = answers(state, owners)
        for update in sent:
            update.save(tmp_path / "update.safetensors")
            content = (tmp_path / "update.safetensors").read_bytes()
            owner = next(o for o in owners if o.name == update.owner)
            rows = owner.job.features.only.values["x"]
            assert b"secret" not in content
            for row, label in zip(rows, owner.job.labels[:, 0], strict=True):
                for dtype in (np.float32, np.float64):
                    assert row.astype(dtype).tobytes() not in content
                    assert row.astype(dtype)[:1].tobytes() not in content
                assert np.float64(label).tobytes() not in content
        after = combine(state, sent, toy.MODALITY)
        assert isinstance(after, Model) == (number == 3)
        state = after
    assert "records" not in str(state.header["golden"]) and not state.texts("training.ids")


def test_a_state_says_nothing_of_any_data():
    state = start()
    assert state.stage == SUMS and state.rows == {} and state.scale.mean == [0.0]
    assert layout_of(SUMS, state.plan, state.weights).length < 20


def test_the_agreed_scale_is_that_of_all_rows():
    state, owners = after_sums()
    labels = np.concatenate([o.job.labels[o.rows["train"]] for o in owners])
    assert state.scale.mean == pytest.approx(labels.mean(0))
    assert state.scale.sd == pytest.approx(labels.std(0))
    assert state.rows["train"] == len(labels) == state.rows["label sum"]


def test_classes_are_counted_over_all_owners():
    state = start("multiclass", "kind", classes=["c", "a", "b"])
    owners = owners_of(state)
    state = combine(state, answers(state, owners), toy.MODALITY)
    labels = np.concatenate([o.job.labels[o.rows["train"]] for o in owners])[:, 0]
    assert state.plan.task.classes == ("a", "b", "c")
    assert state.scale.classes == [np.bincount(labels.astype(int), minlength=3).tolist()]
    for _ in range(2):
        state = combine(state, answers(state, owners), toy.MODALITY)
    assert state.stage == CLOSE
    model = combine(state, answers(state, owners), toy.MODALITY)
    assert model.header["card"]["labels"]["kind"] == dict(
        zip("abc", np.bincount(labels.astype(int)).tolist(), strict=True)
    )


@pytest.mark.parametrize("weighting", ["rows", "equal"])
def test_the_common_weights_move_by_the_weighted_mean(weighting):
    state, owners = after_sums(federation={"weighting": weighting})
    sent = answers(state, owners)
    after = combine(state, sent, toy.MODALITY)
    layout = layout_of(TRAIN, state.plan, state.weights)
    parts = [layout.unpack(update.vector) for update in sent]
    rows = np.array([len(o.rows["train"]) for o in owners], float) if weighting == "rows" else np.ones(3)
    for name, value in state.weights.items():
        changes = [part[f"change.{name}"] / part["weight"] for part in parts]
        wanted = value + np.average(changes, axis=0, weights=rows)
        assert after.weights[name] == pytest.approx(wanted, abs=1e-6)
    assert after.round == 1 and len(after.history) == 1


def test_fedprox_holds_owners_near_the_common_weights():
    moved = []
    for prox in (0.0, 100.0):
        state, owners = after_sums(federation={"prox": prox, "local_epochs": 4})
        layout = layout_of(TRAIN, state.plan, state.weights)
        change = layout.unpack(owners[0].answer(state).vector)["change.head.weight"]
        moved.append(np.abs(change).sum())
    assert moved[1] < 0.5 * moved[0]


def test_adam_on_the_server_moves_each_weight_about_as_far():
    state, owners = after_sums(federation={"server": "adam", "server_rate": 0.01})
    after = combine(state, answers(state, owners), toy.MODALITY)
    moves = np.abs(after.weights["head.weight"] - state.weights["head.weight"])
    assert 0 < moves.max() <= 0.01 * 0.1 / 0.01**0.5 + 1e-6
    assert set(after.moments) >= {"mean.head.weight", "square.head.weight"}


def test_states_and_updates_come_back_from_their_files(tmp_path):
    state, owners = after_sums()
    update = owners[0].answer(state)
    for found in (state, combine(state, answers(state, owners), toy.MODALITY)):
        found.save(tmp_path / "state.safetensors")
        again = State.load(tmp_path / "state.safetensors")
        assert again.digest == found.digest and again.plan == found.plan
    update.save(tmp_path / "update.safetensors")
    again = Update.load(tmp_path / "update.safetensors")
    assert (again.vector == update.vector).all()
    assert replace(again, vector=None) == replace(update, vector=None)


def test_owners_learn_together_what_each_alone_cannot():
    records = {f"o{i}": owned(i, 40, shift) for i, shift in enumerate((-1.0, 0.0, 1.0))}
    splits = {name: halves(each) for name, each in records.items()}
    model = run(records, splits=splits, federation={"rounds": 10, "local_epochs": 4})
    found = compare_federated(model, records, splits)
    assert found["metric"] == "rmse" and set(found["owners"]) == set(records)
    assert found["all"]["federated"]["rmse"] < found["all"]["alone"]["rmse"]
    assert found["differences"]["pooled"]["low"] <= found["differences"]["pooled"]["value"]
    answered = predict(["1 2 3", "0 0 0"], model)
    assert answered["sum"].iloc[0] > answered["sum"].iloc[1]
    assert "3 owners" in card(model) and "FedAvg" in card(model)


def test_the_best_weights_on_validation_rows_are_kept():
    model = run(everyone(), "binary", "up", settings={"learning_rate": 0.3}, federation={"rounds": 6})
    member = model.members[0]
    losses = [entry["valid_loss"] for entry in member["history"]]
    assert member["epoch"] == 2 * (int(np.argmin(losses)) + 1)
    assert member["rows"]["valid"] == sum(round(0.1 * len(r)) for r in everyone().values())
    assert 0 < member["thresholds"][0] < 1 and member["temperature"] > 0


def test_an_owner_may_be_missing_for_a_round():
    state, owners = after_sums()
    after = combine(state, answers(state, owners)[:2], toy.MODALITY, allow_missing=True)
    assert after.round == 1
    assert after.rows["train"] == sum(len(o.rows["train"]) for o in owners[:2])


def private(state, owner, noise, clip, rng):
    common = Common(state.weights, LabelScale((0.0,), (1.0,)), None, 0.0, 1, 0)
    network = made_network(state.plan, toy.MODALITY, state.weights)
    return PrivateTraining(
        owner._data(), network, state.plan.training, 0, owner.device, common, noise, clip, rng
    )


def test_the_gradient_of_a_row_is_clipped_and_no_row_moves_others():
    state, owners = after_sums()
    training = private(state, owners[0], 0.0, 0.01, np.random.default_rng(0))
    rows = owners[0].rows["train"]
    parts = [training._clipped(row) for row in rows]
    norms = [float(sum((p**2).sum() for p in part)) ** 0.5 for part in parts]
    assert max(norms) <= 0.01 * (1 + 1e-5)
    training._gradient(rows)
    size = training.sampling.rate * len(rows)
    for place, parameter in enumerate(training.parameters):
        wanted = sum(part[place] for part in parts) / size
        assert np.abs(parameter.grad.numpy() - wanted.numpy()).max() < 1e-6


def test_noise_is_of_the_size_that_the_account_assumes():
    state, owners = after_sums()
    training = private(state, owners[0], 4.0, 0.5, np.random.default_rng(0))
    drawn = []
    for _ in range(50):
        training._gradient(np.empty(0, np.int64))
        drawn += [(p.grad * training.sampling.rate * len(owners[0].rows["train"])).numpy().ravel()
                  for p in training.parameters]  # fmt: skip
    assert np.concatenate(drawn).std() == pytest.approx(4.0 * 0.5, rel=0.05)


def test_rows_are_drawn_independently():
    state, owners = after_sums()
    training = private(state, owners[0], 1.0, 1.0, np.random.default_rng(0))
    sizes = [len(rows) for _ in range(200) for rows in training._batches(None)]
    sampling = Sampling.of(len(owners[0].rows["train"]), 16)
    assert np.mean(sizes) == pytest.approx(16, rel=0.1) and np.std(sizes) > 1
    assert training.state.batches == sampling.batches


def test_a_private_training_spends_no_more_than_its_budget():
    model = run(everyone(), "binary", "up", federation={"epsilon": 5.0, "delta": 1e-3, "rounds": 2})
    facts, member = model.header["training"]["federated"], model.members[0]
    assert set(facts["spent"]) == set(NAMES) and all(4 < s <= 5.0 for s in facts["spent"].values())
    assert facts["delta"] == 1e-3 and not facts["agreed"]
    assert member["temperature"] == 1.0 and member["rows"]["valid"] == 0
    assert member["history"] == [{"train_loss": None, "valid_loss": None}] * 2
    assert "epsilon 5" in card(model) and "delta 0.001" in card(model)


@pytest.mark.parametrize(
    ("rate", "noise", "batches", "delta", "epsilon"),
    [
        (256 / 60000, 1.1, 14062, 1e-5, 2.5966),
        (0.1, 1.0, 100, 1e-5, 7.9039),
        (0.5, 2.0, 40, 1e-3, 6.9000),
        (1.0, 5.0, 20, 1e-4, 3.6650),
        (0.05, 0.6, 400, 1e-5, 24.4346),
    ],
)
def test_the_account_is_never_below_that_of_dp_accounting(rate, noise, batches, delta, epsilon):
    """Values of RdpAccountant in dp-accounting 0.6.0, which also has orders that are not whole."""
    found = spent(noise, Sampling(rate, 1), batches, delta)
    assert epsilon - 1e-4 <= found <= 1.03 * epsilon


@given(st.floats(0.5, 5.0), st.floats(0.01, 1.0), st.integers(1, 500))
def test_more_noise_fewer_batches_and_fewer_rows_spend_less(noise, rate, batches):
    sampling = Sampling(rate, 1)
    usual = spent(noise, sampling, batches, 1e-5)
    assert spent(2 * noise, sampling, batches, 1e-5) <= usual <= spent(noise, sampling, 2 * batches, 1e-5)
    assert spent(noise, Sampling(rate / 2, 1), batches, 1e-5) <= usual + 1e-9


def test_public_records_scale_inputs_and_labels():
    public = owned(9)
    state = start(public=public)
    labels = public.table["sum"]
    assert state.stage == TRAIN and state.scale.mean == pytest.approx([labels.mean()], abs=1e-6)
    network = made_network(state.plan, toy.MODALITY, state.weights)
    load_arrays(network, state.weights)
    assert float(network.scale[0]) == pytest.approx(max(abs(v[0]) for v in public.inputs["vector"]))


def test_keys_of_a_pair_are_the_same_for_both():
    pytest.importorskip("cryptography")
    state = start(federation={"secure": "keys"})
    assert state.stage == KEYS
    secrets = {name: bytes([n]) * 32 for n, name in enumerate(NAMES, 1)}
    public = {name: masks.public_key(secret).hex() for name, secret in secrets.items()}
    keys = {name: masks.agreed_keys(secret, name, public) for name, secret in secrets.items()}
    assert keys["berlin"]["rome"] == keys["rome"]["berlin"] != keys["berlin"]["paris"]
    assert masks.fingerprint(public) != masks.fingerprint(public | {"rome": "00" * 32})


def test_in_one_process_all_stages_are_run():
    state = start(federation={"rounds": 1})
    model = simulate(state, owners_of(state), toy.MODALITY)
    assert model.header["training"]["federated"]["owners"] == [*NAMES]
    assert issubclass(PrivateTraining, LocalTraining)
