"""Equal inputs are equal bytes."""

from __future__ import annotations

import numpy as np
import torch

from riboswitch.data.model import Model
from riboswitch.learning.deterministic import deterministic
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.train import refit, train

HOW = {"epochs": 2, "batch_size": 16}
SMALL = {"embedding": 4, "hidden": 6}


def written(model, path):
    model.save(path)
    return path.read_bytes()


def test_two_trainings_are_equal_bytes_and_another_seed_is_not(proteins, learned, tmp_path):
    records, arrays, split, _ = learned

    def once(seed=None):
        return train(records, arrays, split, kind="multiclass", targets=["drug_class"], settings=HOW,
                     network=SMALL, seed=seed)  # fmt: skip

    first = once()
    torch.manual_seed(77)  # what happened before must not matter
    np.random.seed(77)
    torch.set_num_threads(1)
    assert written(first, tmp_path / "a") == written(once(), tmp_path / "b")
    assert written(first, tmp_path / "a") != written(once(seed=1), tmp_path / "b")
    again = [refit(records, arrays, split, [first], seed=3) for _ in range(2)]
    assert written(again[0], tmp_path / "a") == written(again[1], tmp_path / "b")
    joined = [ensemble([first, once(seed=1)], records) for _ in range(2)]
    assert written(joined[0], tmp_path / "a") == written(joined[1], tmp_path / "b")


def test_a_bundle_comes_back_as_it_was(gene_model, tmp_path):
    gene_model.save(tmp_path / "a.safetensors")
    loaded = Model.load(tmp_path / "a.safetensors")
    assert loaded.header == gene_model.header
    assert set(loaded.tensors) == set(gene_model.tensors)
    for name, value in gene_model.tensors.items():
        np.testing.assert_array_equal(loaded.tensors[name], value, strict=True)
    assert written(loaded, tmp_path / "b.safetensors") == (tmp_path / "a.safetensors").read_bytes()


def test_reproducible_leaves_torch_as_it_was():
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with deterministic(3):
        assert torch.get_num_threads() == 1
        one = torch.rand(3)
    with deterministic(3):
        assert torch.equal(one, torch.rand(3))
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before
