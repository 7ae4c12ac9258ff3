"""Saturation mutagenesis: what is reused changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.errors import UsageError
from riboswitch.learning.recurrent.layers import recurrent
from riboswitch.modalities.sequence.encode import encode
from riboswitch.modalities.sequence.explain import answers, substitutions, without_each
from riboswitch.modalities.sequence.nets import cpu_kernels
from riboswitch.modalities.sequence.nets.mutagenesis import Substitutions, direct_answers, mutant_answers
from riboswitch.modalities.sequence.nets.stepwise import cell
from riboswitch.modalities.sequence.network import Network, NetworkSettings, collate

CLOSE = 1e-5
ALPHABETS = {"dna": 4, "rna": 4, "protein": 20, "codon": 64}


def network(length, seed=0, alphabet="dna", outputs=2, **how):
    torch.manual_seed(seed)
    meta = {"letters": ALPHABETS[alphabet], "alphabet": alphabet, "window": length}
    made = Network(NetworkSettings(**{"embedding": 4, "hidden": 6} | how), outputs, meta).eval()
    with torch.no_grad():
        for name, buffer in made.named_buffers():  # batch norms that have seen something
            if buffer.is_floating_point():
                buffer.uniform_(0.5, 1.5) if "var" in name else buffer.normal_()
        for parameter in made.parameters():
            parameter.mul_(2)
    return made


@st.composite
def questions(draw):
    """A network, a sequence, and substitutions in any order, some of them more than once."""
    how = {
        "kernel": draw(st.integers(1, 9)),
        "pool": draw(st.integers(1, 5)),
        "recurrent": draw(st.sampled_from(["lstm", "gru", "mingru"])),
        "head": draw(st.sampled_from(["pooled", "aligned"])),
        "normalization": draw(st.sampled_from(["layer", "batch"])),
    }
    alphabet = draw(st.sampled_from(["dna", "protein", "codon"]))
    if alphabet == "dna":
        how["strands"] = draw(st.sampled_from(["one", "augment", "average"]))
    most = ALPHABETS[alphabet] + 1
    letters = draw(st.lists(st.integers(1, most), min_size=1, max_size=40))
    place = st.tuples(st.integers(0, len(letters) - 1), st.integers(1, most))
    mutants = np.array(draw(st.lists(place, min_size=1, max_size=30)), np.int64)
    made = network(len(letters), draw(st.integers(0, 99)), alphabet, **how)
    return made, np.array(letters, np.uint8), Substitutions(mutants[:, 0], mutants[:, 1])


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@settings(max_examples=120, deadline=None)
@given(questions(), st.integers(1, 40))
def test_the_fast_computation_equals_the_direct_one(question, rows):
    fast, plain = mutant_answers(*question), direct_answers(*question, rows=rows)
    assert fast.shape == plain.shape == (1 + len(question[2].code), 2)
    np.testing.assert_allclose(fast, plain, atol=CLOSE, rtol=CLOSE)


@pytest.mark.parametrize("head", ["pooled", "aligned"])
@pytest.mark.parametrize("together", [1, 7, 64])
def test_the_number_of_mutants_together_does_not_matter(head, together, monkeypatch):
    letters = np.random.default_rng(1).integers(2, 6, 50).astype(np.uint8)
    arrays = encode({"sequence": ["ACGT"[0]]}, ["a"], {"alphabet": "dna"})
    arrays.only.values["letters"], arrays.only.offsets["letters"] = letters, np.array([0, 50])
    made, asked = network(50, head=head), substitutions(arrays, 0)
    expected = mutant_answers(made, letters, asked)
    monkeypatch.setattr("riboswitch.modalities.sequence.nets.mutagenesis.MUTANTS_TOGETHER", together)
    np.testing.assert_allclose(mutant_answers(made, letters, asked), expected, atol=CLOSE)


@settings(max_examples=30, deadline=None)
@given(st.text("ACGTN", min_size=1, max_size=30), st.sampled_from(["lstm", "gru", "mingru"]))
def test_a_letter_in_its_own_place_changes_nothing(text, kind):
    letters = encode({"sequence": [text]}, ["a"], {"alphabet": "dna"}).only.values["letters"]
    same = Substitutions(np.arange(len(letters)), letters.astype(np.int64))
    found = mutant_answers(network(len(text), recurrent=kind), letters, same)
    np.testing.assert_allclose(found, np.broadcast_to(found[0], found.shape), atol=CLOSE)


@pytest.mark.parametrize("alphabet", ["dna", "protein", "codon"])
@pytest.mark.parametrize("letter", ["A", "N"])
def test_all_equal_letters(alphabet, letter):
    """Nothing but position tells the mutants apart, so a slip by one step would show."""
    arrays = encode({"sequence": [letter * 45]}, ["a"], {"alphabet": alphabet})
    made = network(45, alphabet=alphabet, kernel=5, pool=3)
    items = without_each(arrays, 0)
    with torch.inference_mode():
        plain = made(collate(items, np.arange(len(items)))).numpy()
    np.testing.assert_allclose(answers(made, arrays, 0), plain, atol=CLOSE)


def test_a_sequence_beside_padding_gets_the_answer_it_has_alone():
    arrays = encode({"sequence": ["ACGTA", "ACGTACGTTGACA"]}, ["a", "b"], {"alphabet": "dna"})
    made = network(5)
    with torch.inference_mode():
        padded = made(collate(arrays, np.arange(2))).numpy()
    np.testing.assert_allclose(answers(made, arrays, 0)[0], padded[0], atol=CLOSE)


@pytest.mark.parametrize("kind", ["lstm", "gru", "mingru"])
def test_a_layer_gives_the_same_output_stepwise_and_at_once(kind):
    torch.manual_seed(0)
    layer, x = recurrent(kind, 5, 3), torch.randn(4, 9, 5)
    steps = cell(layer)
    state = steps.begin(4, x)
    with torch.inference_mode():
        expected = layer(x)[0]
        for t in range(9):
            # The first row is what all read, and the others are told by how they differ.
            parts = steps.input_part(x[:, t])
            steps.step(parts[0] + steps.bias(), parts[1:] - parts[0], state)
            torch.testing.assert_close(state[0], expected[:, t], atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", ["lstm", "gru", "mingru"])
@pytest.mark.parametrize("head", ["pooled", "aligned"])
def test_without_the_fused_loops_the_answers_are_the_same(kind, head, monkeypatch):
    letters = np.random.default_rng(2).integers(2, 6, 30).astype(np.uint8)
    mutants = Substitutions(np.repeat(np.arange(30), 4), np.tile(np.arange(2, 6), 30))
    made = network(30, recurrent=kind, head=head)
    expected = mutant_answers(made, letters, mutants)
    monkeypatch.setattr(cpu_kernels, "applies", lambda x: False)
    np.testing.assert_allclose(mutant_answers(made, letters, mutants), expected, atol=CLOSE)


@given(st.lists(st.floats(width=32), min_size=4, max_size=4), st.floats(-4, 4, width=32))
def test_the_kernel_of_a_step_takes_any_gates(values, twice):
    """Infinite ones too; and what is not a number is not made one."""
    gates, memory, out = torch.tensor([values]), torch.tensor([[twice]]), torch.zeros(1, 1)
    into, keep, candidate, show = torch.sigmoid(gates).chunk(4, dim=1)
    kept = memory * keep + into * (4 * candidate - 2)
    cpu_kernels.lstm_step(gates.numpy(), out.numpy(), memory.numpy())
    torch.testing.assert_close(memory, kept, atol=2e-6, rtol=0, equal_nan=True)
    torch.testing.assert_close(out, show * torch.tanh(kept / 2), atol=2e-6, rtol=0, equal_nan=True)


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 200])
def test_the_faster_product_is_the_usual_one(rows):
    torch.manual_seed(rows)
    x, weight, bias = torch.randn(rows, 6), torch.randn(24, 6), torch.randn(24)
    with torch.inference_mode():
        torch.testing.assert_close(
            cpu_kernels.linear(x, weight, bias), x @ weight.T + bias, atol=CLOSE, rtol=0
        )
        torch.testing.assert_close(cpu_kernels.linear(x, weight), x @ weight.T, atol=CLOSE, rtol=0)


def test_layers_that_are_not_recurrent_have_no_steps():
    with pytest.raises(TypeError, match="Linear"):
        cell(torch.nn.Linear(2, 2))


def test_of_an_answer_for_each_letter_there_is_no_map():
    letters = np.array([2, 3, 4], np.uint8)
    with pytest.raises(UsageError, match="each letter"):
        mutant_answers(network(3, head="per_position"), letters, Substitutions(np.arange(3), np.arange(3)))


def test_in_low_precision_the_plain_way_is_taken():
    made = network(12)
    made.precision = torch.bfloat16
    letters = np.array([2, 3, 4, 5] * 3, np.uint8)
    mutants = Substitutions(np.arange(12), np.full(12, 2))
    np.testing.assert_array_equal(
        mutant_answers(made, letters, mutants), direct_answers(made, letters, mutants)
    )
