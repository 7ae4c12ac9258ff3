"""The sequence network: what it says of a sequence is a matter of that sequence alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.errors import UsageError
from riboswitch.modalities.sequence.encode import ALPHABETS, encode
from riboswitch.modalities.sequence.network import Batch, Network, NetworkSettings, batches, collate, reverse
from riboswitch.settings import build

SEQUENCES = st.lists(st.text("ACDEFGHIKLMNPQRSTVWYX", min_size=1, max_size=40), min_size=1, max_size=7)
SHAPES = st.fixed_dictionaries({"kernel": st.sampled_from([3, 5, 7]), "pool": st.integers(1, 5)})


def network(dtype=torch.float32, **shape):
    torch.manual_seed(0)
    made = Network(NetworkSettings(embedding=6, hidden=8, dropout=0.0, **shape), 3, encode([], []).meta)
    return made.to(dtype).eval()


def encoded(sequences):
    return encode(sequences, [str(i) for i in range(len(sequences))])


def answer(net, sequences, padding=0):
    letters, lengths = collate(encoded(sequences), np.arange(len(sequences)))
    return net(Batch(torch.nn.functional.pad(letters, (0, padding)), lengths))


@settings(max_examples=40, deadline=None)
@given(SEQUENCES, SHAPES, st.integers(0, 30))
def test_neither_padding_nor_company_changes_an_answer(sequences, shape, padding):
    net = network(**shape)
    with torch.no_grad():
        alone = torch.cat([answer(net, [s]) for s in sequences])
        torch.testing.assert_close(answer(net, sequences, padding), alone, rtol=1e-5, atol=1e-6)
        backwards = answer(net, sequences[::-1], padding).flip(0)
        torch.testing.assert_close(backwards, alone, rtol=1e-5, atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(SEQUENCES, SHAPES, st.integers(0, 30))
def test_nor_do_they_change_a_gradient(sequences, shape, padding):
    def gradient(parts, padding):
        net = network(torch.float64, **shape)
        for part in parts:
            answer(net, part, padding).sin().sum().backward()
        return [p.grad for p in net.parameters()]

    together = gradient([sequences], padding)
    for one, other in zip(together, gradient([[s] for s in sequences], 0), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-10)
    assert not together[0][0].any()  # the padding has no embedding to learn


def test_an_empty_sequence_has_an_answer():
    with torch.no_grad():
        both = answer(network(), ["", "ACD"])
    assert torch.isfinite(both).all()


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=50),
    st.integers(1, 7),
    st.none() | st.integers(0, 5),
    st.data(),
)
def test_batches_hold_every_row_once(lengths, size, seed, data):
    arrays = encoded(["A" * n for n in lengths])
    chosen = data.draw(st.lists(st.integers(0, len(lengths) - 1), unique=True))
    rng = None if seed is None else np.random.default_rng(seed)
    cut = list(batches(arrays, np.array(chosen, np.int64), size, rng))
    assert sorted(np.concatenate([*cut, []]).tolist()) == sorted(chosen)
    assert all(0 < len(rows) <= size for rows in cut)
    again = list(
        batches(
            arrays, np.array(chosen, np.int64), size, None if seed is None else np.random.default_rng(seed)
        )
    )
    assert [b.tolist() for b in cut] == [b.tolist() for b in again]


@given(st.integers(1, 4), st.integers(1, 9), st.data())
def test_reversing_stays_within_a_sequence(n, longest, data):
    lengths = torch.tensor(data.draw(st.lists(st.integers(0, longest), min_size=n, max_size=n)))
    x = torch.arange(n * longest * 2.0).reshape(n, longest, 2)
    turned = reverse(x, lengths)
    for row, length in enumerate(lengths):
        assert torch.equal(turned[row, :length], x[row, :length].flip(0))
        assert torch.equal(turned[row, length:], x[row, length:])
    assert torch.equal(reverse(turned, lengths), x)


@given(SEQUENCES)
def test_encoding_keeps_every_letter_and_its_place(sequences):
    arrays = encoded(sequences)
    for i, sequence in enumerate(sequences):
        codes = arrays.item(i)["letters"]
        letters = "".join((" X" + ALPHABETS["protein"])[code] for code in codes)
        assert letters == sequence
    lower = encode([s.lower() for s in sequences], arrays.ids)
    np.testing.assert_array_equal(lower.values["letters"], arrays.values["letters"])


def test_the_encoder_takes_its_own_meta_and_nothing_unknown():
    meta = encode(["ACGT"], ["a"], {"alphabet": "dna"}).meta
    assert encode([], [], meta).meta == meta
    assert encode(["漢ß🧬"], ["a"]).values["letters"].tolist() == [1, 1, 1]
    with pytest.raises(UsageError, match="Did you mean 'alphabet'"):
        encode([], [], {"alphabett": "dna"})
    with pytest.raises(UsageError, match="no such alphabet"):
        encode([], [], {"alphabet": "greek"})
    with pytest.raises(ValueError, match="1 ids for 2 inputs"):
        encode(["A", "C"], ["a"])


@pytest.mark.parametrize(
    "bad", [{"hidden": 1.5}, {"hidden": 0}, {"dropout": 1.0}, {"hiden": 8}, {"pool": True}]
)
def test_sizes_are_checked(bad):
    with pytest.raises(UsageError):
        build(NetworkSettings, bad)
