"""Equal inputs are equal bytes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.bundles import versions
from riboswitch.data.model import Model
from riboswitch.data.records import Record, Records
from riboswitch.learning.device import deterministic
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.featurize import featurize
from riboswitch.steps.predict import held_out
from riboswitch.steps.split import split
from riboswitch.steps.stack import stack
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


FRACTIONS = {"train": 0.5, "valid": 0.25, "test": 0.25}
TINY = {"hidden": 6, "ffn_hidden": 6}
REPEATING = {
    "dmpnn": ("molecule", {"kind": "dmpnn", "batch_norm": True, **TINY}),
    "gine": ("molecule", {"kind": "gine", **TINY}),
    "attentivefp": ("molecule", {"kind": "attentivefp", **TINY}),
    "pooled": ("sequence", SMALL),
    "aligned": ("sequence", {"head": "aligned", "strands": "average", "hide": 0.1, **SMALL}),
    "per_position": ("sequence", {"head": "per_position", **SMALL}),
}


def repeating(modality, kind):
    """48 records of twelve inputs, with labels of their own."""
    rng = np.random.default_rng(0)
    inputs = {
        "molecule": [ring + tail for ring in ("c1ccccc1", "C1CCNC1", "CC(=O)") for tail in "CONS"],
        "sequence": ["".join(rng.choice(list("ACGT"), 10)) for _ in range(12)],
    }[modality]
    rows = []
    for number in range(48):
        value = inputs[number if number < 12 else rng.integers(12)]
        label = "".join(rng.choice(list("+-"), len(value))) if kind == "per_position" else number % 3
        rows.append(Record(number + 1, f"r{number}", {modality: value}, {"y": label}, "made"))
    reading = {"alphabet": "dna"} if modality == "sequence" else {}
    return Records.collect(rows, [modality], modality=modality, reading=reading)


@pytest.mark.parametrize("name", REPEATING)
def test_inputs_that_are_stored_once_change_no_byte(name, tmp_path):
    modality, network = REPEATING[name]
    kind = "per_position" if name == "per_position" else "regression"
    records = repeating(modality, kind)
    window = {"window": 10} if name == "aligned" else {}
    once = featurize(records, {"alphabet": "dna", **window} if modality == "sequence" else None)
    each = RaggedArrays.of_items(modality, records.ids, once.each_item(), once.meta)
    assert len(once.only) == 12 and len(each.only) == len(once) == 48
    parts, made = split(records, "random", repeats=2, fractions=FRACTIONS), []
    for i, arrays in enumerate((once, each)):
        models = [
            train(records, arrays, parts, kind=kind, targets=["y"], repeat=repeat, settings=HOW,
                  network=network)
            for repeat in range(2)
        ]  # fmt: skip
        answers = held_out(records, arrays, parts, models)
        answers.save(tmp_path / f"{i}.parquet")
        made.append([*(written(model, tmp_path / "m") for model in models),
                     (tmp_path / f"{i}.parquet").read_bytes()])  # fmt: skip
        if kind == "regression":
            blended, base_learners = stack(records, arrays, parts, answers)
            blended.save(tmp_path / "blended")
            made[-1] += [written(base_learners, tmp_path / "m"), (tmp_path / "blended").read_bytes()]
    assert made[0] == made[1]


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


def test_a_bundle_names_releases_and_neither_builds_nor_python(monkeypatch):
    monkeypatch.setattr(versions, "version", lambda name: "2.13.0+cpu")
    assert {*versions.versions().values()} == {"2.13.0"} and "python" not in versions.versions()
