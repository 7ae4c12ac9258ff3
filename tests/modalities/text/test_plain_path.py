"""The network computes each different token once: against the same layers token by token, text by text."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from riboswitch.learning.device import deterministic
from riboswitch.learning.recurrent.steps import both_ways, coarse, pooled
from riboswitch.modalities.text import forms
from riboswitch.modalities.text.encode import encode
from riboswitch.modalities.text.nets.batch import collate
from riboswitch.modalities.text.nets.text_network import Network, _places
from riboswitch.modalities.text.network import NetworkSettings

TEXTS = ["aspirin causes pain , and pain", "No effect of aspirin", "banana", "pain", "5-HT2A",
         "a tetrahydrocannabinolicacidsynthase and a tetrahydrocannabinolixxxxxxdsynthase",
         "mice were WELL ; mice were mice", "x y z x y z x y z x y z x"]  # fmt: skip
OF_VALUES = {"atol": 1e-5, "rtol": 1e-4}
OF_SLOPES = {"atol": 2e-5, "rtol": 1e-3}


def tokens_of(net, words, characters):
    """The vector of each token, all layers applied to every token."""
    known, slots = net._known(words), net.settings.slots
    one, other = (torch.where(known, 1 + (words >> shift) % slots, 0) for shift in (0, 31))
    letters = torch.from_numpy(characters).long()
    spelled = net.spelling(net.letters(letters).transpose(1, 2))
    spelled = spelled.masked_fill((letters == 0)[:, None], -torch.inf).amax(2)
    spelled = torch.where((letters > 0).any(1, keepdim=True), torch.relu(spelled), 0.0)
    affixes = net.affixes(torch.from_numpy(forms.affixes_of(characters)))
    return torch.cat([net.words(one) + net.words(other), affixes, spelled], 1)


def plain(net, words, characters):
    """The outputs for one text; the engine's tested steps as they are."""
    words, count = torch.from_numpy(words), torch.tensor([len(words)])
    x = tokens_of(net, words, characters).T[None]
    steps, lengths, real = coarse(net.conv(x).transpose(1, 2), count, net.pool)
    steps = torch.relu(net.conv_norm(steps, real)) * real
    steps = torch.relu(net.mix_norm(net.mix(steps.transpose(1, 2)).transpose(1, 2), real)) * real
    both = both_ways(net.forth, net.back, steps, lengths)
    bag = None
    if net.bag is not None:
        places = torch.where(net._known(words), _places(words)[0], -1)
        bag = net._bag(places[None])
    if net.settings.head == "pooled":
        return net.head(pooled(both, lengths) if bag is None else torch.cat([pooled(both, lengths), bag], 1))
    if bag is not None:
        both = torch.cat([both, bag[:, None].expand(-1, both.shape[1], -1)], 2)
    fine = net.head(both).view(1, -1, net.local.out_channels)[0, : len(words)]
    return fine + net.local(x)[0].T


def network(arrays, **settings):
    with deterministic(0):
        net = Network(NetworkSettings(dropout=0.0, **settings), 3, arrays.meta)
    net.fit_scalers(arrays, np.arange(len(arrays)))
    nn.init.normal_(net.spelling.bias)  # tells an empty token from one that has letters
    return net


def slopes(net, outputs):
    """The gradient of a weighted sum of the outputs for each parameter."""
    net.zero_grad()
    weight = torch.from_numpy(np.random.default_rng(0).normal(size=tuple(outputs.shape))).float()
    (outputs * weight).sum().backward()
    return {name: p.grad.clone() for name, p in net.named_parameters()}


@pytest.mark.parametrize("settings", [
    {}, {"head": "per_position"}, {"head": "per_position", "pool": 3, "bag": 4}, {"kernel": 3, "bag": 0},
    {"recurrent": "mingru", "least": 1},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("hide", [0.0, 0.5])
def test_values_and_gradients_are_those_of_the_plain_path(settings, hide, monkeypatch):
    arrays = encode({"text": TEXTS}, [str(n) for n in range(len(TEXTS))])
    net = network(arrays, hide=hide, **settings).train()
    lengths = arrays.lengths("word")
    chance = torch.rand(len(TEXTS), int(lengths.max()), generator=torch.Generator().manual_seed(1))
    monkeypatch.setattr(torch, "rand", lambda *shape, **_: chance)
    ours = net(collate(arrays, np.arange(len(TEXTS))))
    expected = []
    for row, length in enumerate(lengths):
        item, own = arrays.item(row), chance[row, :length].numpy()
        words = np.where(own < hide, 0, item["word"])
        expected.append(plain(net, words, np.where((own < hide / 2)[:, None], 0, item["characters"])))
    theirs = torch.cat(expected)
    torch.testing.assert_close(ours, theirs, **OF_VALUES)
    wanted = slopes(net, theirs)
    for name, slope in slopes(net, ours).items():
        torch.testing.assert_close(slope, wanted[name], **OF_SLOPES, msg=lambda m, name=name: f"{name}: {m}")


def test_different_tokens_are_told_apart_though_their_numbers_agree(monkeypatch):
    """A factor of 0 gives all tokens one number: then whole rows are compared."""
    arrays = encode({"text": TEXTS}, [str(n) for n in range(len(TEXTS))]).each_item()
    given = arrays.values["word"], arrays.values["characters"]
    found = forms.distinct_tokens(*given)
    monkeypatch.setattr(forms, "_ODD", forms._ODD * np.uint64(0))
    slower = forms.distinct_tokens(*given)
    for words, characters, number in (found, slower):
        assert words[0] == 0 and not characters[0].any() and len(words) == len(found[0])
        np.testing.assert_array_equal(words[number], given[0])
        np.testing.assert_array_equal(characters[number], given[1])
