"""The text network: which words are known, padding, eight records by heart, and labels of tokens."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import riboswitch
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.errors import InputError
from riboswitch.learning.device import deterministic
from riboswitch.modalities.text.encode import encode
from riboswitch.modalities.text.forms import KINDS, SLOTS, affixes_of
from riboswitch.modalities.text.nets.batch import collate
from riboswitch.modalities.text.nets.text_network import Network
from riboswitch.modalities.text.network import NetworkSettings, batches
from riboswitch.modalities.text.read import read_list
from riboswitch.modalities.text.tokens import character_codes

TEXTS = ["aspirin causes pain", "no effect of aspirin", "pain in mice and rats",
         "propranolol", "atenolol and pain", "mice were well", "rats were not well at all",
         "aspirin and atenolol"]  # fmt: skip


def arrays_of(texts):
    return encode({"text": texts}, [str(i) for i in range(len(texts))])


def network(texts=TEXTS, **settings):
    arrays = arrays_of(texts)
    with deterministic(0):
        made = Network(NetworkSettings(**settings), 3, arrays.meta).eval()
    made.fit_scalers(arrays, np.arange(len(texts)))
    return made


def outputs(net, texts):
    with torch.inference_mode():
        return net(collate(arrays_of(texts), np.arange(len(texts)))).numpy()


@pytest.mark.parametrize("head", ["pooled", "per_position"])
@pytest.mark.parametrize("pool", [1, 3])
def test_padding_and_the_make_up_of_a_batch_change_nothing(head, pool):
    net = network(head=head, pool=pool, bag=4)
    together = outputs(net, TEXTS)
    alone = np.concatenate([outputs(net, [text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_word_is_known_if_enough_training_texts_have_it():
    net = network(least=2)
    words = torch.tensor(
        [[arrays_of([w]).only.values["word"][0] for w in ("pain", "propranolol", "unheard", "and")]]
    )
    assert net._known(words).tolist() == [[True, False, False, True]]
    assert not net._known(torch.zeros(1, 1, dtype=torch.int64)).any()


def test_unknown_words_are_told_by_their_characters():
    net = network()
    one, other, same = outputs(net, ["metoprolol", "headache", "metoprolol"])
    assert np.abs(one - other).max() > 1e-4
    np.testing.assert_allclose(one, same, atol=1e-6)


def test_words_of_other_texts_do_not_change_what_is_known():
    """Only the rows that are given count: those of training."""
    arrays = arrays_of([*TEXTS, "unheard unheard", "unheard of"])
    net = Network(NetworkSettings(), 1, arrays.meta)
    net.fit_scalers(arrays, np.arange(len(TEXTS)))
    other = network()
    torch.testing.assert_close(net.seen, other.seen)
    torch.testing.assert_close(net.rarity, other.rarity)


def test_a_bag_does_not_see_the_order():
    net = network(bag=4)
    vectors = [
        net._bag(net._seen(collate(arrays_of([text]), np.array([0]))).places)
        for text in ("pain in mice", "mice in pain")
    ]
    torch.testing.assert_close(*vectors)


def test_ends_and_beginnings_are_numbered_alike():
    codes = np.frombuffer(b"".join(map(character_codes, ["Atenolol", "metoprolol", "At"])), np.uint8).reshape(
        3, -1
    )
    numbers = affixes_of(codes)
    assert numbers.shape == (3, KINDS) and (numbers < sum(SLOTS)).all()
    assert (numbers[0, 4:7] == numbers[1, 4:7]).all()  # l, ol, lol
    assert numbers[0, 7] == numbers[1, 7] and (numbers[0, :2] == numbers[2, :2]).all()
    assert numbers[2, 2] == sum(SLOTS[:2]) and numbers[0, 8] != numbers[1, 8]  # too short; a capital


def test_a_code_that_there_is_not_is_refused():
    arrays = arrays_of(["mood"])
    arrays.only.values["characters"] = np.full((1, 20), 98, np.uint8)
    with pytest.raises(InputError, match="the code of a character that there is not; found '98'"):
        collate(arrays, np.array([0]))


def test_batches_hold_texts_of_similar_length():
    arrays = arrays_of(TEXTS)
    lengths = arrays.lengths("word")
    found = np.concatenate([lengths[rows] for rows in batches(arrays, np.arange(8), 3)])
    assert (np.diff(found) >= 0).all()


HEART = {"dropout": 0.0, "hide": 0.0}


def records_of(**columns):
    records = Records.collect(read_list(TEXTS), ("text",), modality="text", reading={})
    for name, values in columns.items():
        records.table[name] = values
    table = records.table[["id"]].assign(group=records.ids, part_0="train")
    return records, riboswitch.featurize(records, {}), Split(table, {"name": "all"})


@pytest.mark.parametrize("kind", ["binary", "per_position"])
def test_eight_texts_are_learned_by_heart_and_twice_the_same(kind):
    labels = {"binary": [0, 1, 1, 0, 1, 0, 0, 1],
              "per_position": ["C-D", "---C", "D----", "C", "C-D", "---", "------", "C-C"]}[kind]  # fmt: skip
    records, features, split = records_of(y=labels)
    made = [
        riboswitch.train(records, features, split, kind=kind, targets=["y"], network=HEART,
                         settings={"epochs": 60, "batch_size": 8, "learning_rate": 0.01})
        for _ in range(2)
    ]  # fmt: skip
    assert all(np.array_equal(made[0].tensors[name], made[1].tensors[name]) for name in made[0].tensors)
    found = riboswitch.predict(TEXTS, made[0])
    if kind == "binary":
        assert found["p_y"].round().astype(int).tolist() == labels
    else:
        assert found["labels"].tolist() == labels
