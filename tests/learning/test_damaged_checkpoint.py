"""A checkpoint that was changed is used or left aside; the training ends with the same bytes either way."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch import nn

from mutations import each_damage, each_resealed
from riboswitch.learning.checkpoint import Checkpoint
from riboswitch.learning.optimizer import AdamW
from riboswitch.learning.training_state import State


def state():
    """A training of a network of six parameters that has ended its first epoch."""
    torch.manual_seed(0)
    network = nn.Linear(2, 2)
    made = State(network, AdamW(network.parameters(), 0.0), np.random.default_rng(0), epochs=3, batches=4)
    made.add(0.5, 8)
    made.close(0.25, better=True)
    made.add(float("nan"), 8)
    return made


def content(one):
    return one.json_values, {name: value.tobytes() for name, value in one.tensors.items()}


@pytest.fixture
def checkpoint(tmp_path):
    made = Checkpoint(tmp_path / "x.checkpoint", {"seed": 0}, "train")
    assert made._save(state())
    return made


def restored(checkpoint):
    """A new training after a look at the checkpoint; torch's random numbers are as before."""
    one = state()
    one.batch, one.history = 0, []
    with checkpoint.keep(one):
        return one


def test_what_is_no_number_comes_back(checkpoint, capsys):
    assert content(restored(checkpoint)) == content(state())
    assert "going on after epoch 2 of 3, batch 1 of 4" in capsys.readouterr().err


def test_a_checkpoint_with_any_flipped_bit_or_cut_is_left_aside(checkpoint, capsys):
    data = checkpoint.path.read_bytes()
    for what, damaged in each_damage(data, random.Random(0), flips=200, cuts=40):
        checkpoint.path.write_bytes(damaged)
        assert restored(checkpoint).history == [], what
        assert "starting anew" in capsys.readouterr().err, what


def test_other_content_under_a_right_seal_is_used_or_left_aside(checkpoint, tmp_path, capsys):
    copy = tmp_path / "copy"
    copy.write_bytes(checkpoint.path.read_bytes())
    for what in each_resealed(copy, checkpoint.path, random.Random(0), some=5):
        restored(checkpoint)
        told = capsys.readouterr().err
        assert ("starting anew" in told) != ("going on after" in told), what
        torch.manual_seed(0)
