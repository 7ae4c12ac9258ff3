"""A convolution looked up is the convolution computed."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from riboswitch.modalities.sequence.nets.lookup import convolve


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([6, 22, 66]), st.integers(1, 9), st.integers(1, 40), st.integers(1, 3), st.booleans())
def test_sums_of_table_rows_are_the_convolution(kinds, kernel, length, n, bias):
    torch.manual_seed(kernel)
    embed = nn.Embedding(kinds, 5, padding_idx=0)
    conv = nn.Conv1d(5, 4, kernel, padding="same", bias=bias)
    letters = torch.randint(0, kinds, (n, length), dtype=torch.uint8)
    pad = ((kernel - 1) // 2, kernel // 2)  # torch warns of "same" with an even kernel
    padded = nn.functional.pad(embed(letters.int()).transpose(1, 2), pad)
    with torch.inference_mode():
        expected = nn.functional.conv1d(padded, conv.weight, conv.bias).transpose(1, 2)
        found = convolve(letters, embed.weight, conv.weight, conv.bias)
    assert found.shape == (n, length, 4)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kernel", [7, 11])
def test_gradients_go_through(kernel):
    embed, conv = nn.Embedding(6, 3, padding_idx=0), nn.Conv1d(3, 2, kernel, padding="same")
    letters = torch.randint(1, 6, (2, 20))
    convolve(letters, embed.weight, conv.weight, conv.bias).square().sum().backward()
    found = conv.weight.grad.clone()
    conv.weight.grad = None
    conv(embed(letters).transpose(1, 2)).square().sum().backward()
    torch.testing.assert_close(found, conv.weight.grad)
