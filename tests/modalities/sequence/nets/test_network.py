"""The sequence network: what it says of a sequence is a matter of that sequence alone."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from Bio.Seq import Seq
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.bio.letter_codes import ALPHABETS
from riboswitch.config.settings import build
from riboswitch.errors import InputError, UsageError
from riboswitch.learning.recurrent.layers import MinGRU, reverse, scan
from riboswitch.modalities.sequence.encode import encode
from riboswitch.modalities.sequence.nets.sequence_network import other_strand
from riboswitch.modalities.sequence.nets.settings import HEADS
from riboswitch.modalities.sequence.network import Batch, Network, NetworkSettings, batches, collate

SEQUENCES = st.lists(st.text("ACDEFGHIKLMNPQRSTVWYX", min_size=1, max_size=40), min_size=1, max_size=7)
SHAPES = st.fixed_dictionaries(
    {
        "kernel": st.sampled_from([3, 5, 7]),
        "pool": st.integers(1, 5),
        "recurrent": st.sampled_from(["lstm", "gru", "mingru"]),
        "head": st.sampled_from(["pooled", "per_position"]),
        "normalization": st.sampled_from(["layer", "batch"]),
    }
)
DNA = st.lists(st.text("ACGTN", min_size=1, max_size=40), min_size=1, max_size=5)


def network(dtype=torch.float32, meta=None, **shape):
    torch.manual_seed(0)
    made = Network(
        NetworkSettings(embedding=6, hidden=8, dropout=0.0, **shape),
        3,
        meta or encode({"sequence": []}, []).meta,
    )
    return made.to(dtype).eval()


def encoded(sequences, **settings):
    return encode({"sequence": sequences}, [str(i) for i in range(len(sequences))], settings)


def answer(net, sequences, padding=0, **settings):
    letters, lengths = collate(encoded(sequences, **settings), np.arange(len(sequences)))
    return net(Batch(torch.nn.functional.pad(letters, (0, padding)), lengths))


@settings(max_examples=40, deadline=None)
@given(SEQUENCES, SHAPES, st.integers(0, 30))
def test_neither_padding_nor_company_changes_an_answer(sequences, shape, padding):
    net = network(**shape)
    with torch.no_grad():
        alone = torch.cat([answer(net, [s]) for s in sequences])
        torch.testing.assert_close(answer(net, sequences, padding), alone, rtol=1e-5, atol=1e-6)
        backwards = answer(net, sequences[::-1], padding)
    sizes = [len(s) if shape["head"] == "per_position" else 1 for s in sequences]
    backwards = torch.cat(backwards.split(sizes[::-1])[::-1])
    torch.testing.assert_close(backwards, alone, rtol=1e-5, atol=1e-6)


def embedded(net, sequences, padding=0, **settings):
    letters, lengths = collate(encoded(sequences, **settings), np.arange(len(sequences)))
    with torch.no_grad():
        return net.embed(Batch(torch.nn.functional.pad(letters, (0, padding)), lengths))


@pytest.mark.parametrize(
    ("head", "strands"), [*product(HEADS, ["one"]), ("pooled", "average"), ("aligned", "average")]
)
@settings(max_examples=15, deadline=None)
@given(data=st.data(), pool=st.integers(1, 5), padding=st.integers(0, 30))
def test_an_embedding_belongs_to_one_sequence(head, strands, data, pool, padding):
    window = 12 if head == "aligned" else 0
    texts = st.text("ACGTN", min_size=window or 1, max_size=window or 40)
    sequences = data.draw(st.lists(texts, min_size=1, max_size=5))
    told = {"alphabet": "dna", "window": window}
    net = network(meta=encoded([], **told).meta, head=head, strands=strands, pool=pool)
    padding = 0 if window else padding  # windows of one length are not padded
    found = embedded(net, sequences, padding, **told)
    assert found.shape == (len(sequences), net.width) and net.head[-1].in_features == net.width
    alone = torch.cat([embedded(net, [s], **told) for s in sequences])
    torch.testing.assert_close(found, alone, rtol=1e-5, atol=1e-6)
    twice = embedded(net, [*sequences, sequences[0]], padding, **told)
    torch.testing.assert_close(twice[-1], twice[0], rtol=1e-5, atol=1e-6)
    if head != "per_position":
        with torch.no_grad():
            outputs = answer(net, sequences, padding, **told)
            torch.testing.assert_close(net.head(found), outputs, rtol=1e-5, atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 8), min_size=1, max_size=5), st.integers(1, 5), st.integers(0, 99))
def test_the_embedding_of_positions_is_their_mean(steps, pool, seed):
    """All but the local layer is linear in the states, so the mean answer is that of the mean state."""
    rng = np.random.default_rng(seed)
    sequences = ["".join(rng.choice(list("ACDEFG"), n * pool)) for n in steps]
    net = network(head="per_position", pool=pool)
    net.local.weight.data.zero_()
    with torch.no_grad():
        of_letters = answer(net, sequences).split([len(s) for s in sequences])
        of_means = net.head(embedded(net, sequences)).view(len(sequences), pool, 3).mean(1)
    expected = torch.stack([rows.mean(0) for rows in of_letters])
    torch.testing.assert_close(of_means, expected, rtol=1e-5, atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(SEQUENCES, SHAPES, st.integers(0, 30))
def test_nor_do_they_change_a_gradient(sequences, shape, padding):
    shape = shape | {"normalization": "layer"}  # a batch's own norm is what a batch changes

    def gradient(parts, padding):
        net = network(torch.float64, **shape).train()
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
    lower = encode({"sequence": [s.lower() for s in sequences]}, arrays.ids)
    np.testing.assert_array_equal(lower.only.values["letters"], arrays.only.values["letters"])


def test_the_encoder_takes_its_own_meta_and_nothing_unknown():
    meta = encode({"sequence": ["ACGT"]}, ["a"], {"alphabet": "dna"}).meta
    assert encode({"sequence": []}, [], meta).meta == meta
    assert encode({"sequence": ["漢ß🧬"]}, ["a"]).only.values["letters"].tolist() == [1, 1, 1]
    with pytest.raises(UsageError, match="Did you mean 'alphabet'"):
        encode({"sequence": []}, [], {"alphabett": "dna"})
    with pytest.raises(UsageError, match="no such alphabet"):
        encode({"sequence": []}, [], {"alphabet": "greek"})
    with pytest.raises(ValueError, match="1 ids for 2 inputs"):
        encode({"sequence": ["A", "C"]}, ["a"])


@pytest.mark.parametrize(
    "bad", [{"hidden": 1.5}, {"hidden": 0}, {"dropout": 1.0}, {"hiden": 8}, {"pool": True}]
)
def test_sizes_are_checked(bad):
    with pytest.raises(UsageError):
        build(NetworkSettings, bad)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3), st.integers(1, 40), st.integers(0, 2**31))
def test_the_scan_is_the_recurrence_step_by_step(n, steps, seed):
    generator = torch.Generator().manual_seed(seed)
    keep = torch.rand(n, steps, 3, generator=generator, dtype=torch.float64)
    new = torch.randn(n, steps, 3, generator=generator, dtype=torch.float64)
    state = first = torch.randn(n, 3, generator=generator, dtype=torch.float64)
    expected = []
    for t in range(steps):
        state = keep[:, t] * state + new[:, t]
        expected.append(state)
    torch.testing.assert_close(scan(keep, new, first), torch.stack(expected, 1))


def test_a_mingru_goes_on_from_a_state():
    torch.manual_seed(0)
    layer, x = MinGRU(4, 5), torch.randn(2, 9, 4)
    whole, last = layer(x)
    head, state = layer(x[:, :4])
    tail, end = layer(x[:, 4:], state)
    torch.testing.assert_close(torch.cat([head, tail], 1), whole)
    torch.testing.assert_close(end, last)


@settings(max_examples=30, deadline=None)
@given(DNA)
def test_the_other_strand_is_that_of_biopython(sequences):
    letters, lengths = collate(encoded(sequences, alphabet="dna"), np.arange(len(sequences)))
    turned = [str(Seq(s).reverse_complement()) for s in sequences]
    expected = collate(encoded(turned, alphabet="dna"), np.arange(len(sequences))).letters
    assert torch.equal(other_strand(letters, lengths), expected)


@settings(max_examples=20, deadline=None)
@given(DNA)
def test_averaging_makes_both_strands_equal(sequences):
    net = network(meta=encoded([], alphabet="dna").meta, strands="average")
    turned = [str(Seq(s).reverse_complement()) for s in sequences]
    with torch.no_grad():
        one, other = (answer(net, each, alphabet="dna") for each in (sequences, turned))
    torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_augmenting_turns_some_rows_in_training_and_none_after():
    meta = encoded([], alphabet="dna").meta
    plain, net = network(meta=meta), network(meta=meta, strands="augment")
    sequences = ["ACCGTTTA", "GGGATCA"] * 8
    with torch.no_grad():
        expected = answer(plain, sequences, alphabet="dna")
        torch.testing.assert_close(answer(net, sequences, alphabet="dna"), expected)
        same = (answer(net.train(), sequences, alphabet="dna") - expected).abs().amax(1) < 1e-6
    assert 0 < int(same.sum()) < len(sequences)


def test_an_aligned_head_tells_places_apart():
    window = {"alphabet": "dna", "window": 12}
    net = network(meta=encoded([], **window).meta, head="aligned", pool=2)
    with torch.no_grad():
        left, right = answer(net, ["ACAAAAAAAAAA", "AAAAAAAAAACA"], **window)
        assert (left - right).abs().max() > 1e-3
        alone = torch.cat([answer(net, [s], **window) for s in ["ACGTACGTACGT", "TTTTTTAAAAAA"]])
        torch.testing.assert_close(answer(net, ["ACGTACGTACGT", "TTTTTTAAAAAA"], **window), alone)


def test_bfloat16_is_near():
    net, sequences = network(), ["ACDEFGHIKL" * 5, "MNPQRSTVWY" * 3]
    with torch.no_grad():
        exact = answer(net, sequences)
        net.precision = torch.bfloat16
        rough = answer(net, sequences)
    assert rough.dtype == torch.float32
    assert 0 < (rough - exact).abs().max() < 0.05


def test_training_pads_little():
    lengths = np.random.default_rng(0).lognormal(5.5, 0.6, 3000).astype(int).clip(30, 1500)
    arrays = encoded(["A" * int(n) for n in lengths])
    cut = batches(arrays, np.arange(len(lengths)), 32, np.random.default_rng(1))
    padded = sum(lengths[rows].max() * len(rows) for rows in cut)
    assert padded / lengths.sum() < 1.1


@pytest.mark.parametrize(
    ("wrong", "meta", "told"),
    [
        ({"strands": "average"}, {}, "another strand"),
        ({"strands": "augment", "head": "per_position"}, {"alphabet": "dna"}, "belongs to one strand"),
        ({"head": "aligned"}, {"alphabet": "dna"}, "windows of one length"),
    ],
)
def test_settings_must_suit_the_arrays(wrong, meta, told):
    with pytest.raises(UsageError, match=told):
        network(meta=encoded([], **meta).meta, **wrong)


@given(st.text("ACGTNacgt", max_size=40))
def test_codons_are_read_in_frame(dna):
    codes = encoded([dna], alphabet="codon").only.values["letters"]
    for i, code in enumerate(codes):
        codon = dna[3 * i : 3 * i + 3].upper()
        expected = (
            1
            if "N" in codon
            else 2 + 16 * "ACGT".index(codon[0]) + 4 * "ACGT".index(codon[1]) + "ACGT".index(codon[2])
        )
        assert code == expected
    assert len(codes) == len(dna) // 3


def test_a_window_is_kept():
    meta = encoded(["ACGT"], alphabet="dna", window=4).meta
    assert encode({"sequence": []}, [], meta).meta == meta
    with pytest.raises(InputError, match="not as long as the window of 4"):
        encode({"sequence": ["ACGT", "ACG"]}, ["a", "b"], meta)
