"""Bad input of federated training: each kind with its message of one line."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from learning.federated.owners import EXAMPLES, everyone, owned, registered, run, start
from modalities import toy
from riboswitch.data.records import Records
from riboswitch.errors import RiboswitchError
from riboswitch.learning.federated import masks, privacy
from riboswitch.learning.federated.owner import Owner, secret_for
from riboswitch.learning.federated.server import combine, require_all_answer
from riboswitch.learning.federated.state import State, Update
from riboswitch.steps.federate import federate
from riboswitch.steps.federate_start import federate_start


@pytest.fixture(autouse=True)
def vectors():
    with registered():
        yield


def refused(work):
    with pytest.raises(RiboswitchError) as caught:
        work()
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.fixture(scope="module")
def answered():
    """A state and all its updates."""
    with registered():
        state = start(federation={"rounds": 1})
        owners = [Owner(state.plan, name, each, toy.MODALITY) for name, each in everyone().items()]
        return state, [owner.answer(state) for owner in owners]


def worse(vector, value=None):
    changed = vector.copy()
    changed[0] = np.nan if value is None else value
    return changed


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"plan": "f" * 16}, "the update is of another plan"),
        ({"round": 1}, "the update is of another round"),
        ({"stage": "train"}, "the update is of another round"),
        ({"state": "f" * 16}, "the update answers another state of this round"),
        ({"owner": "london"}, "the plan has no such owner"),
        ({"owner": "rome"}, "two updates of one owner"),
        ({"vector": np.zeros(2)}, "the update is of another shape"),
        ({"vector": np.zeros(7, np.uint64)}, "the update is of another shape"),
        ({"vector": None}, "the update has values that are not finite"),
        ({"spent": 1.0}, "the update and the plan disagree on differential privacy"),
    ],
)
def test_an_update_that_does_not_answer_is_refused(answered, changes, message):
    state, (first, *others) = answered
    if "vector" in changes and changes["vector"] is None:
        changes = {"vector": worse(first.vector)}
    bad = replace(first, source="bad.safetensors", **changes)
    assert message in refused(lambda: combine(state, [bad, *others], toy.MODALITY))


def test_missing_updates_are_named(answered):
    state, updates = answered
    assert "updates are missing" in (found := refused(lambda: combine(state, updates[:1], toy.MODALITY)))
    assert "paris, rome" in found
    assert "updates are missing" in refused(lambda: combine(state, [], toy.MODALITY, allow_missing=True))


def test_sums_that_no_owners_sent_are_refused(answered):
    state, updates = answered
    wrong = [replace(update, vector=worse(update.vector, -5.0)) for update in updates]
    assert "the sum of the updates is no sum of owners" in refused(
        lambda: combine(state, wrong, toy.MODALITY)
    )


def test_damaged_and_foreign_files_are_refused(answered, tmp_path):
    state, updates = answered
    path, other = tmp_path / "state.safetensors", tmp_path / "update.safetensors"
    state.save(path)
    updates[0].save(other)
    assert "not the state of a federated training" in refused(lambda: State.load(other))
    assert "not the update of a federated training" in refused(lambda: Update.load(path))
    assert "no such file" in refused(lambda: State.load(tmp_path / "none.safetensors"))
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(bytes(content))
    assert "damaged" in refused(lambda: State.load(path))
    path.write_bytes(b"PK no weights")
    assert "not a readable model bundle" in refused(lambda: State.load(path))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"round": 9}, "round 9 of 1"),
        ({"best_weights": {"x": np.zeros(2, np.float32)}}, "the weights are not those of one network"),
        ({"keys": {"london": "0" * 64}}, "owners that are not in the plan"),
    ],
)
def test_a_state_that_disagrees_with_itself_is_refused(answered, tmp_path, changes, message):
    state, _ = answered
    replace(state, **changes).save(tmp_path / "state.safetensors")
    assert message in refused(lambda: State.load(tmp_path / "state.safetensors"))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"owners": []}, "needs the names of its owners"),
        ({"owners": ["a", "a"]}, "two owners have the same name"),
        ({"owners": ["../a"]}, "the name of an owner is letters, digits, - and _"),
        ({"owners": ["a", "b"], "federation": {"secure": "shared"}}, "masks hide nothing"),
        ({"settings": {"epochs": 4}}, "a federated training has no --epochs"),
        ({"federation": {"rounds": 0}}, "rounds must"),
        ({"federation": {"server": "sgd"}}, "no such server"),
        ({"federation": {"rownds": 3}}, "unknown setting 'rownds'"),
        ({"kind": "multiclass", "target": "kind"}, "a multi-class task needs its classes"),
        ({"classes": ["a", "b"]}, "only a multi-class task has classes"),
        ({"federation": {"epsilon": 3.0}}, "no owner tells the scale of its labels"),
        ({"kind": "binary", "target": "up", "federation": {"epsilon": 3.0}, "settings": {"group_power": 0.5}},
         "group_power counts rows"),
        ({"valid": 1.0}, "valid must"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_is_refused(how, message):
    assert message in refused(lambda: start(**how))


def test_survival_and_one_text_for_owners_are_refused():
    how = {"modality": "vector", "examples": EXAMPLES}
    found = refused(lambda: federate_start(["a"], kind="survival", targets=["t", "e"],
                                           federation={"epsilon": 1.0}, **how))  # fmt: skip
    assert "the loss of a survival task compares rows" in found
    assert "names of its owners" in refused(
        lambda: federate_start("ab", kind="binary", targets=["up"], **how)
    )
    assert "are lists" in refused(lambda: federate_start(["a"], kind="binary", targets="up", **how))


def test_records_that_do_not_suit_the_plan_are_refused():
    state, records = start(), owned()

    def of(changed, name="berlin", **more):
        return refused(lambda: Owner(state.plan, name, changed, toy.MODALITY, **more))

    other = Records(
        records.table, records.rejected, records.read, records.meta | {"reading": {"largest": 9.0}}
    )
    assert "read with another reading" in of(other)
    foreign = Records(records.table, records.rejected, records.read, records.meta | {"modality": "molecule"})
    assert "read with another modality" in of(foreign)
    assert "too few labelled rows" in of(owned(0, 12))
    assert "the plan has no such owner" in of(records, "london")
    unlabelled = records.table.drop(columns="sum")
    without = Records(unlabelled, records.rejected, records.read, records.meta)
    assert "no such label column" in of(without)
    assert "no such repeat" in of(records, repeat=3)


def test_weights_of_another_network_are_refused():
    state = start()
    weights = state.weights | {"head.bias": np.zeros(9, np.float32)}
    owner = Owner(state.plan, "berlin", owned(), toy.MODALITY)
    found = refused(lambda: owner.answer(replace(state, weights=weights)))
    assert "not those of the plan's network; found 'head.bias'" in found


def test_a_state_of_another_plan_is_refused():
    owner = Owner(start().plan, "berlin", owned(), toy.MODALITY)
    assert "the state is of another plan" in refused(lambda: owner.answer(start(federation={"rounds": 7})))


def test_secrets_are_checked(tmp_path):
    state = start(federation={"secure": "shared"})
    owner = Owner(state.plan, "berlin", owned(), toy.MODALITY)
    assert "need a secret" in refused(lambda: owner.answer(state))
    assert "need a secret" in refused(lambda: secret_for(state.plan, state.stage, None))
    assert "no such file" in refused(lambda: secret_for(state.plan, state.stage, tmp_path / "none"))
    (tmp_path / "short").write_text("abcd\n")
    assert "not a secret" in refused(lambda: secret_for(state.plan, state.stage, tmp_path / "short"))
    (tmp_path / "words").write_text("open sesame")
    assert "not a secret" in refused(lambda: secret_for(state.plan, state.stage, tmp_path / "words"))
    assert "is there" in refused(lambda: masks.new_secret(tmp_path / "short"))
    assert "no owner may be missing" in refused(lambda: require_all_answer(state, True))
    made = masks.new_secret(tmp_path / "new")
    assert masks.read_secret(tmp_path / "new") == made and (tmp_path / "new").stat().st_mode & 0o77 == 0


def test_numbers_too_large_for_masks_are_refused():
    assert "too large to be hidden" in refused(lambda: masks.to_whole(np.array([1e12]), 32, 3, "berlin"))


def test_a_training_that_diverges_is_said_by_its_owner():
    found = refused(lambda: run(everyone(), settings={"learning_rate": 1e30, "clip": 1e30}))
    assert "training diverged" in found and "berlin" in found


def test_a_package_that_is_missing_is_named(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "cryptography"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    assert "pip install 'riboswitch[federated]'" in refused(lambda: masks.public_key(b"s" * 32))


def test_budgets_that_cannot_be_are_refused():
    assert "delta is too large" in refused(lambda: privacy.require_delta(0.1, 40, "berlin"))
    found = refused(lambda: privacy.least_noise(1e-9, 1e-9, privacy.Sampling(1.0, 1), 10**6))
    assert "no noise is large enough" in found


def test_owners_and_splits_must_go_together():
    assert "needs owners" in refused(lambda: federate({}, kind="binary", targets=["up"]))
    found = refused(lambda: federate(everyone(), kind="binary", targets=["up"], splits={}))
    assert "each owner needs a split" in found
