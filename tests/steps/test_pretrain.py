"""Pre-training: hidden letters are guessed, and a network starts from what was learned."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch import Records
from riboswitch.data.records import Record
from riboswitch.errors import UsageError
from riboswitch.learning.starting import start_from
from riboswitch.modalities.sequence import network as sequence_network
from riboswitch.modalities.sequence.pretext import corrupt
from riboswitch.steps.featurize import featurize
from riboswitch.steps.pretrain import pretrain
from riboswitch.steps.split import split
from riboswitch.steps.train import refit, train

NETWORK = {"hidden": 12, "pool": 2}


@given(
    st.lists(st.text("ACDEFGHIKLMNPQRSTVWYXB", max_size=30), max_size=5), st.integers(1, 3), st.integers(0, 9)
)
def test_only_hidden_positions_have_labels(inputs, copies, seed):
    masked, labels = corrupt({"sequence": inputs}, copies=copies, seed=seed)
    assert [*masked] == ["sequence"]
    assert len(masked["sequence"]) == len(labels) == copies * len(inputs)
    for text, shown, asked in zip(np.repeat(inputs, copies), masked["sequence"], labels, strict=True):
        assert len(text) == len(shown) == len(asked)
        for letter, seen, label in zip(text, shown, asked, strict=True):
            assert (seen, label) in {(letter, "."), ("X", letter)}
            assert label not in "XB"


def proteins(n=40):
    """Proteins in which every A is followed by C, and every D by E."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(n):
        text = "".join(rng.choice(["AC", "DE"], 20))
        rows.append(Record(i + 1, f"p{i}", {"sequence": text}, {"y": "ab"[i % 2]}, "made"))
    return Records.collect(rows, ["sequence"], modality="sequence", reading={"alphabet": "protein"})


@pytest.fixture(scope="module")
def pretrained():
    return pretrain(proteins(), copies=4, settings={"epochs": 10, "learning_rate": 0.02}, network=NETWORK)


def test_hidden_letters_are_guessed_from_their_neighbours(pretrained):
    assert pretrained.task.classes == ("A", "C", "D", "E")
    history = pretrained.members[0]["history"]
    assert history[-1]["valid_loss"] < 0.5 < np.log(4)  # a guess without looking: log 4


def test_a_network_starts_where_the_other_ended(pretrained):
    records = proteins()
    arrays, parts = featurize(records), split(records, "random", repeats=1)
    network = sequence_network.Network(sequence_network.NetworkSettings(**NETWORK), 2, arrays.meta)
    start_from(pretrained, network, sequence_network)
    for name, value in network.state_dict().items():
        same = np.array_equal(value.numpy(), pretrained.tensors.get(f"0.{name}", np.nan))
        assert same == (name.split(".")[0] in sequence_network.TRUNK), name
    how = {"kind": "multiclass", "targets": ["y"], "settings": {"epochs": 1}, "network": NETWORK}
    fresh = train(records, arrays, parts, **how)
    started = train(records, arrays, parts, **how, init=pretrained)
    assert started.header["training"]["pretrained"] == pretrained.header["training"]["records"]
    assert "pretrained" not in fresh.header["training"]
    assert not np.array_equal(fresh.tensors["0.conv.weight"], started.tensors["0.conv.weight"])
    again = refit(records, arrays, parts, [started], init=pretrained)
    assert again.header["training"]["pretrained"] == pretrained.header["training"]["records"]


def test_another_shape_is_refused(pretrained):
    records = proteins()
    arrays, parts = featurize(records), split(records, "random", repeats=1)
    with pytest.raises(UsageError, match=r"another hidden; found .12 there, 8 here"):
        train(
            records, arrays, parts, kind="multiclass", targets=["y"], network={"hidden": 8}, init=pretrained
        )
    with pytest.raises(UsageError, match="alphabet for pre-training"):
        pretrain(records, alphabet="codon")
